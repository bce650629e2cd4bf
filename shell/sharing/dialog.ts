/**
 * A dialog with a life of its own: it is added to the page when it is opened, and everything that it has started ends when it is
 * closed. The browser keeps the focus inside, closes it by Escape, and gives the focus back to where it was.
 */
import { html, nothing, render, type TemplateResult } from 'lit'
import { eachFrame } from '../design/each-frame.js'
import type { Live } from './api.js'

let opened = 0

export abstract class Dialog {
  /** Resolves when it is closed, however that came. */
  readonly closed: Promise<void>
  /** Aborted then. */
  protected readonly over = new AbortController()
  /** What went wrong last, as the person is told it. */
  protected problem = ''
  /** Asks for a new picture, with the next frame. */
  protected readonly changed: () => void
  protected readonly element = document.createElement('dialog')
  protected readonly id = `sharing-${++opened}`

  constructor() {
    this.changed = eachFrame(() => this.update())
    this.closed = new Promise((resolve) => this.over.signal.addEventListener('abort', () => resolve()))
  }

  open(): this {
    const { element } = this
    element.className = 'sharing'
    element.setAttribute('aria-labelledby', `${this.id}-title`)
    element.addEventListener('close', () => {
      this.over.abort()
      element.remove()
    })
    this.update()
    document.body.append(element)
    element.showModal()
    return this
  }

  close(): void {
    this.element.close()
  }

  protected abstract view(): TemplateResult

  /** Draws it now; `focus` is what the person goes on with. */
  protected update(focus?: string): void {
    if (this.over.signal.aborted) return
    render(this.view(), this.element)
    if (focus) this.element.querySelector<HTMLElement>(focus)?.focus()
  }

  protected follow(live: Live<unknown>): void {
    const stop = live.subscribe(this.changed)
    this.over.signal.addEventListener('abort', stop)
  }

  /** Runs it, and tells of what went wrong. @returns whether it went well */
  protected async tried(run: () => Promise<unknown>): Promise<boolean> {
    this.problem = ''
    try {
      await run()
    } catch (error) {
      this.problem = (error as Error).message
    }
    this.update()
    return this.problem === ''
  }

  protected title(text: unknown): TemplateResult {
    return html`<h2 id="${this.id}-title" tabindex="-1">${text}</h2>`
  }

  /** In the page before there is something in it: else it is not read out. */
  protected alert(): TemplateResult {
    return html`<div role="alert">
      ${this.problem ? html`<p class="problem">${this.problem}</p>` : nothing}
    </div>`
  }
}

/** Asks before something that cannot be taken back. */
export class Question extends Dialog {
  answer = false

  constructor(
    private readonly asked: {
      readonly title: unknown
      readonly text: unknown
      readonly yes: string
      readonly no: string
    },
  ) {
    super()
  }

  protected view(): TemplateResult {
    const { title, text, yes, no } = this.asked
    return html`${this.title(title)}
      <p>${text}</p>
      <form method="dialog" class="ends">
        <button class="button" autofocus>${no}</button>
        <button class="button" data-kind="danger" @click=${() => (this.answer = true)}>${yes}</button>
      </form>`
  }
}

export async function ask(asked: ConstructorParameters<typeof Question>[0]): Promise<boolean> {
  const question = new Question(asked).open()
  await question.closed
  return question.answer
}

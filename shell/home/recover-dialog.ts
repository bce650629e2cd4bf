/**
 * Coming back: 24 words, and the address of a server that keeps what they are of, or a file of a space; how far it has got, and what is
 * here then.
 */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'
import { Dialog } from '../sharing/dialog.js'
import { sharedSpaces, spaceName } from '../sharing/index.js'

type State = Parameters<NonNullable<NonNullable<Parameters<Home['recover']>[1]>['onState']>>[0]

const WORDS = 24

class RecoverDialog extends Dialog {
  /** In memory for as long as the dialog is open, and nowhere else. */
  private words = ''
  private kube = location.origin
  private from: 'server' | 'file' = 'server'
  private file: File | undefined
  private state: State | undefined
  private isDone = false
  private lacks = 0
  private stop: AbortController | undefined

  constructor(
    private readonly home: Home,
    /** Whether there is something on this device that stays beside what comes. */
    private readonly hasData: boolean,
  ) {
    super()
    this.follow(home.spaces)
    this.follow(home.identity)
    this.over.signal.addEventListener('abort', () => this.stop?.abort())
    this.element.id = 'recover'
  }

  protected view(): TemplateResult {
    if (this.isDone) return this.done()
    return html`${this.title('Recover with your words')}
      <form class="fields" @submit=${this.submit}>
        <p>
          A server that keeps your spaces, or another device of yours that is on, gives everything back: who
          you are, your spaces, and what is in them. The server cannot read any of it; your words can. A file
          that you saved of a space gives back who you are, and that space.
        </p>
        <fieldset ?disabled=${!!this.state}>
          <label class="field">
            <span>Your 24 recovery words, in their order</span>
            <textarea
              name="words"
              required
              autofocus
              rows="4"
              autocomplete="off"
              autocapitalize="none"
              autocorrect="off"
              spellcheck="false"
              aria-describedby="${this.id}-count"
              .value=${this.words}
              @input=${this.typed}
            ></textarea>
            <small id="${this.id}-count" data-full=${this.count === WORDS}
              >${this.count} of ${WORDS} words</small
            >
          </label>
          ${this.source()}
          ${
            this.hasData
              ? html`<div class="notice" data-kind="amber">
                  ${icon('device')}
                  <p>
                    What is on this device stays on it, and its spaces become those of whoever the words are
                    of. Go on only if the words are your own.
                  </p>
                </div>`
              : nothing
          }
        </fieldset>
        ${this.alert()}
        <p class="progress" role="status">
          ${this.state ? html`<span class="spinner"></span>${stateWords(this.state)}` : nothing}
        </p>
        <div class="ends">
          <button class="button" type="button" @click=${() => this.cancel()}>Cancel</button>
          ${
            this.state
              ? nothing
              : html`<button class="button" data-kind="primary">
                  ${this.problem ? 'Try again' : 'Recover'}
                </button>`
          }
        </div>
      </form>`
  }

  private source(): TemplateResult {
    const way = (from: typeof this.from, name: string) =>
      html`<label>
        <input
          type="radio"
          name="from"
          .checked=${this.from === from}
          @change=${() => {
            this.from = from
            this.problem = ''
            this.changed()
          }}
        />
        <span><strong>${name}</strong></span>
      </label>`
    return html`<fieldset class="roles">
        <legend>Bring it back from</legend>
        <div class="choices">${way('server', 'A server')} ${way('file', 'A file')}</div>
      </fieldset>
      ${this.from === 'server' ? this.address() : this.fileField()}`
  }

  private address(): TemplateResult {
    return html`<label class="field">
      <span>Address of the server that keeps your spaces, or that your other device uses</span>
      <input
        name="kube"
        required
        inputmode="url"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        .value=${this.kube}
        @input=${(event: Event) => (this.kube = (event.target as HTMLInputElement).value)}
      />
    </label>`
  }

  private fileField(): TemplateResult {
    return html`<label class="field">
      <span>File that you saved of a space</span>
      <input
        name="file"
        type="file"
        required
        accept=".hearth"
        @change=${(event: Event) => (this.file = (event.target as HTMLInputElement).files?.[0])}
      />
    </label>`
  }

  private done(): TemplateResult {
    const { home, lacks } = this
    const { displayName } = home.identity.value
    const spaces = sharedSpaces(home)
    return html`${this.title(displayName ? html`Welcome back, <bdi>${displayName}</bdi>` : 'Welcome back')}
      <p>
        ${
          spaces.length === 0
            ? 'This device is one of yours now, with what was in your personal space.'
            : 'This device is one of yours now. These are your spaces; what is still on its way comes by itself.'
        }
      </p>
      ${
        spaces.length > 0
          ? html`<ul class="rows">
              ${spaces.map((space) => html`<li><span>${spaceName(space)}</span></li>`)}
            </ul>`
          : nothing
      }
      ${
        lacks > 0
          ? html`<div class="notice" data-kind="amber">
              ${icon('alert')}
              <p>
                ${lacks === 1 ? 'One more space of yours is' : `${lacks} more spaces of yours are`} not kept
                by that server. Open Hearth on another device of yours that has it, recover from another
                server that you used, or ask somebody who is in for an invitation.
              </p>
            </div>`
          : nothing
      }
      <p>
        If a device was lost or stolen, revoke it under “You”: then it is told nothing of what you write from
        now on.
      </p>
      <form method="dialog" class="ends">
        <button class="button" data-kind="primary" autofocus>Done</button>
      </form>`
  }

  private get count(): number {
    return this.words.match(/\S+/g)?.length ?? 0
  }

  private readonly typed = (event: Event) => {
    this.words = (event.target as HTMLTextAreaElement).value
    this.problem = ''
    this.changed()
  }

  private readonly submit = (event: Event) => {
    event.preventDefault()
    void this.recover()
  }

  private async recover(): Promise<void> {
    if (this.state) return
    const stop = (this.stop = new AbortController())
    this.state = { at: this.from === 'server' ? 'connecting' : 'entering' }
    this.update('.ends button')
    const went = await this.tried(async () => {
      try {
        if (this.from === 'server') await this.fromServer(stop.signal)
        else await this.home.import(this.file!, { words: this.words, kube: this.kube.trim() })
      } finally {
        this.state = undefined
      }
    })
    if (stop.signal.aborted && !went) this.problem = ''
    if (went) this.words = ''
    this.isDone = went
    this.update(went ? '.ends button' : '[name=words]')
  }

  private async fromServer(signal: AbortSignal): Promise<void> {
    await this.home.recover(this.words, {
      kube: this.kube.trim(),
      onState: (state) => {
        this.state = state
        this.lacks = state.lacks ?? 0
        this.changed()
      },
      signal,
    })
  }

  /** What is under way is called off, as long as it can be; nothing under way, it is closed. */
  private cancel(): void {
    if (this.state) this.stop?.abort()
    else this.close()
  }
}

function stateWords({ at }: State): string {
  switch (at) {
    case 'connecting':
      return 'Reaching the server…'
    case 'looking':
      return 'Your words lead there. Fetching who you are…'
    case 'entering':
      return 'Adding this device to yours…'
    default:
      return 'Fetching your spaces…'
  }
}

export const openRecover = (home: Home, hasData: boolean): void =>
  void new RecoverDialog(home, hasData).open()

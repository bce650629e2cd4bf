/**
 * Coming back: 24 words or a passkey, and the address of a server that keeps what they are of, or, with the words, a file of a space; how
 * far it has got, and what is here then.
 */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'
import { Dialog } from '../sharing/dialog.js'
import { sharedSpaces, spaceName } from '../sharing/index.js'
import { mayHavePasskeys, useAnyPasskey } from './passkey.js'

type State = Parameters<NonNullable<NonNullable<Parameters<Home['recover']>[1]>['onState']>>[0]

const WORDS = 24

class RecoverDialog extends Dialog {
  /** In memory for as long as the dialog is open, and nowhere else. */
  private words = ''
  private by: 'words' | 'passkey' = 'words'
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
    return html`${this.title('Get everything back')}
      <form class="fields" @submit=${this.submit}>
        <p>
          A server that keeps your spaces gives everything back: who you are, your spaces, and what is in
          them. It cannot read any of it; with your words, or a passkey, this device can. By your words,
          another device of yours that is on gives it back, too.
        </p>
        <fieldset ?disabled=${!!this.state}>
          ${mayHavePasskeys() ? this.ways() : nothing}
          ${this.by === 'words' ? [this.wordsField(), this.source()] : this.address()}
          ${
            this.hasData
              ? html`<div class="notice" data-kind="amber">
                  ${icon('device')}
                  <p>
                    What is on this device stays on it, and its spaces become those of whoever the
                    ${this.by === 'words' ? 'words are of. Go on only if the words are' : 'passkey is of. Go on only if that is'}
                    your own.
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
                  ${this.problem ? 'Try again' : this.by === 'words' ? 'Recover' : 'Use the passkey'}
                </button>`
          }
        </div>
      </form>`
  }

  private ways(): TemplateResult {
    return this.choice('Get it back with', 'by', this.by, (by) => (this.by = by), [
      ['words', '24 words', 'which you wrote down'],
      ['passkey', 'A passkey', `which you made at ${location.hostname}, under “Recovery words”`],
    ])
  }

  private wordsField(): TemplateResult {
    return html`<label class="field">
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
      <small id="${this.id}-count" data-full=${this.count === WORDS}>${this.count} of ${WORDS} words</small>
    </label>`
  }

  private source(): TemplateResult {
    return html`${this.choice('Bring it back from', 'from', this.from, (from) => (this.from = from), [
      ['server', 'A server', 'who you are, and all your spaces'],
      ['file', 'A file', 'that you saved of a space: who you are, and that space'],
    ])}
    ${this.from === 'server' ? this.address() : this.fileField()}`
  }

  private choice<V extends string>(
    legend: string,
    name: string,
    chosen: V,
    choose: (value: V) => void,
    choices: readonly (readonly [value: V, title: string, what: string])[],
  ): TemplateResult {
    const change = (value: V) => {
      choose(value)
      this.problem = ''
      this.changed()
    }
    return html`<fieldset class="roles">
      <legend>${legend}</legend>
      <div class="choices">
        ${choices.map(
          ([value, title, what]) =>
            html`<label>
              <input
                type="radio"
                name=${name}
                value=${value}
                .checked=${chosen === value}
                @change=${() => change(value)}
              />
              <span><strong>${title}</strong><small>${what}</small></span>
            </label>`,
        )}
      </div>
    </fieldset>`
  }

  private address(): TemplateResult {
    return html`<label class="field">
      <span
        >Address of the server that keeps your
        spaces${this.by === 'words' ? ', or that your other device uses' : ''}</span
      >
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
    this.state = {
      at: this.by === 'passkey' ? 'checking' : this.from === 'server' ? 'connecting' : 'entering',
    }
    this.update('.ends button')
    const went = await this.tried(async () => {
      try {
        if (this.by === 'passkey') await this.fromServer(await useAnyPasskey(stop.signal), stop.signal)
        else if (this.from === 'server') await this.fromServer(this.words, stop.signal)
        else await this.home.import(this.file!, { words: this.words, kube: this.kube.trim() })
      } finally {
        this.state = undefined
      }
    })
    if (stop.signal.aborted && !went) this.problem = ''
    if (went) this.words = ''
    this.isDone = went
    this.update(went ? '.ends button' : this.by === 'words' ? '[name=words]' : '[data-kind=primary]')
  }

  private async fromServer(by: string | Uint8Array, signal: AbortSignal): Promise<void> {
    await this.home.recover(by, {
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
    case 'checking':
      return 'Waiting for your passkey…'
    case 'connecting':
      return 'Reaching the server…'
    case 'looking':
      return 'That leads there. Fetching who you are…'
    case 'entering':
      return 'Adding this device to yours…'
    default:
      return 'Fetching your spaces…'
  }
}

export const openRecover = (home: Home, hasData: boolean): void =>
  void new RecoverDialog(home, hasData).open()

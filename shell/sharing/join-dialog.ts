/** Following an invitation: the link, the code if there is one, how far it has got, and what one is in then. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'
import type { ErrorCode, HearthError, Home, JoinState, Space } from './api.js'
import { Dialog } from './dialog.js'
import { hintOf, linkIn } from './link-hint.js'
import { OwnName } from './own-name.js'
import { spaceName } from './spaces.js'
import { digitsOf, grouped, joinWords, ownRoleWords } from './words.js'

/** What can be opened once one is in. */
export interface Opens {
  readonly name: string
  readonly url: string
}
export interface JoinDialogOptions {
  /** As the page was opened with it. */
  readonly link?: string
  /** Apps that can be opened then. */
  readonly apps?: () => readonly Opens[]
  /** Goes there: for an app that can show what was joined itself. */
  readonly show?: (space: Space) => void
}

/** After these, another link is what helps. */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'halo/invite-dead',
  'halo/invite-expired',
  'halo/invite-used',
  'halo/invite-cancelled',
  'halo/invite-unknown',
  'halo/invite-malformed',
  'halo/invite-newer',
  'halo/invite-forged',
  'halo/invite-own',
  'halo/log-too-large',
])

class JoinDialog extends Dialog {
  private link: string
  private code = ''
  private readonly ownName: OwnName
  /** Said by the data plane, or by the link itself. */
  private needsCode: boolean
  private state: JoinState | undefined
  private failed: HearthError | undefined
  private joined: Space | undefined
  private stop: AbortController | undefined

  constructor(
    private readonly home: Home,
    private readonly options: JoinDialogOptions,
  ) {
    super()
    this.ownName = new OwnName(home)
    this.link = options.link ?? ''
    this.needsCode = hintOf(this.link)?.hasCode ?? false
    this.follow(home.identity)
    this.over.signal.addEventListener('abort', () => this.stop?.abort())
  }

  private get isDevice(): boolean {
    return hintOf(this.link)?.to === 'device'
  }

  protected view(): TemplateResult {
    if (this.joined) return this.done(this.joined)
    return html`${this.title(this.isDevice ? 'Add this device to an identity' : 'Join what somebody shares')}
      <form class="fields" @submit=${this.submit}>
        <fieldset ?disabled=${!!this.state}>${this.fields()}</fieldset>
        ${this.problemOf()}
        <p class="progress" role="status">
          ${this.state ? html`<span class="spinner"></span>${joinWords(this.state, this.needsCode)}` : nothing}
        </p>
        <div class="ends">
          <button class="button" type="button" @click=${() => this.cancel()}>Cancel</button>
          ${
            this.state
              ? nothing
              : html`<button class="button" data-kind="primary">
                  ${this.failed && !final.has(this.failed.code) && this.failed.code !== 'halo/code-needed' ? 'Try again' : 'Join'}
                </button>`
          }
        </div>
      </form>`
  }

  private fields(): TemplateResult {
    return html`
      <label class="field">
        <span>Invitation link</span>
        <input
          name="link"
          required
          ?autofocus=${!this.link}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          inputmode="url"
          placeholder="https://…/#join=…"
          .value=${this.link}
          @input=${(event: Event) => this.setLink((event.target as HTMLInputElement).value)}
        />
      </label>
      ${
        this.isDevice
          ? html`<div class="notice" data-kind="amber">
              ${icon('device')}
              <p>
                This device becomes one of the devices of whoever made this link: it has all their spaces, and
                what is written here is written by them. What is on this device now stays on it. Go on only if
                the link is your own.
              </p>
            </div>`
          : nothing
      }
      ${
        this.needsCode
          ? html`<label class="field">
              <span>Code of 6 digits, from whoever ${this.isDevice ? 'made the link' : 'invited you'}</span>
              <input
                name="code"
                class="code"
                required
                ?autofocus=${!!this.link}
                inputmode="numeric"
                autocomplete="one-time-code"
                pattern="\\d{3} ?\\d{3}"
                title="6 digits"
                placeholder="••• •••"
                .value=${grouped(this.code)}
                @input=${this.setCode}
              />
            </label>`
          : nothing
      }
      ${this.isDevice ? nothing : this.ownName.field()}
    `
  }

  private problemOf(): TemplateResult {
    return html`<div role="alert">
      ${this.failed ? html`<p class="problem">${icon('alert', 18)}<span>${problemWords(this.failed)}</span></p>` : nothing}
    </div>`
  }

  private done(space: Space): TemplateResult {
    const { isDevice } = this
    const apps = this.options.apps?.() ?? []
    const { show } = this.options
    return html`${this.title(isDevice ? 'This device is one of yours now' : html`You are in ${spaceName(space)}`)}
      <p>
        ${
          isDevice
            ? 'What is in your spaces comes here by itself, and what was on this device before is still here.'
            : `${ownRoleWords[space.role]} What you and the others write is in step whenever you are connected.`
        }
      </p>
      ${
        apps.length > 0
          ? html`<p>Open it in</p>
              <ul class="opens">
                ${apps.map((app) => html`<li><a class="button" href=${app.url}>${app.name}</a></li>`)}
              </ul>`
          : nothing
      }
      <form method="dialog" class="ends">
        <button class="button" data-kind="primary" autofocus @click=${() => show?.(space)}>
          ${show && !isDevice ? html`<span>Show ${spaceName(space)}</span>` : 'Done'}
        </button>
      </form>`
  }

  private setLink(text: string): void {
    this.link = linkIn(text)
    this.needsCode = hintOf(this.link)?.hasCode ?? false
    this.failed = undefined
    this.changed()
  }

  /** Shown in two groups, whatever was typed or pasted, with the caret behind the digit that it was behind. */
  private readonly setCode = (event: Event) => {
    const field = event.target as HTMLInputElement
    const before = digitsOf(field.value.slice(0, field.selectionStart ?? 0)).length
    this.code = digitsOf(field.value)
    field.value = grouped(this.code)
    const caret = grouped(this.code.slice(0, before)).length
    field.setSelectionRange(caret, caret)
  }

  private readonly submit = (event: Event) => {
    event.preventDefault()
    void this.join()
  }

  private async join(): Promise<void> {
    if (this.state) return
    const { home, link, code, needsCode } = this
    const stop = (this.stop = new AbortController())
    this.failed = undefined
    this.state = { at: 'connecting' }
    this.update('.ends button')
    try {
      if (!this.isDevice) await this.ownName.keep()
      this.joined = await home.join(link, {
        ...(needsCode && { code }),
        onState: (state) => {
          this.state = state
          this.changed()
        },
        signal: stop.signal,
      })
      this.state = undefined
      this.update('.ends button')
    } catch (error) {
      this.state = undefined
      if (stop.signal.aborted) return this.update('.ends [data-kind=primary]')
      this.refused(error as HearthError)
    }
  }

  /** The focus goes to what has to be different the next time. */
  private refused(error: HearthError): void {
    this.failed = error
    if (error.code === 'halo/code-needed') this.needsCode = true
    if (error.code === 'halo/code-wrong' || error.code === 'halo/code-needed') {
      this.code = ''
      return this.update('[name=code]')
    }
    this.update(final.has(error.code) ? '[name=link]' : '.ends [data-kind=primary]')
  }

  /** What is under way is called off; nothing under way, it is closed. */
  private cancel(): void {
    if (this.state) this.stop?.abort()
    else this.close()
  }
}

/** Its own words, but for what apps are told and people are asked. */
const problemWords = ({ code, message }: HearthError): string =>
  code === 'halo/code-needed'
    ? 'This invitation has a code of 6 digits. Ask whoever invited you for it.'
    : message

export const openJoin = (home: Home, options: JoinDialogOptions = {}): void =>
  void new JoinDialog(home, options).open()

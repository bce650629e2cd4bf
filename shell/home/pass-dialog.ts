/** The pass that a server asks for which is not for everybody: asked for, shown to the server, and asked for again if that does not take it. */
import { html, type TemplateResult } from 'lit'
import { Dialog } from '../sharing/dialog.js'

const PASS = /^[\w-]{43}$/
/** What the server says to a device that it does not let in, with a pass or without. */
export const NOT_ALLOWED = 'mesh/host-not-allowed'

class PassDialog extends Dialog {
  /** It has taken it. */
  isTaken = false
  private pass = ''
  private isBusy = false

  constructor(private readonly show: (address: string) => Promise<void>) {
    super()
    this.element.id = 'pass'
  }

  protected view(): TemplateResult {
    return html`${this.title('This server asks for a pass')}
      <form class="fields" @submit=${this.submit}>
        <p>
          The server at ${location.host} keeps spaces for those whom its operator lets in. Ask whoever runs it
          for a pass: they are shown an address that ends in it. A pass is for one device, and is needed once.
        </p>
        <label class="field">
          <span>Your pass, or the whole address</span>
          <input
            name="pass"
            required
            autofocus
            autocomplete="off"
            autocapitalize="none"
            autocorrect="off"
            spellcheck="false"
            ?disabled=${this.isBusy}
            .value=${this.pass}
            @input=${(event: Event) => (this.pass = (event.target as HTMLInputElement).value)}
          />
        </label>
        ${this.alert()}
        <p class="progress" role="status">
          ${this.isBusy ? html`<span class="spinner"></span>Showing it to the server…` : ''}
        </p>
        <div class="ends">
          <button class="button" type="button" @click=${() => this.close()}>Cancel</button>
          <button class="button" data-kind="primary" ?disabled=${this.isBusy}>
            ${this.problem ? 'Try again' : 'Use this pass'}
          </button>
        </div>
      </form>`
  }

  private readonly submit = (event: Event) => {
    event.preventDefault()
    if (!this.isBusy) void this.use()
  }

  private async use(): Promise<void> {
    this.isBusy = true
    this.problem = ''
    this.update()
    this.isTaken = await this.tried(() => this.tell().finally(() => (this.isBusy = false)))
    if (this.isTaken) this.close()
    else this.update('[name=pass]')
  }

  private async tell(): Promise<void> {
    const pass = this.pass.trim().replace(/^.*#/, '')
    if (!PASS.test(pass))
      throw new Error('That is no pass. It is what stands after the # of the address: 43 letters and digits.')
    try {
      await this.show(`${serverHere()}#${pass}`)
    } catch (error) {
      if ((error as { code?: string }).code !== NOT_ALLOWED) throw error
      throw new Error(
        'The server does not take this pass: it was used up or called back, or is not quite right. Look at it again, or ask whoever runs the server for another one.',
        { cause: error },
      )
    }
  }
}

/** Where this page comes from, be it on a path of an origin. */
const serverHere = (): string => new URL('.', location.href).href

/**
 * @param show the address with the pass is used where one without it was refused; rejects as that did
 * @returns whether the server has taken it
 */
export async function askForPass(show: (address: string) => Promise<void>): Promise<boolean> {
  const dialog = new PassDialog(show).open()
  await dialog.closed
  return dialog.isTaken
}

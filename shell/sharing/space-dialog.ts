/** A new space to share: it has a name, and then somebody is invited. */
import { html, type TemplateResult } from 'lit'
import type { Home, Space } from './api.js'
import { Dialog } from './dialog.js'

class SpaceDialog extends Dialog {
  made: Space | undefined
  private busy = false

  constructor(private readonly home: Home) {
    super()
  }

  protected view(): TemplateResult {
    return html`${this.title('A new shared space')}
      <p>It is yours alone until you invite somebody. Whoever is in has everything in it, in every app.</p>
      <form class="fields" @submit=${this.submit}>
        <label class="field">
          <span>Name of the space</span>
          <input name="name" required autofocus maxlength="120" autocomplete="off" placeholder="Kitchen" />
        </label>
        ${this.alert()}
        <div class="ends">
          <button class="button" type="button" @click=${() => this.close()}>Cancel</button>
          <button class="button" data-kind="primary" ?disabled=${this.busy}>Make it</button>
        </div>
      </form>`
  }

  private readonly submit = async (event: Event) => {
    event.preventDefault()
    const name = this.element.querySelector<HTMLInputElement>('[name=name]')!.value.trim()
    if (this.busy || name === '') return
    this.busy = true
    this.update()
    const went = await this.tried(async () => (this.made = await this.home.createSpace({ name })))
    this.busy = false
    if (went) this.close()
    else this.update()
  }
}

/** @returns the space, or nothing if it was called off */
export async function newSpace(home: Home): Promise<Space | undefined> {
  const dialog = new SpaceDialog(home).open()
  await dialog.closed
  return dialog.made
}

/** A person's own name, asked for where others are about to see it, and they have not said it yet. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from './api.js'

export class OwnName {
  private typed = ''

  constructor(private readonly home: Home) {}

  /** Nothing, once it is known. */
  field(): TemplateResult | typeof nothing {
    if (this.home.identity.value.displayName) return nothing
    return html`<label class="field">
      <span>Your name, as the others will see it</span>
      <input
        name="name"
        maxlength="256"
        autocomplete="name"
        .value=${this.typed}
        @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}
      />
    </label>`
  }

  /** As it was typed, if it was. @throws HearthError `store/…` */
  async keep(): Promise<void> {
    const displayName = this.typed.trim()
    if (displayName) await this.home.setProfile({ displayName })
  }
}

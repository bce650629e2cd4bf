/** A new release of Hearth: that it is there, and the button that takes it. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../design/icons.js'
import type { Home } from '../home.js'
import { takeUpdate, watchUpdates, type UpdateState } from '../offline/update.js'
import { updateWords } from '../offline/words.js'

/** What the page knows of new releases, for as long as it lives. */
export class Updates {
  private state: UpdateState | undefined
  private taking = false
  private failure: string | undefined

  constructor(private readonly changed: () => void) {
    void watchUpdates((state) => {
      this.state = state
      changed()
    })
  }

  notice(home: Home): TemplateResult | typeof nothing {
    if (!this.state) return nothing
    return html`<div class="notice" data-kind="news" role="status">
      ${icon('spark')}
      <div>
        <h2>${updateWords[this.state]}</h2>
        <p>${this.failure ?? 'Everything you wrote is saved first.'}</p>
      </div>
      <button class="button" data-kind="primary" ?disabled=${this.taking} @click=${() => this.take(home)}>
        ${this.taking ? 'Saving…' : 'Reload'}
      </button>
    </div>`
  }

  private async take(home: Home): Promise<void> {
    this.taking = true
    this.changed()
    try {
      await takeUpdate(home)
    } catch (error) {
      this.taking = false
      this.failure = (error as Error).message
      this.changed()
    }
  }
}

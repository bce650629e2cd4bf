/** Whether every change of a space is kept, or only what came of them: its admins say so, and others see it. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { Dialog } from '../sharing/dialog.js'
import { mayInvite } from '../sharing/index.js'

type Space = Home['space']

const choices = [
  {
    ...{ keep: true, name: 'Every change' },
    text: 'Signed by the device that made it. Whoever is in can check all that ever came about; it grows with each change.',
  },
  {
    ...{ keep: false, name: 'What came of them' },
    text: 'All that is here stays as it is. Older changes go, from owners’ devices and from servers that keep this space, once an owner’s device has put them together. It takes less room, and new people have it sooner.',
  },
] as const

class HistoryDialog extends Dialog {
  /** As it is; unknown before the worker has said so. */
  private isKept: boolean | undefined
  private chosen: boolean | undefined
  private busy = false

  constructor(
    private readonly space: Space,
    /** Of the space. */
    private readonly name: TemplateResult | string,
  ) {
    super()
    void this.tried(async () => (this.chosen = this.isKept = await space.keepHistory()))
  }

  protected view(): TemplateResult {
    const { isKept, chosen, busy, space } = this
    const may = mayInvite(space.role)
    return html`${this.title(html`The history of ${this.name}`)}
      <form class="fields" @submit=${this.submit} aria-busy=${isKept === undefined}>
        <fieldset class="roles" ?disabled=${!may || busy || isKept === undefined}>
          <legend>What is kept</legend>
          <div class="choices">
            ${choices.map(
              ({ keep, name, text }) =>
                html`<label>
                  <input
                    type="radio"
                    name="history"
                    .checked=${keep === chosen}
                    @change=${() => {
                      this.chosen = keep
                      this.update()
                    }}
                  />
                  <span><strong>${name}</strong><small>${text}</small></span>
                </label>`,
            )}
          </div>
        </fieldset>
        <p role="status">${may ? this.consequence() : 'This is up to its admins.'}</p>
        ${this.alert()}
        <div class="ends">
          <button class="button" type="button" @click=${() => this.close()}>
            ${may ? 'Cancel' : 'Close'}
          </button>
          ${
            may
              ? html`<button
                  class="button"
                  data-kind=${chosen === false ? 'danger' : 'primary'}
                  ?disabled=${busy || chosen === isKept}
                >
                  ${chosen === false ? 'Let the past go' : 'Keep every change'}
                </button>`
              : ''
          }
        </div>
      </form>`
  }

  private consequence(): string {
    if (this.chosen === this.isKept) return ''
    return this.chosen
      ? 'From now on. What has gone does not come back.'
      : 'This cannot be taken back: of the changes that are gone, nobody can check any more who made them.'
  }

  private readonly submit = async (event: Event) => {
    event.preventDefault()
    const { chosen } = this
    if (this.busy || chosen === undefined || chosen === this.isKept) return
    this.busy = true
    this.update()
    const went = await this.tried(() => this.space.keepHistory(chosen))
    this.busy = false
    if (went) this.close()
    else this.update()
  }
}

/** @param name of the space, as people are shown it */
export function openHistory(space: Space, name: TemplateResult | string): void {
  new HistoryDialog(space, name).open()
}

/** What needs a person: changes that were shown and then refused, and data that cannot be read. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'

export function problems(home: Home): TemplateResult | typeof nothing {
  const rejected = home.rejected.value
  const { damage } = home.status.value
  if (rejected.length === 0 && damage.length === 0) return nothing
  return html`<section class="problems" aria-label="Needs your attention">
    ${
      rejected.length > 0
        ? html`<div class="notice" role="alert">
            ${icon('alert')}
            <div>
              <h2>
                ${rejected.length === 1 ? 'A change was not saved' : `${rejected.length} changes were not saved`}
              </h2>
              <ul class="rows">
                ${rejected.map(
                  (one) =>
                    html`<li>
                      <span>${one.message} <code>${one.code}</code></span>
                      <span class="actions">
                        <button class="button" @click=${() => one.retry().catch(() => undefined)}>
                          Try again
                        </button>
                        <button class="button" data-kind="quiet" @click=${() => void one.discard()}>
                          Discard
                        </button>
                      </span>
                    </li>`,
                )}
              </ul>
            </div>
          </div>`
        : nothing
    }
    ${
      damage.length > 0
        ? html`<div class="notice" data-kind="amber">
            ${icon('alert')}
            <div>
              <h2>Some data on this device cannot be read</h2>
              <p>Everything else opens as before, and nothing was deleted.</p>
              <ul class="rows">
                ${damage.map((one) => html`<li><span>${one.message}</span><code>${one.object ?? one.what}</code></li>`)}
              </ul>
            </div>
          </div>`
        : nothing
    }
  </section>`
}

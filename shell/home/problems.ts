/** What needs a person: changes that were shown and then refused, data that cannot be read, and what does not count. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'

export function problems(home: Home): TemplateResult | typeof nothing {
  const rejected = home.rejected.value
  const { damage, quarantine, forks } = home.status.value
  if (rejected.length + damage.length + quarantine.length + forks.length === 0) return nothing
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
    ${quarantine.length + forks.length > 0 ? aside(home) : nothing}
  </section>`
}

/** Why what another device wrote does not count, for people. */
const reasons: Record<string, string> = {
  'beyond-cut': 'written after it was taken out',
  'cut-unknown': 'written after it was taken out, as far as is known here',
  dependency: 'written on top of something that does not count',
  forked: 'written by a copy of the device',
  lapsed: 'written by a right that nobody could give',
  'no-member': 'written by a device of no member',
  reader: 'written by somebody who may only read',
}

function aside(home: Home): TemplateResult {
  const { quarantine, forks } = home.status.value
  const name = (space: string) => home.getSpace(space)?.name ?? 'A space'
  return html`<div class="notice" data-kind="amber" id="aside">
    ${icon('alert')}
    <div>
      <h2>Some of what other devices wrote does not count</h2>
      <p>It is kept, and not shown.</p>
      <ul class="rows">
        ${forks.map(
          ({ space, device }) =>
            html`<li>
              <span
                >${name(space)}: a device existed twice, as a copied browser profile does. Each copy is a
                device of its own now</span
              >
              <code title=${device}>${device.slice(0, 12)}…</code>
            </li>`,
        )}
        ${quarantine.map(
          ({ space, device, entries, reason }) =>
            html`<li>
              <span
                >${name(space)}: ${entries} ${entries === 1 ? 'change' : 'changes'},
                ${reasons[reason] ?? reason}</span
              >
              <code title=${device}>${device.slice(0, 12)}…</code>
            </li>`,
        )}
      </ul>
    </div>
  </div>`
}

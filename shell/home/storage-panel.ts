/** How much is kept here, and whether the browser may throw it away. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { bytesInWords } from './bytes.js'

export function storagePanel({ storage, worker }: Home['status']['value']): TemplateResult {
  const { used, quota, persisted } = storage
  // No browser grants nothing: this one does not say, or the worker has not asked it yet.
  if (quota === 0)
    return html`<article class="panel">
      <h3>Storage</h3>
      <p class="figure">${worker.tabs > 0 ? 'Not known' : '…'}</p>
      ${worker.tabs > 0 ? html`<p class="state">This browser does not say how much is kept, or for how long.</p>` : ''}
    </article>`
  const share = Math.min(1, used / quota)
  return html`<article class="panel">
    <h3>Storage</h3>
    <p class="figure">${bytesInWords(used)} <small>of ${bytesInWords(quota)}</small></p>
    <div
      class="meter"
      role="meter"
      aria-label="Storage used"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(share * 100)}
    >
      <div style="width: ${share * 100}%"></div>
    </div>
    <p class="state" data-good=${persisted}>
      ${
        persisted
          ? 'Kept: the browser will not clear it by itself.'
          : 'Not yet protected: the browser may clear it when space runs out. Installed as an app, it is usually kept.'
      }
    </p>
  </article>`
}

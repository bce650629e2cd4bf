/** How much is kept here, and whether the browser may throw it away. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { bytesInWords } from './bytes.js'

export function storagePanel({ storage }: Home['status']['value']): TemplateResult {
  const { used, quota, persisted } = storage
  const share = quota > 0 ? Math.min(1, used / quota) : 0
  return html`<article class="panel">
    <h3>Storage</h3>
    <p class="figure">
      ${bytesInWords(used)} ${quota > 0 ? html`<small>of ${bytesInWords(quota)}</small>` : ''}
    </p>
    <meter
      aria-label="Storage used"
      min="0"
      max="1"
      high="0.8"
      optimum="0"
      .value=${share}
      title="${Math.round(share * 100)} %"
    ></meter>
    <p class="state" data-good=${persisted}>
      ${
        persisted
          ? 'Kept: the browser will not clear it by itself.'
          : 'Not yet protected: the browser may clear it when space runs out.'
      }
    </p>
  </article>`
}

/** The runtime that all tabs share: what runs, which build, and what support would ask for. */
import { html, type TemplateResult } from 'lit'
import type { Home } from '../home.js'
import { icon } from '../design/icons.js'

const modes: Record<string, string> = {
  shared: 'One runtime for all tabs',
  'shared-file': 'One runtime for all tabs, from another origin',
  'shared-blob': 'One runtime for all tabs, without a file of its own',
  'elected-tab': 'One tab runs it for the others',
}

let copied = ''

export function dataPlane(home: Home, changed: () => void): TemplateResult {
  const { worker, unsaved } = home.status.value
  const { error } = home.status
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(JSON.stringify(await home.diagnostics(), null, 2))
      copied = 'Copied. It holds figures, and nothing that you wrote.'
    } catch (error) {
      copied = `Not copied: ${(error as Error).message}`
    }
    changed()
  }
  return html`<article class="panel">
    <h3>Data plane</h3>
    ${
      error
        ? html`<p class="figure">Stopped</p>
            <p class="state" role="alert">${error.message}</p>`
        : worker.silent
          ? html`<p class="figure" role="alert">Not answering</p>`
          : html`<p class="figure live">Running</p>`
    }
    <ul class="rows">
      <li><span>Mode</span><span>${modes[worker.mode] ?? worker.mode}</span></li>
      <li>
        <span>Tabs</span
        ><span>${worker.tabs === 1 ? 'This one' : `This one and ${worker.tabs - 1} more`}</span>
      </li>
      <li>
        <span>This tab</span>
        <span
          >${unsaved === 0 ? 'Everything is saved' : `Saving ${unsaved} ${unsaved === 1 ? 'change' : 'changes'}`}</span
        >
      </li>
      <li><span>Build</span><code>${worker.version}</code></li>
      <li><span>Instance</span><code>${worker.instance}</code></li>
    </ul>
    <button class="button" @click=${copy}>${icon('copy', 18)} Copy diagnostics</button>
    <p class="state" role="status">${copied}</p>
  </article>`
}

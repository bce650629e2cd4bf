/** What the app has to tell: a change that was not kept, and, for a while, what was removed and how to get it back. */
import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../../design/icons.js'
import { undo } from './actions.js'
import type { Board, Toast } from './board.js'

/** Long enough to read it, find the button and change one's mind. */
const toastMs = 10_000

export function notices({ home }: Board): TemplateResult | typeof nothing {
  const { error } = home.status
  if (error) {
    return html`<div class="notice" role="alert">
      ${icon('alert')}
      <div>
        <strong>Changes are no longer kept.</strong>
        <p>${error.message}</p>
        <div class="notice-actions">
          <button class="button" @click=${() => location.reload()}>Reload</button>
        </div>
      </div>
    </div>`
  }
  const rejected = home.rejected.value
  const [first] = rejected
  if (!first) return nothing
  const all = (act: 'retry' | 'discard') => {
    for (const one of [...rejected]) void one[act]()
  }
  return html`<div class="notice" role="alert">
    ${icon('alert')}
    <div>
      <strong
        >${rejected.length === 1 ? 'One change was' : `${rejected.length} changes were`} not saved.</strong
      >
      <p>${first.message}</p>
      <div class="notice-actions">
        <button class="button" @click=${() => all('retry')}>Try again</button>
        <button class="button" data-kind="quiet" @click=${() => all('discard')}>Discard</button>
      </div>
    </div>
  </div>`
}

let shown: Toast | undefined
let timer: ReturnType<typeof setTimeout> | undefined

export function toast(board: Board): TemplateResult {
  const current = board.toast
  if (current !== shown) {
    shown = current
    restart(board)
  }
  return html`<div
    class="toast ${current ? 'shown' : ''}"
    role="status"
    @pointerenter=${() => clearTimeout(timer)}
    @pointerleave=${() => restart(board)}
    @focusin=${() => clearTimeout(timer)}
    @focusout=${() => restart(board)}
  >
    ${
      current
        ? html`<span>${current.text}</span>
            ${current.undo ? html`<button class="undo" @click=${() => undo(board)}>Undo</button>` : nothing}
            <button class="icon-button" aria-label="Dismiss" @click=${() => board.hideToast()}>
              ${icon('close', 16)}
            </button>`
        : nothing
    }
  </div>`
}

function restart(board: Board): void {
  clearTimeout(timer)
  if (board.toast) timer = setTimeout(() => board.hideToast(), toastMs)
}

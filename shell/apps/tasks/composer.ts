/** Quick add: Enter adds and stays, several pasted lines are several tasks, `#word` is a tag. */
import { html, type TemplateResult } from 'lit'
import { icon } from '../../design/icons.js'
import { add } from './actions.js'
import type { Board } from './board.js'

export function composer(board: Board): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault()
    const field = document.querySelector<HTMLInputElement>('#composer')!
    add(board, field.value)
    field.value = ''
  }
  return html`<form class="composer" @submit=${submit}>
    ${icon('add')}
    <input
      id="composer"
      aria-label="Add a task"
      aria-describedby="composer-help"
      placeholder=${board.place === 'today' ? 'Add a task for today' : 'Add a task'}
      autocomplete="off"
      enterkeyhint="done"
      maxlength="2000"
      @paste=${(event: ClipboardEvent) => pasteLines(board, event)}
      @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && (event.target as HTMLElement).blur()}
    />
    <span class="hint" id="composer-help"><span>#tag</span><kbd>Enter</kbd></span>
  </form>`
}

function pasteLines(board: Board, event: ClipboardEvent): void {
  const text = event.clipboardData?.getData('text/plain') ?? ''
  if (!/\S\s*\n\s*\S/.test(text)) return
  event.preventDefault()
  add(board, text)
}

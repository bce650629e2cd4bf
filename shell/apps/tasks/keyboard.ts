/** Shortcuts. Letters work outside of text fields; those with Alt, Ctrl or ⌘ work inside a task too. */
import { focusComposer, move, remove, setDone, titleFields, undo } from './actions.js'
import type { Board, Filter } from './board.js'
import { titleOf } from './model.js'

const filters: Record<string, Filter> = { '1': 'all', '2': 'open', '3': 'done' }

export function listenToKeys(board: Board): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    if (inTask(board, event) || (!isTyping(event.target) && outside(board, event))) event.preventDefault()
  })
}

function outside(board: Board, event: KeyboardEvent): boolean {
  const command = event.ctrlKey || event.metaKey
  if (command && event.key === 'z' && board.toast?.undo) return (undo(board), true)
  if (command || event.altKey) return false
  const filter = filters[event.key]
  if (filter) board.set('filter', filter)
  else if (event.key === 'n' || event.key === '/') focusComposer()
  else if (event.key === '?') document.querySelector<HTMLDialogElement>('#shortcuts')?.showModal()
  else if (event.key === 'ArrowDown' || event.key === 'j') titleFields()[0]?.focus()
  else return false
  return true
}

function inTask(board: Board, event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement
  const row = target.closest<HTMLElement>('.task')
  const todo = row && board.todos.find(({ id }) => id === row.dataset['id'])
  if (!todo || (!board.mayWrite(todo) && !/^Escape$|^Arrow/.test(event.key))) return false
  const command = event.ctrlKey || event.metaKey
  const isTitle = target.classList.contains('title')
  const isHandle = target.dataset['focus'] === 'handle'
  switch (event.key) {
    case 'ArrowUp':
    case 'ArrowDown': {
      const by = event.key === 'ArrowUp' ? -1 : 1
      if ((event.altKey || isHandle) && board.mayWrite(todo)) return (move(board, todo, by), true)
      return isTitle && !command && !event.shiftKey && atEdge(target, by) && step(target, by)
    }
    case 'Enter':
      if (command) return (setDone(todo, !todo.done), true)
      return isTitle && !event.shiftKey && (step(target, 1) || (focusComposer(), true))
    case 'Backspace':
      if (!isTitle || titleOf(todo) !== '') return false
      return (remove(board, [todo]), true)
    case 'Escape':
      if (board.expanded !== todo.id) return false
      board.set('expanded', undefined)
      row.querySelector<HTMLElement>('[data-focus=details]')?.focus()
      return true
  }
  return false
}

/** To the title above or below; false at the end. */
function step(from: HTMLElement, by: number): boolean {
  const titles = titleFields()
  const next = titles[titles.indexOf(from) + by]
  next?.focus()
  return next !== undefined
}

/** In a title of several lines, the arrows move inside it first. */
function atEdge(target: HTMLElement, by: number): boolean {
  const { selectionStart, selectionEnd, value } = target as HTMLTextAreaElement
  if (selectionStart !== selectionEnd) return false
  return target.clientHeight < 40 || (by < 0 ? selectionStart === 0 : selectionEnd === value.length)
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=radio])'))

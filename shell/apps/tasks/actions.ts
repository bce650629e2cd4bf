/** What a gesture does, whether it came by mouse, key or button: change the data, say so, keep the focus sensible. */
import { announce } from './announce.js'
import type { Board } from './board.js'
import { day } from './due.js'
import {
  addList,
  addTodos,
  moveTodo,
  removeList,
  removeTodos,
  titleOf,
  type List,
  type Todo,
} from './model.js'

export function add(board: Board, text: string): void {
  const { place } = board
  const where = place === 'today' ? { due: day() } : typeof place === 'object' && 'list' in place ? place : {}
  const added = addTodos(board.space, text, where, board.at(place))
  if (added.length === 0) return
  if (board.filter === 'done') board.set('filter', 'all')
  announce(added.length === 1 ? `Added ${titleOf(added[0]!)}` : `Added ${added.length} tasks`)
}

export function setDone(todo: Todo, done: boolean): void {
  keepFocus(todo)
  todo.done = done
  announce(`${titleOf(todo)}: ${done ? 'done' : 'to do again'}`)
}

export function move(board: Board, todo: Todo, by: number): void {
  const siblings = movable(board)
  const from = siblings.findIndex(({ id }) => id === todo.id)
  const to = from + by
  if (from < 0 || to < 0 || to >= siblings.length) return
  moveTo(board, todo, to)
  const focused = document.activeElement as HTMLElement | null
  // Moving a row in the document takes the focus away from what is in it.
  requestAnimationFrame(() => requestAnimationFrame(() => focused?.isConnected && focused.focus()))
}

/** @param to index among the open tasks of the list */
export function moveTo(board: Board, todo: Todo, to: number): void {
  const siblings = movable(board)
  moveTodo(board.space, siblings, todo, to)
  announce(`${titleOf(todo)}: place ${to + 1} of ${siblings.length}`)
}

/** Tasks that can be put in order by hand: the open ones of a list. Today is in the order of days. */
export const movable = (board: Board): readonly Todo[] =>
  board.place === 'today' ? [] : board.at(board.place).filter((todo) => !todo.done)

export function remove(board: Board, todos: readonly Todo[]): void {
  if (todos.length === 0) return
  const [first] = todos
  keepFocus(first!)
  const text = todos.length === 1 ? `Removed “${short(titleOf(first!))}”` : `Removed ${todos.length} tasks`
  const restores = [...new Set(todos.map((todo) => board.spaceOf(todo)))].map((space) =>
    removeTodos(
      space,
      todos.filter((todo) => board.spaceOf(todo) === space),
    ),
  )
  if (todos.some(({ id }) => id === board.expanded)) board.expanded = undefined
  board.say(text, () => {
    for (const restore of restores) restore()
  })
}

export function createList(board: Board, name: string): void {
  const space = board.home.getSpace(board.addingList ?? '')
  board.addingList = undefined
  if (name.trim() === '' || !space) return board.changed()
  const list = addList(space, name.trim(), board.listsOf(space))
  board.go({ list: list.id })
  focusComposer()
}

export function deleteList(board: Board, list: List): void {
  const space = board.spaceOf(list)
  const restore = removeList(space, list, board.at({ list: list.id }))
  const name = list.name ?? ''
  board.go(space === board.home.space ? 'inbox' : { space: space.id })
  board.say(`Removed the list “${short(name)}”`, () => board.go({ list: restore().id }))
}

export function undo(board: Board): void {
  const { toast } = board
  board.hideToast()
  if (!toast?.undo) return
  toast.undo()
  announce('Brought back')
}

export const focusComposer = (): void => document.querySelector<HTMLElement>('#composer')?.focus()

export const titleFields = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.task .title')]

/** When the row that has the focus is about to leave, the focus goes to the next one, or to the composer. */
function keepFocus(todo: Todo): void {
  const row = document.activeElement?.closest<HTMLElement>('.task')
  if (row?.dataset['id'] !== todo.id) return
  const kind = (document.activeElement as HTMLElement).dataset['focus']
  const rows = [...document.querySelectorAll<HTMLElement>('.task')]
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1]
  const target = next?.querySelector<HTMLElement>(kind ? `[data-focus=${kind}]` : '.title')
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (row.isConnected && row.contains(document.activeElement)) return
      if (target?.isConnected) target.focus()
      else focusComposer()
    }),
  )
}

const short = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

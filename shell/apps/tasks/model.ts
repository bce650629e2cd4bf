/**
 * What the app knows of tasks, and everything it does to them. The types are `todo` and `list` without a prefix, on
 * purpose: a page of someone else's that makes todos finds its own here, so every field but the id may be missing.
 */
import { apply, type Edit } from './difference.js'
import { hearth, type Space } from './hearth.js'

export interface Todo {
  readonly id: string
  title?: string
  done?: boolean
  /** Collaborative text. */
  notes?: string
  /** Noon UTC of the day, so that it is the same day in (nearly) every time zone. */
  due?: Date
  tags?: string[]
  /** Id of the list; in the inbox if missing. */
  list?: string
  /** Place within the list, ascending. Fractions put a task between two others. */
  order?: number
}

export interface List {
  readonly id: string
  name?: string
  order?: number
}

/** Gives back what was removed. */
export type Restore = () => void

/**
 * "Buy milk #kitchen #today" → title and tags.
 * @returns undefined when there is nothing to add
 */
export function parseTask(text: string): { title: string; tags: string[] } | undefined {
  const tags: string[] = []
  const title = text
    .replace(/(?<=^|\s)#([\p{L}\p{N}_-]+)/gu, (_, tag: string) => {
      if (!tags.includes(tag)) tags.push(tag)
      return ''
    })
    .replace(/\s+/g, ' ')
    .trim()
  if (title === '' && tags.length === 0) return undefined
  return { title: title || tags.join(' '), tags }
}

/** One task for each line that says something, at the top of the list, first line first. */
export function addTodos(
  space: Space,
  lines: string,
  place: { list?: string; due?: Date },
  before: readonly Todo[],
): Todo[] {
  const parsed = lines.split(/\r?\n/).flatMap((line) => parseTask(line) ?? [])
  const order = firstOrder(before) - parsed.length
  const added: Todo[] = []
  space.batch(() => {
    for (const [index, task] of parsed.entries()) {
      const todo: Omit<Todo, 'id'> = {
        ...task,
        ...place,
        done: false,
        notes: hearth.text(''),
        order: order + index,
      }
      added.push(space.add('todo', todo))
    }
  })
  return added
}

/** Puts the todo at `to` among `siblings`, which are in order and include it. */
export function moveTodo(space: Space, siblings: readonly Todo[], todo: Todo, to: number): void {
  const others = siblings.filter((one) => one.id !== todo.id)
  const above = others[to - 1]?.order
  const below = others[to]?.order
  const fits =
    (above !== undefined || to === 0) &&
    (below !== undefined || to >= others.length) &&
    // Halved often enough, two neighbours leave no number between them.
    !(above !== undefined && below !== undefined && Math.abs(below - above) < 1e-9)
  if (fits) {
    todo.order =
      above === undefined ? (below ?? 1) - 1 : below === undefined ? above + 1 : (above + below) / 2
    return
  }
  const whole = [...others.slice(0, to), todo, ...others.slice(to)]
  space.batch(() => {
    for (const [index, one] of whole.entries()) one.order = index
  })
}

export function removeTodos(space: Space, todos: readonly Todo[]): Restore {
  const kept = todos.map((todo) => valuesOf(todo))
  space.batch(() => {
    for (const todo of todos) space.remove(todo)
  })
  return () => {
    space.batch(() => {
      for (const values of kept) space.add('todo', values)
    })
  }
}

/** Removes a list with all that is on it. What comes back is on a new list, since a removed id stays removed. */
export function removeList(space: Space, list: List, todos: readonly Todo[]): () => List {
  const { id: _, ...values } = hearth.plain(list) as unknown as List
  const kept = todos.map((todo) => valuesOf(todo))
  space.batch(() => {
    for (const todo of todos) space.remove(todo)
    space.remove(list)
  })
  return () => {
    const again: List = space.add('list', { ...values })
    space.batch(() => {
      for (const todo of kept) space.add('todo', { ...todo, list: again.id })
    })
    return again
  }
}

export function addList(space: Space, name: string, lists: readonly List[]): List {
  const last = Math.max(0, ...lists.map((list) => list.order ?? 0))
  return space.add('list', { name, order: last + 1 }) as unknown as List
}

export function editNotes(todo: Todo, edit: Edit): void {
  if (typeof todo.notes !== 'string') {
    todo.notes = hearth.text(edit.inserted)
    return
  }
  const splice = () => hearth.splice(todo, 'notes', edit.from, edit.removed, edit.inserted)
  try {
    splice()
  } catch (error) {
    // Made by an app that keeps notes as a plain string.
    if ((error as { code?: string }).code !== 'echo/not-text') throw error
    hearth.makeText(todo, 'notes')
    splice()
  }
}

/** Line breaks come in by pasting only; a title has none. */
export function editTitle(todo: Todo, edit: Edit): void {
  todo.title = apply(titleOf(todo), edit).replace(/\s*\n\s*/g, ' ')
}

export function addTag(todo: Todo, text: string): void {
  const tag = text.trim().replace(/^#/, '').replace(/\s+/g, '-')
  if (tag === '' || tagsOf(todo).includes(tag)) return
  if (Array.isArray(todo.tags)) todo.tags.push(tag)
  else todo.tags = [tag]
}

export function removeTag(todo: Todo, tag: string): void {
  const index = todo.tags?.indexOf(tag) ?? -1
  if (index >= 0) todo.tags!.splice(index, 1)
}

export const titleOf = (todo: Todo): string => (typeof todo.title === 'string' ? todo.title : '')
export const nameOf = (list: List): string =>
  (typeof list.name === 'string' && list.name.trim()) || 'Untitled list'
export const tagsOf = (todo: Todo): string[] =>
  Array.isArray(todo.tags) ? todo.tags.filter((tag) => typeof tag === 'string') : []
export const dueOf = (todo: Todo): Date | undefined => (todo.due instanceof Date ? todo.due : undefined)
export const notesOf = (todo: Todo): string => (typeof todo.notes === 'string' ? todo.notes : '')

function firstOrder(siblings: readonly Todo[]): number {
  return Math.min(0, ...siblings.map((todo) => todo.order ?? 0))
}

function valuesOf(todo: Todo): Record<string, unknown> {
  const { id: _, ...values } = hearth.plain(todo) as unknown as Todo
  return { ...values, ...(typeof values.notes === 'string' && { notes: hearth.text(values.notes) }) }
}

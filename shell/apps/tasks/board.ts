/**
 * What is on the screen: live tasks and lists, where one is, what is open. Views read it and call it; it asks for a
 * new picture through `changed` whenever data or place changed.
 */
import type { Home, Space } from './hearth.js'
import { daysUntil } from './due.js'
import { dueOf, nameOf, type List, type Restore, type Todo } from './model.js'

/** A list by its id, or one of the two that are always there. */
export type Place = 'inbox' | 'today' | { readonly list: string }
export type Filter = 'all' | 'open' | 'done'

export interface Toast {
  readonly text: string
  readonly undo?: Restore
}

/** `#inbox`, `#today`, `#list/<id>`. */
export const addressOf = (place: Place): string =>
  typeof place === 'object' ? `#list/${encodeURIComponent(place.list)}` : `#${place}`

/** Rows shown before "Show more": thousands of live rows would cost more than anyone reads. */
const pageSize = 200

export class Board {
  place: Place = 'inbox'
  filter: Filter = 'all'
  /** Id of the task whose details are open. */
  expanded: string | undefined
  renaming = false
  addingList = false
  toast: Toast | undefined
  shown = pageSize
  todos: readonly Todo[] = []
  lists: readonly List[] = []
  loading = true
  /** Resolves once what is stored here is shown; rejects with a coded error. */
  readonly loaded: Promise<void>
  #places: Map<string, Todo[]> | undefined

  constructor(
    readonly home: Home,
    readonly changed: () => void,
  ) {
    const todos = home.space.query<Todo>('todo').orderBy('order')
    const lists = home.space.query<List>('list').orderBy('order')
    todos.subscribe((value) => {
      this.todos = value
      this.#places = undefined
      changed()
    })
    lists.subscribe((value) => {
      this.lists = value
      this.#places = undefined
      changed()
    })
    home.rejected.subscribe(changed)
    home.status.subscribe(changed)
    this.loaded = Promise.all([todos.ready, lists.ready]).then(() => {
      this.loading = false
      changed()
    })
  }

  get space(): Space {
    return this.home.space
  }

  get list(): List | undefined {
    const { place } = this
    return typeof place === 'object' ? this.lists.find(({ id }) => id === place.list) : undefined
  }

  get title(): string {
    if (this.place === 'inbox') return 'Inbox'
    if (this.place === 'today') return 'Today'
    return this.list ? nameOf(this.list) : 'List not found'
  }

  /** Tasks of a place, in order. Today's are in the order of their days. */
  at(place: Place): readonly Todo[] {
    return this.#sorted().get(addressOf(place)) ?? []
  }

  openCount(place: Place): number {
    return this.at(place).reduce((count, todo) => count + (todo.done ? 0 : 1), 0)
  }

  /** Each task under the address of its place, once for every change of the data. */
  #sorted(): Map<string, Todo[]> {
    if (this.#places) return this.#places
    const known = new Set(this.lists.map(({ id }) => id))
    const places = new Map<string, Todo[]>()
    const put = (place: Place, todo: Todo) => {
      const there = places.get(addressOf(place))
      if (there) there.push(todo)
      else places.set(addressOf(place), [todo])
    }
    for (const todo of this.todos) {
      const { list } = todo
      const due = dueOf(todo)
      // What lies on a list that somebody removed meanwhile is in the inbox: nothing may be out of reach.
      put(list && known.has(list) ? { list } : 'inbox', todo)
      if (due && daysUntil(due) <= 0) put('today', todo)
    }
    places.get('#today')?.sort((a, b) => dueOf(a)!.getTime() - dueOf(b)!.getTime())
    return (this.#places = places)
  }

  set<K extends 'filter' | 'expanded' | 'renaming' | 'addingList' | 'shown'>(key: K, value: this[K]): void {
    ;(this as Board)[key] = value
    this.changed()
  }

  /** Shows a place, and says so in the address, which is where a reload finds it. */
  go(place: Place): void {
    if (location.hash !== addressOf(place)) history.replaceState(null, '', addressOf(place))
    this.place = place
    this.expanded = undefined
    this.renaming = false
    this.shown = pageSize
    this.changed()
  }

  /** Opens the details of one task, wherever it is; does nothing if there is no such task. */
  reveal(id: string): void {
    const todo = this.todos.find((one) => one.id === id)
    if (!todo) return
    const { list } = todo
    const known = list !== undefined && this.lists.some((one) => one.id === list)
    this.go(known ? { list } : 'inbox')
    this.filter = 'all'
    this.set('expanded', id)
  }

  showMore(): void {
    this.set('shown', this.shown + pageSize)
  }

  say(text: string, undo?: Restore): void {
    this.toast = { text, ...(undo && { undo }) }
    this.changed()
  }

  hideToast(): void {
    this.toast = undefined
    this.changed()
  }
}

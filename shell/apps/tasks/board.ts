/**
 * What is on the screen: live tasks and lists, where one is, what is open. Views read it and call it; it asks for a
 * new picture through `changed` whenever data or place changed.
 */
import { Badge, followSpaces, mayWrite, sharedSpaces, spaceText } from '../../sharing/index.js'
import { hearth, type Home, type Space } from './hearth.js'
import { daysUntil } from './due.js'
import { dueOf, nameOf, type List, type Restore, type Todo } from './model.js'

/** A list or a shared space by its id, or one of the two that are always there. Of a space: what is on no list. */
export type Place = 'inbox' | 'today' | { readonly list: string } | { readonly space: string }
export type Filter = 'all' | 'open' | 'done'

export interface Toast {
  readonly text: string
  readonly undo?: Restore
}

/** `#inbox`, `#today`, `#list/<id>`, `#space/<id>`. */
export const addressOf = (place: Place): string =>
  typeof place === 'string'
    ? `#${place}`
    : 'list' in place
      ? `#list/${encodeURIComponent(place.list)}`
      : `#space/${encodeURIComponent(place.space)}`

/** Rows shown before "Show more": thousands of live rows would cost more than anyone reads. */
const pageSize = 200

export class Board {
  place: Place = 'inbox'
  filter: Filter = 'all'
  /** Id of the task whose details are open. */
  expanded: string | undefined
  renaming = false
  /** Id of the space that gets a new list, while its name is typed. */
  addingList: string | undefined
  toast: Toast | undefined
  shown = pageSize
  todos: readonly Todo[] = []
  lists: readonly List[] = []
  loading = true
  /** Resolves once what is stored here is shown; rejects with a coded error. */
  readonly loaded: Promise<void>
  readonly badge: Badge
  #places: Map<string, Todo[]> | undefined
  /** An object stays in the space in which it was made. */
  readonly #spaces = new WeakMap<Todo | List, string>()

  constructor(
    readonly home: Home,
    readonly changed: () => void,
  ) {
    const todos = home.query<Todo>('todo').orderBy('order')
    const lists = home.query<List>('list').orderBy('order')
    this.badge = new Badge(home, changed, () => this.space)
    followSpaces(home, () => {
      this.#places = undefined
      changed()
    })
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

  /** Spaces that others may be in. */
  get shared(): readonly Space[] {
    return sharedSpaces(this.home)
  }

  /** Where what is added to this place goes. */
  get space(): Space {
    const { place, list } = this
    if (list) return this.spaceOf(list)
    return (
      (typeof place === 'object' && 'space' in place && this.home.getSpace(place.space)) || this.home.space
    )
  }

  spaceOf(object: Todo | List): Space {
    return this.home.getSpace(this.#spaceIdOf(object)) ?? this.home.space
  }

  #spaceIdOf(object: Todo | List): string {
    const known = this.#spaces.get(object)
    if (known) return known
    const { space } = hearth.meta(object)
    this.#spaces.set(object, space)
    return space
  }

  mayWrite(object: Todo | List): boolean {
    return this.mayWriteIn(this.spaceOf(object))
  }

  mayWriteIn(space: Space): boolean {
    return mayWrite(space, this.home)
  }

  listsOf(space: Space): readonly List[] {
    return this.lists.filter((list) => this.spaceOf(list) === space)
  }

  get list(): List | undefined {
    const { place } = this
    return typeof place === 'object' && 'list' in place
      ? this.lists.find(({ id }) => id === place.list)
      : undefined
  }

  /** Whether the place is not there (any more). */
  get isGone(): boolean {
    const { place } = this
    if (this.loading || typeof place === 'string') return false
    return 'list' in place ? !this.list : !this.home.getSpace(place.space)
  }

  get title(): string {
    const { place } = this
    if (place === 'inbox') return 'Inbox'
    if (place === 'today') return 'Today'
    if ('space' in place) return this.#nameOf(place.space) ?? 'Space not found'
    return this.list ? nameOf(this.list) : 'List not found'
  }

  #nameOf(id: string): string | undefined {
    const space = this.home.getSpace(id)
    return space && spaceText(space)
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
    const known = new Map(this.lists.map((list) => [list.id, this.spaceOf(list)]))
    const places = new Map<string, Todo[]>()
    const put = (place: Place, todo: Todo) => {
      const there = places.get(addressOf(place))
      if (there) there.push(todo)
      else places.set(addressOf(place), [todo])
    }
    for (const todo of this.todos) {
      const { list } = todo
      const due = dueOf(todo)
      const space = this.spaceOf(todo)
      // What lies on a list that somebody removed meanwhile is in the inbox: nothing may be out of reach.
      if (list && known.get(list) === space) put({ list }, todo)
      else put(space === this.home.space ? 'inbox' : { space: space.id }, todo)
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
    requestAnimationFrame(() => requestAnimationFrame(showInStrip))
  }

  /** Opens the details of one task, wherever it is; does nothing if there is no such task. */
  reveal(id: string): void {
    const todo = this.todos.find((one) => one.id === id)
    if (!todo) return
    this.go(this.placeOf(todo))
    this.filter = 'all'
    this.set('expanded', id)
  }

  /** Where it is, beside today. */
  placeOf(todo: Todo): Place {
    const space = this.spaceOf(todo)
    const list = this.listsOf(space).find(({ id }) => id === todo.list)
    return list ? { list: list.id } : space === this.home.space ? 'inbox' : { space: space.id }
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

/** Where places are a strip that scrolls, the current one is to be seen. */
function showInStrip(): void {
  const strip = document.querySelector('.sidebar nav')
  const place = strip?.querySelector('[aria-current]')
  if (!strip || !place) return
  const [around, own] = [strip.getBoundingClientRect(), place.getBoundingClientRect()]
  strip.scrollLeft += own.left + own.width / 2 - around.left - around.width / 2
}

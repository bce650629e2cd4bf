/**
 * A live query. The worker answers with ids in order, and then with differences; the few objects that this tab has
 * changed and the worker has not yet confirmed are put where this tab's edits put them.
 */
import { HearthError, invalid, type WireError, fromWire } from '../worker/protocol/errors.js'
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import {
  checkSpec,
  comparator,
  matches,
  type Comparison,
  type QuerySpec,
  type Where,
} from '../worker/protocol/queries.js'
import type { ObjectRecord, TabMessage, WorkerMessage } from '../worker/protocol/rpc.js'
import type { Stored } from '../worker/protocol/values.js'
import { LiveValue, type Live } from './live.js'
import { nodeOf } from './identity.js'
import { rootOf } from './nodes.js'
import { isProvisional, type ObjectTable, type TabObject } from './objects.js'
import { storeValue } from './store-value.js'
import type { LiveObject, Untyped } from './types.js'
import type { Writes } from './writes.js'

/** What queries of a tab have in common. */
export interface QueryContext {
  readonly table: ObjectTable
  readonly writes: Writes
  readonly open: Map<number, Query<object>>
  send(message: TabMessage): void
  next(): number
  /** @throws HearthError once the home has ended */
  check(): void
}

export type Result = Extract<WorkerMessage, { t: 'result' | 'diff' }>

/** Objects of a type that meet conditions, in order. Each chained call gives a new query. */
export class Query<T extends object = Untyped> extends LiveValue<LiveObject<T>[]> {
  #q = 0
  /** As the worker has it. */
  #confirmed: TabObject[] = []
  /** Null while the worker does not know it. */
  #confirmedTotal: number | null = null
  #total: LiveValue<number> | undefined
  #stale = true
  #shown: LiveObject<T>[] = []

  /** @internal */
  constructor(
    private readonly context: QueryContext,
    private spec: QuerySpec,
  ) {
    super([])
    checkSpec(spec)
  }

  /** The objects, in order; the same as `results`. A result is read-only: copy it before you sort it. */
  override get value(): LiveObject<T>[] {
    this.open()
    if (this.#stale) {
      this.#stale = false
      this.#shown = liveList(this.#merged(), this.context.writes) as LiveObject<T>[]
    }
    return this.#shown
  }
  get results(): LiveObject<T>[] {
    return this.value
  }

  /** In the order of fields, ties in order of creation: `orderBy('due', 'asc', 'title')`. */
  orderBy(field: string, direction: 'asc' | 'desc' = 'asc', ...more: string[]): Query<T> {
    const orderBy: [string, 'asc' | 'desc'][] = [[field, direction]]
    for (const word of more)
      if (word === 'asc' || word === 'desc') orderBy.at(-1)![1] = word
      else orderBy.push([word, 'asc'])
    return this.#with({ orderBy })
  }
  /** At most `n` objects. */
  limit(n: number): Query<T> {
    return this.#with({ limit: n })
  }
  /** Only what comes after this object in the query's order. */
  after(object: object): Query<T> {
    return this.#with({ after: nodeOf(object).object.id })
  }

  /** How many objects meet the conditions, whatever the limit. */
  get count(): Live<number> {
    this.open()
    return (this.#total ??= new LiveValue(this.#counted(), this.#confirmedTotal !== null))
  }

  /** @internal A message of the worker's about this query. */
  receive(message: Result): void {
    const object = (id: ObjectId) => this.context.table.link(id)
    if (message.t === 'result') this.#confirmed = message.ids.map(object)
    else {
      const out = new Set(message.out)
      if (out.size > 0) this.#confirmed = this.#confirmed.filter(({ id }) => !out.has(id))
      const confirmed = this.#confirmed
      const appended = message.into[0]?.[0] === confirmed.length
      if (appended) for (const [, id] of message.into) confirmed.push(object(id))
      else for (const [index, id] of message.into) confirmed.splice(index, 0, object(id))
    }
    this.#confirmedTotal = message.total
    this.arrive()
    this.#refresh()
  }

  /** @internal */
  failed(error: WireError): void {
    this.fail(fromWire(error))
  }

  override fail(e: unknown): void {
    super.fail(e)
    this.#total?.fail(e)
  }

  /** @internal An object has changed here. */
  touched(object: TabObject): void {
    const { record } = object
    // It is there no more, and nothing says any more whether it was in the result.
    if (!record) return this.#refresh()
    if (this.spec.space && record.space !== this.spec.space) return
    if (this.#has(record) || this.#has(object.current)) this.#refresh()
  }

  /** @internal There is nothing any more, and one space is another one now. */
  cleared(old: SpaceId, space: SpaceId): void {
    if (this.spec.space === old) this.spec = { ...this.spec, space }
    this.#confirmed = []
    this.#confirmedTotal = 0
    this.#refresh()
  }

  /** @internal Asks (again): of a worker that does not know this query. */
  ask(): void {
    this.context.send({ t: 'query', q: this.#q, spec: this.spec })
  }

  protected override open(): void {
    if (this.#q || this.status === 'error') return
    try {
      this.context.check()
    } catch (e) {
      return this.fail(e)
    }
    this.#q = this.context.next()
    this.context.open.set(this.#q, this as unknown as Query<object>)
    this.ask()
  }

  protected override release(): void {
    if (!this.#q) return
    this.context.open.delete(this.#q)
    this.context.send({ t: 'unquery', q: this.#q })
    this.#q = 0
  }

  #with(more: Partial<QuerySpec>): Query<T> {
    return new Query<T>(this.context, { ...this.spec, ...more })
  }

  #refresh(): void {
    this.#stale = true
    if (this.#confirmedTotal !== null) this.#total?.set(this.#counted())
    this.tell()
  }

  /** The worker's count, and what this tab's own edits make of it. */
  #counted(): number {
    let count = this.#confirmedTotal ?? 0
    for (const [, was, is] of this.moved()) count += Number(is) - Number(was)
    return count
  }

  /** Objects whose place in the result is not the confirmed one, as they were and as they are. */
  private *moved(): Iterable<[object: TabObject, was: boolean, is: boolean]> {
    const compare = comparator(this.spec)
    for (const object of this.context.table.pending) {
      const { record, current } = object
      if (this.spec.space && record?.space !== this.spec.space) continue
      const is = this.#has(current)
      const was = !isProvisional(record) && this.#has(record)
      // Most edits change nothing of the order.
      if (is !== was || (is && compare(record!, current) !== 0)) yield [object, was, is]
    }
  }

  #has(record: ObjectRecord | undefined): record is ObjectRecord {
    return !!record && !record.gone && matches(this.spec, record)
  }

  /** The confirmed result with this tab's own edits in it. */
  #merged(): TabObject[] {
    const { limit } = this.spec
    const compare = comparator(this.spec)
    const moved = new Set<TabObject>()
    const placed: TabObject[] = []
    for (const [object, , is] of this.moved()) {
      moved.add(object)
      if (is) placed.push(object)
    }
    const rest = this.#confirmed.filter((object) => !moved.has(object) && object.record && !object.gone)
    if (placed.length === 0) return rest
    placed.sort((a, b) => compare(a.current!, b.current!))
    const all: TabObject[] = []
    let next = 0
    for (const object of rest) {
      while (next < placed.length && compare(placed[next]!.current!, object.current!) < 0)
        all.push(placed[next++]!)
      all.push(object)
    }
    all.push(...placed.slice(next))
    return limit === undefined ? all : all.slice(0, limit)
  }
}

/** An array whose elements become live objects when they are read. */
function liveList(objects: TabObject[], writes: Writes): object[] {
  const at = (key: string | symbol) => {
    const object = typeof key === 'string' ? objects[key as unknown as number] : undefined
    return object instanceof Object && 'pending' in object ? rootOf(object, writes).live : undefined
  }
  const refuse = () => invalid('a result is read-only; copy it first, as in [...query.value]')
  return new Proxy<object[]>(objects, {
    get: (target, key, receiver) => at(key) ?? (Reflect.get(target, key, receiver) as unknown),
    getOwnPropertyDescriptor(target, key) {
      const own = Reflect.getOwnPropertyDescriptor(target, key)
      const value = at(key)
      return own && value ? { ...own, value } : own
    },
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
  })
}

/** Conditions as an app writes them, in stored form. @throws HearthError `echo/invalid` */
export function storeWhere(where: object, depth = 0): Where {
  if (depth > 16) throw new HearthError('echo/too-large', { reason: 'conditions nested more than 16 deep' })
  const conditions: Record<string, Stored | Comparison | readonly Where[] | Where> = {}
  for (const [key, condition] of Object.entries(where) as [string, unknown][]) {
    if (condition === undefined) invalid(`the condition on "${key}" is undefined`)
    if (typeof condition === 'function') invalid('a condition is data, never a function')
    if (key === 'not') conditions[key] = storeWhere(condition as object, depth + 1)
    else if (key === 'or' && Array.isArray(condition))
      conditions[key] = condition.map((part: object) => storeWhere(part, depth + 1))
    else conditions[key] = storeValue(condition)
  }
  return conditions
}

/**
 * What this tab knows of objects. Each has its confirmed state (the worker's sequence) and this tab's own pending
 * operations on top; what the app sees is the two together (invariant 2). Values are immutable and share structure.
 */
import type { ClientId, DeviceId, ObjectId, SpaceId } from '../worker/protocol/ids.js'
import { coalesce } from '../worker/protocol/coalesce.js'
import { apply, edited, type Op } from '../worker/protocol/operations.js'
import type { Author, ObjectRecord, RecordKind, RecordRow } from '../worker/protocol/rpc.js'
import { transformRuns } from '../worker/protocol/transform.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import { Ledger } from './ledger.js'
import type { Node } from './nodes.js'
import type { Part } from './writes.js'

export type Origin = 'here' | 'tab' | Author[0]
export type ObjectState = 'loaded' | 'loading' | 'missing'
/** Hears of operations as they change the view; none are given where the whole object was replaced. */
export type Watcher = (ops: readonly Op[] | undefined, origin: Origin, by: string) => void

/** What most objects have pending; never added to. */
const NONE: Set<Part> = new Set()

export class TabObject {
  /** Confirmed; undefined while it is loading, missing, or created here and not confirmed. */
  record: ObjectRecord | undefined
  view: StoredRecord
  gone = false
  state: ObjectState = 'loaded'
  /** Its view stays as it is: what is there and what is pending do not belong together until `Writes.resume`. */
  held = false
  /** Own edits that are not in confirmed state, oldest first. */
  pending = NONE
  /** While own edits are confirmed and not durable, or wait for a new worker: what they were made on. */
  ledger: Ledger | undefined
  /** The live object, while the app has it. Set from the start: a field that comes later costs an array of its own. */
  root: WeakRef<Node> | undefined = undefined
  watchers: Set<Watcher> | undefined
  /** As the app shows it: `record` with the view's value, made anew for each change. */
  #shown: ObjectRecord | undefined

  constructor(
    readonly table: ObjectTable,
    readonly id: ObjectId,
    record: ObjectRecord | undefined,
  ) {
    this.record = record
    this.view = record?.value ?? {}
    this.gone = record?.gone ?? false
  }

  /** The object with this tab's edits; undefined where there is none (yet), or none any more. */
  get current(): ObjectRecord | undefined {
    if (!this.record || this.gone) return undefined
    if (this.pending.size === 0 && this.record.value === this.view) return this.record
    if (this.#shown?.value !== this.view) this.#shown = { ...this.record, value: this.view, gone: false }
    return this.#shown
  }

  tell(ops: readonly Op[] | undefined, origin: Origin, by: string = this.table.device): void {
    this.table.changed(this)
    if (ops) for (const op of ops) this.root?.deref()?.shift(op)
    if (this.watchers) for (const watcher of this.watchers) watcher(ops, origin, by)
  }

  /** A part of this tab's is shown from now on. */
  await(part: Part): void {
    if (this.pending === NONE) this.pending = new Set()
    this.pending.add(part)
  }

  /** A part was just written by this tab. */
  wrote(ops: readonly Op[]): void {
    for (const op of ops) this.#see(op)
    this.tell(ops, 'here')
  }

  /** Others' operations: confirmed state moves on, and own pending edits are mapped over them. */
  received(
    ops: readonly Op[],
    updatedAt: number,
    by: ClientId,
    from: readonly [Origin, DeviceId?] = ['tab'],
  ): void {
    if (!this.record) return
    this.record = edited(this.record, ops, updatedAt)
    if (this.held) return
    let mapped = ops
    const right = this.table.client > by
    for (const part of this.pending) [mapped, part.ops] = transformRuns(mapped, part.ops, right)
    this.#follow(ops)
    this.replay()
    this.tell(mapped, ...from)
  }

  /** The worker has applied parts of this tab's. */
  applied(parts: readonly Part[], at: number, order: number | undefined): void {
    const record = this.record
    const ledger = (this.ledger ??= new Ledger(record?.value ?? {}))
    const ops: Op[] = []
    for (const part of parts) {
      this.pending.delete(part)
      ledger.add(part)
      for (const op of part.ops) coalesce(ops, op)
    }
    if (!record) return
    const placed = order === undefined ? record : { ...record, order, createdAt: at }
    // With nothing else pending, the view is confirmed state, and need not be computed a second time.
    if (this.pending.size > 0) this.record = edited(placed, ops, at)
    else this.record = { ...placed, value: this.view, gone: this.gone, updatedAt: at }
    this.#shown = undefined
    this.table.changed(this)
  }

  /** The object as it is in the worker: new here, or replaced after a refusal or a restart. */
  replace(record: ObjectRecord | undefined): void {
    // One that was made here is not there yet.
    if (!record && this.held && isProvisional(this.record)) return
    this.record = record
    this.state = record ? 'loaded' : 'missing'
    this.#follow({ value: record?.value ?? {} })
    this.replay()
    this.tell(undefined, 'tab')
  }

  /** A part is taken back; with it, an object that it made. */
  drop(part: Part): void {
    this.pending.delete(part)
    if (part.created) {
      this.held = false
      return this.replace(undefined)
    }
    // The latest one, then: nothing older is dropped meanwhile.
    if (this.held) this.ledger!.add({ value: (this.view = this.ledger!.before(part)) })
    this.replay()
    this.tell(undefined, 'here')
  }

  /** An object made here whose creation did not last is made once more. */
  revive(space: SpaceId, { type, value }: { readonly type: string; readonly value: StoredRecord }): void {
    this.record = provisional(this.id, space, type, value)
    this.state = 'loaded'
    this.replay()
  }

  /** The value that a part was made on. */
  before(part: Part): StoredRecord {
    if (!this.pending.has(part)) return this.ledger?.before(part) ?? this.view
    let value = part.created?.value ?? this.record?.value ?? {}
    for (const one of this.pending) {
      if (one === part) break
      for (const op of one.ops) value = apply(value, op)
    }
    return value
  }

  /** A part that was in confirmed state is durable, or was refused. */
  settled(): void {
    if (this.ledger && --this.ledger.unsaved === 0 && !this.ledger.shown) this.ledger = undefined
  }

  /** The worker is gone: from here on it is kept what leads to what is shown, and nothing is pending. */
  suspend(): void {
    if (!this.ledger?.shown) {
      this.ledger ??= new Ledger(this.record?.value ?? {})
      this.ledger.shown = true
      for (const part of this.pending) this.ledger.add(part)
    }
    this.pending.clear()
  }

  /** What is there now is about to be read: until then it is shown as it is, with this part of it. */
  hold(part: Part): void {
    this.held = true
    this.await(part)
    if (part.created && this.record) this.revive(this.record.space, part.created)
    this.table.changed(this)
  }

  /** Nothing is pending any more, and the view follows again. */
  release(): void {
    this.held = false
    this.pending.clear()
  }

  /** A part that was written while there was no worker, or that it had not made durable, is pending (again). */
  resume(part: Part): void {
    this.await(part)
    for (const op of part.ops) this.#see(op)
  }

  /** The view, from confirmed state and pending edits. */
  replay(): void {
    this.#shown = undefined
    if (this.held) return
    this.view = this.record?.value ?? {}
    this.gone = this.record?.gone ?? true
    for (const part of this.pending) for (const op of part.ops) this.#see(op)
    if (this.ledger?.shown) this.ledger.add({ value: this.view })
  }

  /** Confirmed state has moved on by others. */
  #follow(step: Parameters<Ledger['add']>[0]): void {
    if (this.ledger && !this.ledger.shown) this.ledger.add(step)
  }

  #see(op: Op): void {
    if (op.t === 'gone') this.gone = op.v
    else this.view = apply(this.view, op)
  }
}

/** Places in creation order before the worker has given one: after every confirmed one, in the order of making. */
const PROVISIONAL = 2 ** 52
let made = 0
export const isProvisional = (record: ObjectRecord | undefined): boolean =>
  (record?.order ?? 0) >= PROVISIONAL

/** A record as the worker will make it, but for its place in creation order: after all that is confirmed. */
function provisional(id: ObjectId, space: SpaceId, type: string, value: StoredRecord): ObjectRecord {
  const now = Date.now()
  const author = '' as ObjectRecord['author']
  return {
    id,
    space,
    type,
    value,
    author,
    gone: false,
    order: PROVISIONAL + made++,
    createdAt: now,
    updatedAt: now,
  }
}

export class ObjectTable {
  readonly #objects = new Map<ObjectId, TabObject>()
  /** Objects with pending edits: queries show them as this tab does. */
  readonly pending = new Set<TabObject>()
  /** Told of each object that changed. */
  readonly listeners = new Set<(object: TabObject) => void>()
  /** This device, as the worker last said. */
  device = ''
  /** Asks the worker for an object that a link leads to. */
  fetch: (id: ObjectId) => void = () => undefined

  constructor(readonly client: ClientId) {}

  get(id: ObjectId): TabObject | undefined {
    return this.#objects.get(id)
  }

  all(): Iterable<TabObject> {
    return this.#objects.values()
  }

  get size(): number {
    return this.#objects.size
  }

  /** The object, or one that is loading, for a link to it. */
  link(id: ObjectId): TabObject {
    const known = this.#objects.get(id)
    if (known) return known
    const object = this.#put(id, undefined)
    object.state = 'loading'
    this.fetch(id)
    return object
  }

  /** An object made here: shown at once, after all that is confirmed. */
  create(id: ObjectId, space: SpaceId, type: string, value: StoredRecord): TabObject {
    return this.#put(id, provisional(id, space, type, value))
  }

  received(
    [space, type, author]: RecordKind,
    [id, value, order, createdAt, updatedAt, gone]: RecordRow,
  ): void {
    const record = { id, space, type, value, author, gone, order, createdAt, updatedAt }
    const known = this.#objects.get(id)
    if (known) known.replace(record)
    else this.#put(id, record)
  }

  forget(id: ObjectId): void {
    this.#objects.delete(id)
  }

  changed(object: TabObject): void {
    if (object.pending.size > 0 || isProvisional(object.record)) this.pending.add(object)
    else this.pending.delete(object)
    for (const listener of this.listeners) listener(object)
  }

  #put(id: ObjectId, record: ObjectRecord | undefined): TabObject {
    const object = new TabObject(this, id, record)
    this.#objects.set(id, object)
    return object
  }
}

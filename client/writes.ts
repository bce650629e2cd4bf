/**
 * This tab's own edits on their way: gathered into one batch a microtask, kept until the worker says that they are
 * durable, and sent again, mapped to what is there, when a new worker has taken over (invariant 4).
 */
import { coalesce } from '../worker/protocol/coalesce.js'
import { fromWire, HearthError } from '../worker/protocol/errors.js'
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type { Op } from '../worker/protocol/operations.js'
import type { Item, TabMessage, Welcome } from '../worker/protocol/rpc.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import { Ledger } from './ledger.js'
import type { ObjectTable, TabObject } from './objects.js'
import { remap } from './rebase.js'

/** What one batch does to one object. */
export interface Part {
  readonly object: TabObject
  /** For a new object: its first value. */
  readonly created: { readonly type: string; readonly value: StoredRecord } | undefined
  ops: readonly Op[]
  /** The value that `ops` were made on, where it must be known although nothing else tells it any more. */
  before: StoredRecord | undefined
}

export interface Batch {
  /** Durable, or refused. */
  done: boolean
  readonly space: SpaceId
  readonly parts: Map<TabObject, Part>
  readonly at: number
}

/** Batches that gather at most. */
const GATHERED = 64

export class Writes {
  /** Sent and not durable, by number, oldest first. */
  readonly #sent = new Map<number, Batch>()
  /** Not sent, oldest first; the last one may still be open. */
  #unsent: Batch[] = []
  #open: Batch | undefined
  #count = 0
  /** Own batches up to this one are part of confirmed state. */
  #confirmed = 0
  #explicit = false
  /** While a new worker is asked what it has, new batches wait. */
  #held = false
  #ended: HearthError | undefined
  readonly #waiting = new Set<() => void>()

  constructor(
    private readonly table: ObjectTable,
    private readonly send: (message: TabMessage) => void,
    private readonly onRefused: (batch: Batch, error: HearthError) => void,
    private readonly onCount: () => void,
  ) {}

  /** Batches that a killed browser would lose. */
  get unsaved(): number {
    return this.#sent.size + this.#unsent.length
  }

  /** Adds operations on one object; the view shows them when this returns. */
  write(object: TabObject, ops: readonly Op[]): void {
    if (ops.length === 0) return
    const part = this.#part(object)
    for (const op of ops) coalesce(part.ops as Op[], op)
    object.wrote(ops)
  }

  /** The home has ended: nothing is written any more, and who waits hears why. */
  end(error: HearthError): void {
    this.#ended = error
    this.#wake()
  }

  /** A new object, with its first value as its record. */
  create(object: TabObject): void {
    this.#part(object, { type: object.record!.type, value: object.record!.value })
    object.tell(undefined, 'here')
  }

  /** Runs `fn`; all that it writes is one batch, or nothing if it throws. */
  batch<T>(fn: () => T): T {
    if (this.#explicit) return fn()
    this.#close()
    this.#explicit = true
    try {
      return fn()
    } catch (e) {
      for (const part of this.#open?.parts.values() ?? []) {
        part.object.drop(part)
        if (part.created) this.table.forget(part.object.id)
      }
      if (this.#open) this.#unsent.pop()
      this.#open = undefined
      this.#wake()
      throw e
    } finally {
      this.#explicit = false
      this.#close()
    }
  }

  /**
   * Resolves when everything written so far (in the space) is durable or was refused.
   * @throws HearthError `rpc/worker-gone` when nothing of it has come further for `ms`
   */
  async settled(space: SpaceId | undefined, ms: number): Promise<void> {
    this.#close()
    const mine = [...this.#sent.values(), ...this.#unsent].filter((batch) => !space || batch.space === space)
    const waits = ({ done, parts }: Batch) =>
      !done && [...parts].some(([object, part]) => object.pending.has(part))
    const left = () => mine.filter(({ done }) => !done).length + mine.filter(waits).length
    let late = false
    let before = left()
    // Much takes long: as long as less and less of it is left, it is not late.
    const timer = setInterval(() => {
      late = left() === before
      before = left()
      if (late) this.#wake()
    }, ms)
    for (const batch of mine)
      while (!late && !this.#ended && !batch.done)
        await new Promise<void>((resolve) => this.#waiting.add(resolve))
    clearInterval(timer)
    if (this.#ended) throw this.#ended
    if (late) throw new HearthError('rpc/worker-gone', { ms })
  }

  /** Batches up to `n` are part of confirmed state. */
  applied(n: number, at: number, created: readonly (readonly [ObjectId, number])[]): void {
    const orders = new Map(created)
    const applied = new Map<TabObject, Part[]>()
    while (this.#confirmed < n)
      for (const [object, part] of this.#sent.get(++this.#confirmed)?.parts ?? []) {
        const parts = applied.get(object)
        if (parts) parts.push(part)
        else applied.set(object, [part])
      }
    for (const [object, parts] of applied) object.applied(parts, at, orders.get(object.id))
    this.#sendOn()
  }

  /** Batches up to `n` are durable. */
  durable(n: number): void {
    for (const [number, batch] of this.#sent) {
      if (number > n) break
      this.#finish(number, batch)
    }
    this.#wake()
  }

  refused(n: number, error: HearthError): void {
    const batch = this.#sent.get(n)
    if (!batch) return
    this.#refuse(batch, error)
    this.#finish(n, batch)
    this.#confirmed = Math.max(this.#confirmed, n)
    this.#sendOn()
  }

  /** The store was cleared: nothing is there any more. @returns what was not durable */
  forget(): Batch[] {
    this.restart(0)
    const batches = this.#unsent.splice(0)
    for (const object of this.table.all()) object.release()
    for (const batch of batches) {
      batch.done = true
      for (const [object, part] of batch.parts) part.before ??= object.before(part)
    }
    for (const object of this.table.all()) {
      object.ledger = undefined
      object.replace(undefined)
    }
    this.#wake()
    return batches
  }

  /**
   * A new worker, which has nothing that was not durable; or the same one again, after a silence.
   * @param refused what was refused and may not have been heard here
   * @returns the objects that must be read anew before `resume`; until then they are shown as they were
   */
  restart(mark: number, refused: Welcome['refused'] = []): Set<TabObject> {
    this.#close()
    this.#held = true
    for (const [n, error] of refused) this.refused(n, fromWire(error))
    for (const batch of [...this.#sent.values(), ...this.#unsent])
      for (const object of batch.parts.keys()) object.suspend()
    this.durable(mark)
    this.#unsent = [...this.#sent.values(), ...this.#unsent]
    this.#sent.clear()
    for (const batch of this.#unsent) for (const [object, part] of batch.parts) object.hold(part)
    return new Set(this.#unsent.flatMap((batch) => [...batch.parts.keys()]))
  }

  /** What unsaved edits concern is here as the new worker has it: apply and send them again. */
  resume(mark: number): void {
    this.#close()
    this.#held = false
    this.#count = this.#confirmed = mark
    const batches = this.#unsent.splice(0)
    const objects = [...this.table.all()].filter(({ held }) => held)
    // What was written meanwhile is shown on top of what the worker has: the oldest batch is mapped to that without it.
    for (const object of objects) {
      object.release()
      object.replay()
    }
    for (const batch of batches) {
      for (const [object, part] of batch.parts) part.before ??= object.before(part)
      if ([...batch.parts.values()].every((part) => this.#reapply(part))) this.#post(batch)
      else this.#refuse(batch, new HearthError('echo/lost-base'))
    }
    for (const object of this.table.all()) object.ledger = undefined
    for (const object of objects) object.tell(undefined, 'here')
  }

  /** Once more, as a new batch on what is there now. @throws HearthError `echo/lost-base` */
  again({ parts }: Batch, space: SpaceId): void {
    this.batch(() => {
      for (const { object, created, ops, before } of parts.values()) {
        if (created) {
          object.revive(space, created)
          this.create(object)
        }
        const mapped = object.record && remap(ops, before ?? object.view, object.view)
        if (!mapped) throw new HearthError('echo/lost-base')
        this.write(object, mapped)
      }
    })
  }

  /** Puts a part on top of what is there now. False if what it was made on is gone. */
  #reapply(part: Part): boolean {
    const { object, before } = part
    const mapped = object.record && remap(part.ops, before ?? object.view, object.view)
    if (!mapped) return false
    part.ops = mapped
    part.before = undefined
    object.resume(part)
    return true
  }

  #part(object: TabObject, created?: Part['created']): Part {
    if (this.#ended) throw this.#ended
    const { space } = object.record!
    if (this.#open?.space !== space) this.#close(true)
    if (!this.#open) {
      this.#open = { done: false, space, parts: new Map(), at: Date.now() }
      this.#unsent.push(this.#open)
      if (!this.#explicit) queueMicrotask(() => this.#close())
      this.onCount()
    }
    let part = this.#open.parts.get(object)
    if (!part) {
      part = { object, created, ops: [], before: undefined }
      if (this.#held) (object.ledger ??= new Ledger(object.view, true)).add(part)
      object.held = this.#held
      this.#open.parts.set(object, part)
      object.await(part)
    }
    return part
  }

  #close(always = !this.#explicit): void {
    const batch = this.#open
    if (!batch || !always) return
    this.#open = undefined
    this.#sendOn()
  }

  /**
   * The first batch goes at once; while it is on its way, others gather, and go together. A message costs a tab more
   * than all the rest of a keystroke.
   */
  #sendOn(): void {
    if (this.#held || (this.#count > this.#confirmed && this.#unsent.length < GATHERED)) return
    const closed = this.#unsent.filter((batch) => batch !== this.#open)
    this.#unsent = this.#open ? [this.#open] : []
    for (const batch of closed) this.#post(batch)
  }

  #post(batch: Batch): void {
    const n = ++this.#count
    this.#sent.set(n, batch)
    const items = [...batch.parts.values()].flatMap(({ object: { id }, created, ops }): Item[] => [
      ...(created ? [{ id, ...created }] : []),
      ...ops.map((op) => ({ id, op })),
    ])
    this.send({ t: 'batch', n, space: batch.space, items })
  }

  #refuse(batch: Batch, error: HearthError): void {
    batch.done = true
    // The worker says in the same frame what is there now.
    for (const part of batch.parts.values()) {
      part.before ??= part.object.before(part)
      part.object.drop(part)
    }
    this.onRefused(batch, error)
    this.#wake()
  }

  #finish(n: number, batch: Batch): void {
    batch.done = true
    this.#sent.delete(n)
    if (n <= this.#confirmed) for (const object of batch.parts.keys()) object.settled()
  }

  #wake(): void {
    this.onCount()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

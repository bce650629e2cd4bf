/**
 * One object in memory: its record as tabs see it, and as the store has it. While the two differ, only the operations
 * that lead from one to the other are kept: a record for every batch that waits would be a copy of a text for every key
 * that was pressed.
 */
import { coalesce } from '../protocol/coalesce.js'
import { edited, type Op } from '../protocol/operations.js'
import { sizeOf } from '../protocol/values.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Placed } from './batch.js'

/** Durable operations that are kept before they are applied. */
const MOST_BEHIND = 1024

export class Row {
  /** Where its creation stands: position in the author's feed; 0 until it is durable. */
  seq = 0
  /** Whether nothing has been done to it since it was made, in this life. */
  isNew = false
  /** Batches that touch it and are not durable. */
  private waiting = 0
  /** What is durable, without `behind`. */
  private base: ObjectRecord | undefined
  /** Durable operations that come after `base`, if there are any: most rows have none. */
  private behind: Op[] | undefined
  private behindAt = 0

  constructor(
    /** As it is shown. */
    public record: ObjectRecord,
    readonly page: number,
    /** Upper bound of the value's bytes; exact after each recount. */
    public bytes: number,
  ) {}

  /** As the store has it; none before its creation is there. */
  get durable(): ObjectRecord | undefined {
    if (this.base && this.behind) this.base = edited(this.base, this.behind, this.behindAt)
    this.behind = undefined
    return this.base
  }

  /** As the store has it, and as it is shown. */
  stored(record: ObjectRecord): void {
    this.record = this.base = record
    this.behind = undefined
    this.isNew = false
  }

  /** Another batch touches it. */
  await(): void {
    this.waiting++
  }

  /** This is durable, after all that was before it. */
  follow(item: Placed): void {
    this.isNew = 'created' in item
    if ('created' in item) {
      this.base = item.created
      return
    }
    const behind = (this.behind ??= [])
    for (const op of item.ops) coalesce(behind, op)
    this.behindAt = item.slot.at
    if (behind.length > MOST_BEHIND) void this.durable
  }

  /** One of the batches that touch it is durable. */
  settle(): void {
    if (--this.waiting > 0) return
    // Nothing else is on its way, so that what is shown is what is durable: no need to compute it again.
    this.base = this.record
    this.behind = undefined
  }

  /**
   * Others' operations are durable.
   * @param ops on what was durable
   * @param shown the same on top of what waits
   */
  merge(ops: readonly Op[], shown: readonly Op[], at: number): void {
    this.isNew = false
    const base = edited(this.durable!, ops, at)
    this.record = this.waiting > 0 ? edited(this.record, shown, at) : base
    this.base = base
  }

  /** As the store has it from now on; what waits on it has no base, and fails. */
  rebuilt({ value, gone }: Pick<ObjectRecord, 'value' | 'gone'>): void {
    this.isNew = false
    this.base = { ...(this.durable ?? this.record), value, gone }
    this.bytes = sizeOf(value)
    if (this.waiting === 0) this.record = this.base
  }

  /** What waited has failed. False if nothing of it is durable. */
  restore(): boolean {
    this.waiting = 0
    const { durable } = this
    if (durable) this.record = durable
    return !!durable
  }

  /** Stands in for a row that a tab has made with the same id, and is shown as that one until that is refused. */
  replace(made: Row): void {
    this.record = made.record
    this.waiting = made.waiting
  }
}

/**
 * One space in memory: its objects as plain values, the position of this device's feed, and the draft, which is
 * the entry that the next commit will write. Reads are answered from here and never load Automerge. While a space is
 * loading, `rows` has everything that follows its pages, and of the pages what has come.
 */
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import { creationOrder } from '../protocol/queries.js'
import type { SpaceInfo } from '../protocol/facts.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import { sizeOf } from '../protocol/values.js'
import type { Base } from './checkpoints/base.js'
import type { Keeper } from './keeper.js'
import type { Loading } from './loading.js'
import { Pages } from './pages.js'
import { Row } from './row.js'
import { Rows } from './rows.js'

/** Most creations in one entry, and most bytes (by `sizeOf`) before the next one begins. */
const DRAFT_ITEMS = 256
const DRAFT_BYTES = 256 << 10

/** A place in the entry that is being drafted. */
export interface Slot {
  readonly lamport: number
  readonly at: number
}

/** A position in a feed, and the id of the entry there; null where that cannot be told. */
export interface FeedHead {
  readonly seq: number
  readonly head: Uint8Array | null
}

/** Of a feed, or of a branch of one that is stored beside another one: whose it is. */
export const deviceOf = (at: DeviceId): DeviceId => at.split('/')[0] as DeviceId

export class Space {
  readonly id: SpaceId
  readonly device: DeviceId
  readonly rows = new Rows()
  readonly pages = new Pages()
  /** Of each feed, and of each branch of one that is stored beside another: the last entry that was applied, and is durable. */
  readonly feeds = new Map<DeviceId, FeedHead>()
  /** Positions in this device's own feed that do not count. It goes on after them: another entry there would be a fork. */
  readonly aside = new Set<number>()
  /** Of this device's own feed, the last entry before somebody else was seen to write as this device. */
  copiedAt: number | undefined
  /** What this device was before it came in anew, and of each such feed the last entry that it wrote. */
  readonly former = new Map<DeviceId, number>()
  /** Number of the last row of the journal. */
  applied = 0
  /** Ids of others' entries that were applied since this device's last one: of each feed, the last. */
  readonly fresh = new Map<DeviceId, string>()
  /** Heads of the membership log by which was judged what is shown; undefined where that cannot be told. */
  judged: readonly string[] | undefined
  /**
   * Heads of the membership log by which all that counts no more was taken out: what this device writes names these, and not what
   * it has heard of since. Undefined where nobody else writes.
   */
  knows: readonly string[] | undefined
  /**
   * Whether this device may write, by these heads. What it has heard of since may let it: an entry that names these would be at fault for
   * ever, and so would be all that comes after it in its feed.
   */
  mayWrite = true
  /** Grows whenever entries that were applied are taken out, because they count no more. */
  withdrawals = 0
  /** The checkpoint that is here, if there is one: what entries were that are here no more. */
  base: Base | undefined
  /** Of feeds, the last entry that came by a checkpoint and goes to nobody, beside what `base` says: as far as this life has seen. */
  readonly bare = new Map<DeviceId, number>()
  /** Highest Lamport time seen or given out. */
  lamport = 0
  /** While `rows` lacks what was not read yet. */
  loading: Loading | undefined
  private draft: { slot: Slot; items: number; bytes: number } | undefined

  constructor(readonly keeper: Keeper) {
    this.id = keeper.id
    this.device = keeper.device
  }

  get info(): SpaceInfo {
    return this.keeper.info
  }

  /** Of this device's own feed; 0 before its first entry. */
  get seq(): number {
    return this.feeds.get(this.device)?.seq ?? 0
  }

  /** Whether this very device has written there, under whatever name. */
  wrote(feed: DeviceId, seq: number): boolean {
    return feed === this.device ? seq <= (this.copiedAt ?? Infinity) : seq <= (this.former.get(feed) ?? 0)
  }

  /** Of a feed, the last entry up to which all count: what is derived from them contains them. */
  endOf(device: DeviceId): number {
    const { seq } = this.feeds.get(device)!
    return device === this.device ? Math.min(seq, ...[...this.aside].map((one) => one - 1)) : seq
  }

  get head(): Uint8Array | null {
    return this.feeds.get(this.device)?.head ?? null
  }

  /** Where an edit of so many bytes goes: the open draft, or a new one when that is full. */
  slot(now: number, bytes: number): Slot {
    if (this.draft && this.draft.bytes > 0 && this.draft.bytes + bytes > DRAFT_BYTES) this.draft = undefined
    this.draft ??= { slot: { lamport: ++this.lamport, at: now }, items: 0, bytes: 0 }
    this.draft.bytes += bytes
    return this.draft.slot
  }

  /** As `slot`, for a creation, with its place in creation order. */
  creationSlot(now: number, bytes: number): Slot & { order: number } {
    if (this.draft && this.draft.items >= DRAFT_ITEMS) this.draft = undefined
    const slot = this.slot(now, bytes)
    return { ...slot, order: creationOrder(slot.lamport, this.draft!.items++) }
  }

  /** The draft is being written: what comes now belongs to the next entry. */
  closeDraft(): void {
    this.draft = undefined
  }

  add(record: ObjectRecord, bytes: number): Row {
    const page = this.pages.place(record.id, bytes, record.order)
    const row = new Row(record, page, bytes)
    this.rows.set(record.id, row)
    return row
  }

  /** An object that the store has. @param seq where its creation stands, in the feed of its author */
  addStored(record: ObjectRecord, seq: number): Row {
    const row = this.add(record, sizeOf(record.value))
    row.seq = seq
    row.stored(record)
    return row
  }

  remove(id: ObjectId): void {
    const row = this.rows.get(id)
    if (row) this.pages.drop(row.page, id)
    this.rows.delete(id)
  }
}

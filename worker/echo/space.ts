/**
 * One space in memory: its objects as plain values, the position of this device's feed, and the draft, which is
 * the entry that the next commit will write. Reads are answered from here and never load Automerge. While a space is
 * loading, `rows` has everything that follows its pages, and of the pages what has come.
 */
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import { creationOrder } from '../protocol/queries.js'
import type { ObjectRecord, SpaceInfo } from '../protocol/rpc.js'
import type { Keeper } from './keeper.js'
import type { Loading } from './loading.js'
import { Pages } from './pages.js'
import { Row } from './row.js'

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

export class Space {
  readonly id: SpaceId
  readonly device: DeviceId
  readonly rows = new Map<ObjectId, Row>()
  readonly pages = new Pages()
  /** Of each feed: the last entry that was applied, and is durable. */
  readonly feeds = new Map<DeviceId, FeedHead>()
  /** Positions in this device's own feed that do not count. It goes on after them: another entry there would be a fork. */
  readonly aside = new Set<number>()
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
  /** Grows whenever entries that were applied are taken out, because they count no more. */
  withdrawals = 0
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

  remove(id: ObjectId): void {
    const row = this.rows.get(id)
    if (row) this.pages.drop(row.page, id)
    this.rows.delete(id)
  }
}

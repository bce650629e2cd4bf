/** What one device says about its own feed, and where it contradicts itself. */
import type { DeviceId } from '../../protocol/ids.js'
import type { FeedEntry } from './feed-entry.js'
import type { EntryId } from './header.js'
import type { Fork } from './verdict.js'

export class Feed {
  /** The lowest position at which the device has written two entries, or has named two as those before. */
  forkedAt = Infinity
  /** The last accepted entry. */
  last: FeedEntry | undefined
  /** By position, the first entry that was claimed to be there. */
  private readonly claims: EntryId[] = []
  private readonly rivals = new Set<EntryId>()

  constructor(
    readonly device: DeviceId,
    /** Tells it from other feeds here. */
    readonly n: number,
  ) {}

  /**
   * Takes what an entry says of its feed: where it is itself, and which one is before it.
   * @returns whether the feed is forked earlier than was known
   */
  claim(seq: number, id: EntryId, prev: EntryId | null): boolean {
    const was = this.forkedAt
    this.claimOne(seq, id)
    if (prev) this.claimOne(seq - 1, prev)
    return this.forkedAt < was
  }

  get fork(): Fork | undefined {
    if (this.rivals.size === 0) return undefined
    return { feed: this.device, seq: this.forkedAt, entries: [...this.rivals].sort() }
  }

  /** Of two at the same position, each accepted by somebody, the one with the smaller id. */
  keepLast(entry: FeedEntry): void {
    const { last } = this
    if (!last || entry.seq > last.seq || (entry.seq === last.seq && entry.id < last.id)) this.last = entry
  }

  private claimOne(seq: number, id: EntryId): void {
    const known = (this.claims[seq] ??= id)
    if (known === id || seq > this.forkedAt) return
    if (seq < this.forkedAt) this.rivals.clear()
    this.forkedAt = seq
    this.rivals.add(known).add(id)
  }
}

/** What one side has of the feeds of a space that the other lacks: straight from the hand, or from the store. */
import type { DeviceId } from '../protocol/ids.js'
import type { FeedHolding } from '../protocol/wire.js'
import type { Carrier } from './direct/carrier.js'
import type { Appended, Holding, Replica } from './platform.js'
import { inMessages } from './portions.js'
import type { Timers } from './timers.js'

export class Feeding {
  /** What the other side has, or was sent. */
  readonly theirs = new Map<DeviceId, Holding>()
  private feeding: Promise<void> | undefined
  private isBehind = false
  /** Entries that go straight from the hand, and are not on their way yet. */
  private passing = 0
  /** How often the other side has said what it has, or this side has it in another way. */
  private heard = 0

  constructor(
    private readonly session: Pick<Carrier, 'send'>,
    private readonly replica: Replica,
    private readonly timers: Timers,
    /** Whether entries of a feed are of no use to the other side, which has so many, or come otherwise. */
    private readonly isHeldBack: (feed: DeviceId, seq: number) => boolean,
  ) {}

  /** The other side has said what it has. */
  hear(feeds: readonly FeedHolding[]): void {
    this.heard++
    this.theirs.clear()
    for (const [device, seq, head, rivals] of feeds)
      this.theirs.set(device as DeviceId, { seq, head, ...(rivals.length > 0 && { rivals }) })
  }

  /** Of what is being sent, some may be here no more: what was sent of it so far may not be all. */
  anew(): void {
    this.heard++
    this.feed()
  }

  /** Straight from the hand, if the other side has all that comes before. */
  async pass(entries: readonly Appended[]): Promise<void> {
    if (this.timers.isOver) return
    const next: Uint8Array[] = []
    let isStraight = true
    for (const { feed, seq, id, bytes } of entries) {
      const have = this.theirs.get(feed)?.seq ?? 0
      if (have >= seq || this.isHeldBack(feed, have)) continue
      if (this.feeding || have !== seq - 1) isStraight = false
      // What the other side does not take is kept in the store, and not here.
      // defence: passed-as-it-is-taken
      if (this.passing > 0) isStraight = false
      if (!isStraight) break
      this.theirs.set(feed, { seq, head: id })
      next.push(bytes)
    }
    this.passing++
    const sent = this.sendEntries(next)
    if (!isStraight) this.feed()
    await sent
    this.passing--
  }

  /** Sends what the other side lacks, from the store. */
  feed(): void {
    this.isBehind = true
    this.feeding ??= this.run()
      .catch(() => undefined)
      .finally(() => (this.feeding = undefined))
  }

  private async run(): Promise<void> {
    while (this.isBehind && !this.timers.isOver) {
      this.isBehind = false
      // What is appended meanwhile may be sent, or not: it is behind again then.
      const { heard } = this
      const before = await this.replica.holdings()
      const waiting = new Set([...before.keys()].filter((feed) => this.holds(feed)))
      if (waiting.size === before.size) continue
      const isWaitingNow = () => [...before.keys()].some((feed) => !waiting.has(feed) && this.holds(feed))
      for await (const entries of this.replica.lackedBy(this.withAll(before, waiting))) {
        if (this.timers.isOver) return
        // What was offered meanwhile comes in place of them.
        if (heard !== this.heard && isWaitingNow()) break
        await this.sendEntries(entries)
      }
      // What was sent before it said what it has may have come to somebody who did not take it.
      if (heard !== this.heard) continue
      for (const [device, holding] of before)
        if (!waiting.has(device) && (this.theirs.get(device)?.seq ?? 0) <= holding.seq)
          this.theirs.set(device, holding)
    }
  }

  /** What the other side has, as it says so, and all of these feeds. */
  private withAll(
    holdings: ReadonlyMap<DeviceId, Holding>,
    feeds: ReadonlySet<DeviceId>,
  ): ReadonlyMap<DeviceId, Holding> {
    if (feeds.size === 0) return this.theirs
    return new Map([...this.theirs, ...[...holdings].filter(([feed]) => feeds.has(feed))])
  }

  private holds(feed: DeviceId): boolean {
    return this.isHeldBack(feed, this.theirs.get(feed)?.seq ?? 0)
  }

  async sendEntries(entries: readonly Uint8Array[]): Promise<void> {
    for (const some of inMessages(entries)) {
      if (this.timers.isOver) return
      await this.session.send(['entries', this.replica.ref, some], 'bulk')
    }
  }
}

/**
 * Which entries of a space's feeds are accepted, by what its membership log says and by which entries are here: the same for
 * the same log and the same entries, in whatever order they came. It is pure: no clock, no keys, no store.
 * Spec: docs/protocol/acceptance.md.
 */
import type { DeviceId } from '../../protocol/ids.js'
import type { Cut, LogEntryId } from '../membership/actions.js'
import type { MembershipLog } from '../membership/log.js'
import { Branches } from './branches.js'
import { Ends } from './ends.js'
import { FeedEntry, NO_ENDS } from './feed-entry.js'
import { Feed } from './feed.js'
import { checkShape, type EntryHeader, type EntryId } from './header.js'
import { missingOf, namedBy, Pending, type Arrival } from './pending.js'
import { Rights } from './rights.js'
import type { Changes, Fault, Fork, Missing, Quarantined, Reason, Verdict } from './verdict.js'
import { Vouching } from './vouching.js'

export class Acceptance {
  private readonly entries = new Map<EntryId, FeedEntry>()
  private readonly feeds = new Map<DeviceId, Feed>()
  private readonly pending = new Pending()
  /** Those that have all they name, each after that: its place is its `n`. */
  private readonly ready: FeedEntry[] = []
  /** Of those, the first one that is to be judged, or judged again. */
  private unjudged = 0
  /** How many were judged. */
  private judged = 0
  private logSize: number
  /** Accepted, or no longer accepted, since that was last asked for; or both. */
  private changed: FeedEntry[] = []
  private readonly rights: Rights
  private readonly branches = new Branches(this.entries)
  private readonly ends: Ends
  private readonly vouching: Vouching

  /** @param log may grow: it is looked at again whenever something is asked or added */
  constructor(private readonly log: MembershipLog) {
    this.rights = new Rights(log)
    this.ends = new Ends(this.rights, this.branches)
    this.vouching = new Vouching((above, entry, end) => this.ends.excuses(above, entry, end))
    this.logSize = log.size
  }

  /**
   * Takes an entry, whatever is said about it then. One that is here is not taken again.
   * @throws RangeError for what no entry can be
   */
  add(header: EntryHeader): void {
    checkShape(header)
    const { id, seq, prev } = header
    if (this.entries.has(id)) return
    const feed = this.feedOf(header.feed)
    const entry = new FeedEntry(id, feed, seq, prev)
    this.entries.set(id, entry)
    this.place({ entry, header })
    // Both show something about entries that may have been judged.
    if (feed.claim(seq, id, prev)) this.judgeAgain((one) => one.feed === feed && one.seq >= feed.forkedAt)
    const kept = this.branches.extend(entry)
    if (kept.size > 0) this.judgeAgain((one) => kept.has(one))
  }

  has(id: EntryId): boolean {
    return this.entries.has(id)
  }

  /** What was accepted, and what is no longer, since this was last called. */
  takeChanges(): Changes {
    this.judge()
    const flipped = [...new Set(this.changed)].filter(({ accepted, told }) => accepted !== told)
    this.changed = []
    flipped.sort((a, b) => a.n - b.n)
    for (const entry of flipped) entry.told = entry.accepted
    const ids = (entries: FeedEntry[]): EntryId[] => entries.map(({ id }) => id)
    return {
      accepted: ids(flipped.filter(({ accepted }) => accepted)),
      withdrawn: ids(flipped.filter(({ accepted }) => !accepted).reverse()),
    }
  }

  /** @returns undefined for an entry that is not here */
  verdictOf(id: EntryId): Verdict | undefined {
    this.judge()
    const entry = this.entries.get(id)
    if (!entry) return undefined
    if (entry.accepted) return { t: 'accepted' }
    if (entry.n >= 0) return { t: 'quarantined', reason: this.reasonFor(entry) }
    return { t: 'waiting', ...this.missingOf([this.pending.headerOf(entry)]) }
  }

  quarantined(): Quarantined[] {
    this.judge()
    return this.ready
      .filter(({ accepted }) => !accepted)
      .map((entry) => ({
        ...{ id: entry.id, feed: entry.feed.device, seq: entry.seq },
        reason: this.reasonFor(entry),
      }))
  }

  /** What would let entries be judged that cannot be; and what cuts name, without which nobody knows what they keep. */
  waiting(): Missing {
    this.judge()
    const { log, entries } = this.missingOf(this.pending.headers())
    const named = new Set(entries)
    for (const { device, hash } of this.rights.cuts()) {
      const missing = hash && this.branches.of(device, hash).missing
      if (missing) named.add(missing)
    }
    return { log, entries: [...named].sort() }
  }

  forks(): Fork[] {
    return [...this.feeds.values()].flatMap(({ fork }) => fork ?? [])
  }

  /** What whoever removes the device now, or what it may do, is to say of it. */
  cutOf(device: DeviceId): Cut {
    this.judge()
    const last = this.feeds.get(device)?.last
    return last
      ? { device, seq: last.seq, hash: last.id, heads: last.knew.heads }
      : { device, seq: 0, hash: null, heads: [] }
  }

  private feedOf(device: DeviceId): Feed {
    const known = this.feeds.get(device)
    if (known) return known
    const feed = new Feed(device, this.feeds.size)
    this.feeds.set(device, feed)
    return feed
  }

  /** Lets an entry, and whatever waited for it, in among those that can be judged; or has it wait. */
  private place(first: Arrival): void {
    const arrivals = [first]
    for (const arrival of arrivals) {
      const lack = this.lackOf(arrival.header)
      if (lack) {
        this.pending.hold(arrival, lack)
        continue
      }
      this.take(arrival)
      for (const next of this.pending.release(arrival.entry.id)) arrivals.push(next)
    }
  }

  private lackOf(header: EntryHeader): LogEntryId | EntryId | undefined {
    for (const id of header.heads) if (!this.log.has(id)) return id
    for (const id of namedBy(header)) if ((this.entries.get(id)?.n ?? -1) < 0) return id
    return undefined
  }

  private take({ entry, header }: Arrival): void {
    const parents = namedBy(header).map((id) => this.entries.get(id)!)
    entry.take(this.ready.length, parents, this.rights.knowledgeOf(header.heads))
    this.ready.push(entry)
    entry.fault = this.faultOf(entry)
    entry.barred = entry.fault !== undefined || parents.some(({ barred }) => barred)
  }

  /** Sets by what right it was written, too. */
  private faultOf(entry: FeedEntry): Fault | undefined {
    const { feed, seq, prev, parents, knew } = entry
    const before = prev ? parents[0] : undefined
    if (before && (before.feed !== feed || before.seq !== seq - 1)) return 'broken-chain'
    if (parents.some((one, i) => one.feed === feed && !(before && i === 0))) return 'broken-chain'
    // Whoever has applied an entry had what it names of the log. So nobody can go back to a log in which they were not out.
    if (!parents.every((parent) => this.rights.covers(knew, parent.knew))) return 'older-heads'
    const stay = this.rights.stayOf(feed.device, knew)
    if (typeof stay === 'string') return stay
    entry.stay = stay
    return undefined
  }

  /** From the first one on of which it holds: what is before cannot build on any of them. */
  private judgeAgain(isOther: (entry: FeedEntry) => boolean): void {
    const first = this.ready.find(isOther)
    if (first) this.unjudged = Math.min(this.unjudged, first.n)
  }

  /** Brings everything up to the log and the entries that are here. */
  private judge(): void {
    if (this.log.size !== this.logSize) {
      this.logSize = this.log.size
      const changed = this.rights.follow()
      if (changed.size > 0) this.judgeAgain(({ stay }) => stay !== undefined && changed.has(stay))
      for (const lack of [...this.pending.lacks()])
        if (this.log.has(lack as LogEntryId)) this.pending.release(lack).forEach((one) => this.place(one))
    }
    const isNew = this.unjudged === this.judged
    if (!isNew) this.vouching.forget()
    for (const entry of this.ready.slice(this.unjudged)) {
      this.weigh(entry)
      if (isNew && entry.sound) this.accept(entry)
    }
    if (!isNew) this.acceptAnew()
    this.unjudged = this.judged = this.ready.length
  }

  private weigh(entry: FeedEntry): void {
    const { barred, stay, parents } = entry
    entry.ends = stay ? this.ends.of(entry, stay) : NO_ENDS
    const holds = !barred && entry.ends.length === 0
    entry.clean = holds && parents.every(({ clean }) => clean)
    entry.sound = holds && this.vouching.isSound(entry)
  }

  private accept(first: FeedEntry): void {
    const accepted = [first]
    for (const entry of accepted) {
      if (entry.accepted) continue
      entry.accepted = true
      entry.feed.keepLast(entry)
      this.changed.push(entry)
      for (const parent of entry.parents) if (!parent.accepted) accepted.push(parent)
    }
  }

  /** After some that were judged may be judged otherwise. */
  private acceptAnew(): void {
    const builtOn = new Uint8Array(this.ready.length)
    for (const feed of this.feeds.values()) feed.last = undefined
    for (const entry of [...this.ready].reverse()) {
      const accepted = entry.sound || builtOn[entry.n] === 1
      if (accepted !== entry.accepted) this.changed.push(entry)
      entry.accepted = accepted
      if (!accepted) continue
      entry.feed.keepLast(entry)
      for (const { n } of entry.parents) builtOn[n] = 1
    }
  }

  /** For an entry that can be judged, and is not accepted. */
  private reasonFor(entry: FeedEntry): Reason {
    const { fault, barred, ends, parents } = entry
    if (fault) return { code: fault }
    if (ends.length > 0) return this.ends.reason(entry)
    const [on] = (barred ? parents.filter((one) => one.barred) : this.vouching.unanswered(entry))
      .map(({ id }) => id)
      .sort()
    return { code: 'dependency', on: on! }
  }

  private missingOf(headers: Iterable<EntryHeader>): Missing {
    return missingOf(
      headers,
      (id) => this.log.has(id),
      (id) => this.entries.has(id),
    )
  }
}

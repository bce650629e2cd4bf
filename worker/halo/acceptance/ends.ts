/** What ends the right to an entry that was rightly written; and who, having built on that entry, could not know. */
import type { Branches } from './branches.js'
import { NO_ENDS, type End, type FeedEntry } from './feed-entry.js'
import type { Limits, Rights, Stay } from './rights.js'
import type { Reason } from './verdict.js'

type LimitingCut = Limits['cuts'][number]

export class Ends {
  constructor(
    private readonly rights: Rights,
    private readonly branches: Branches,
  ) {}

  /** By the whole log, and by all entries that are here. */
  of(entry: FeedEntry, stay: Stay): readonly End[] {
    const { cuts, lapsed } = this.rights.limitsNow(stay)
    const beyond = this.beyond(entry, cuts)
    const ends: End[] = beyond.map(({ by }) => by)
    if (lapsed) ends.push('lapsed')
    // Where a cut keeps an entry, it says which branch was accepted: another one, shown later, takes nothing away.
    const isChosen = cuts.length > 0 && beyond.length === 0
    if (entry.seq >= entry.feed.forkedAt && !isChosen) ends.push('forked')
    return ends.length > 0 ? ends : NO_ENDS
  }

  /** Whether `above`, which builds on `entry` and counts itself, could not know of what has ended it. */
  excuses(above: FeedEntry, entry: FeedEntry, end: End): boolean {
    // Whoever is in again, and goes on with a feed, stands for what it did there in between; nobody does before that.
    if (above.feed === entry.feed)
      return end === 'lapsed' ? above.stay !== entry.stay : !above.ends.includes(end)
    // A fork is in no log: who has applied one branch had not seen the other.
    if (end === 'forked') return true
    const { cuts, lapsed } = this.rights.limitsBy(above.knew, entry.stay!)
    return end === 'lapsed' ? !lapsed : !this.beyond(entry, cuts).some(({ by }) => by === end)
  }

  /** For an entry that has ends. Of several, the one that is most surely final. */
  reason(entry: FeedEntry): Reason {
    const { ends, feed, stay } = entry
    const beyond = this.beyond(entry, this.rights.limitsNow(stay!).cuts)
    const [known] = beyond.filter((cut) => !this.mayKeep(entry, cut))
    if (known) return { code: 'beyond-cut', by: known.by }
    const [cut] = beyond
    if (cut) return { code: 'cut-unknown', by: cut.by, entry: this.branch(entry, cut)!.missing! }
    return ends.includes('lapsed') ? { code: 'lapsed' } : { code: 'forked', seq: feed.forkedAt }
  }

  private beyond(entry: FeedEntry, cuts: Limits['cuts']): readonly LimitingCut[] {
    return cuts.filter((cut) => !this.branch(entry, cut)?.has(entry))
  }

  /** Whether what is missing can still show that the cut keeps it. */
  private mayKeep(entry: FeedEntry, cut: LimitingCut): boolean {
    const branch = this.branch(entry, cut)
    return branch?.missing !== undefined && entry.seq < branch.from
  }

  private branch({ feed }: FeedEntry, { hash }: LimitingCut): ReturnType<Branches['of']> | undefined {
    return hash === null ? undefined : this.branches.of(feed.device, hash)
  }
}

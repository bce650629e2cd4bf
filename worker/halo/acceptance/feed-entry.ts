/** An entry that is here, and what is known about it. Everything is kept for each entry for ever, so it is little. */
import type { Feed } from './feed.js'
import type { EntryId } from './header.js'
import type { Knowledge, Stay } from './rights.js'
import type { LogEntryId } from '../membership/actions.js'
import type { Fault } from './verdict.js'

/** What ends the right to an entry that its author did not know of: something in the log, a right that fell, or a fork. */
export type End = LogEntryId | 'lapsed' | 'forked'

/** One list for all entries that nothing ends. */
export const NO_ENDS: readonly End[] = []
const NO_PARENTS: readonly FeedEntry[] = []

export class FeedEntry {
  /** In the order in which entries could be judged: a parent's is less. -1 while something is missing. */
  n = -1
  /** The one before in its feed, if there is one, and then foreign ones. */
  parents = NO_PARENTS
  /** What its author knew of the log. Set when it can be judged. */
  knew!: Knowledge
  /** By what right it was written. */
  stay: Stay | undefined
  fault: Fault | undefined
  /** It has a fault, or builds on one that has: nobody can answer for it. */
  barred = false
  ends = NO_ENDS
  /** Neither it nor anything that it builds on has ends, or is barred. */
  clean = false
  /** Accepted in its own right: nothing ends it, and somebody answers for all that it builds on. */
  sound = false
  /** Sound, or built on by one that is. */
  accepted = false
  /** Whether it was accepted when changes were last asked for. */
  told = false

  constructor(
    readonly id: EntryId,
    readonly feed: Feed,
    readonly seq: number,
    public prev: EntryId | null,
  ) {}

  /** @param parents all are here, and were judged */
  take(n: number, parents: readonly FeedEntry[], knew: Knowledge): void {
    this.n = n
    if (parents.length > 0) this.parents = parents
    this.knew = knew
    // The same text as the parent's own, and not a second copy of it.
    if (this.prev) this.prev = parents[0]!.id
  }
}

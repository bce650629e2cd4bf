/**
 * Who answers for entries that something has ended. Whoever built on one without knowing of that may have applied it in good
 * faith, and answers for it, if that one's own entry counts. Whether it does is decided from above: by the entry that is
 * asked about, which nothing has ended, and then by each that is answered for. What is above never depends on what is below,
 * so two that were both removed cannot answer for each other.
 */
import type { End, FeedEntry } from './feed-entry.js'

/** Whether `above`, which builds on `entry` and counts itself, did not know of what has ended it. */
export type Excuses = (above: FeedEntry, entry: FeedEntry, end: End) => boolean

/** Those who may answer for an entry: one for each kind that excuse the same. */
type Vouchers = Map<string, FeedEntry>

export class Vouching {
  /** By who answers: entries that such a one answers for, with all that they build on. */
  private readonly alone = new Map<string, Set<FeedEntry>>()

  constructor(private readonly excuses: Excuses) {}

  /** Whether somebody answers for all that `entry` builds on; it has no ends itself, and nothing is barred. */
  isSound(entry: FeedEntry): boolean {
    if (entry.parents.every(({ sound }) => sound)) return true
    return this.answersAlone(entry) || this.unanswered(entry).length === 0
  }

  /** @returns of what `entry` builds on, what nobody answers for */
  unanswered(entry: FeedEntry): FeedEntry[] {
    return unanswered(entry, this.excuses)
  }

  /** Entries have other ends than before. */
  forget(): void {
    this.alone.clear()
  }

  /**
   * Nearly always, whoever has built on what was ended later knew of none of it. What they built on twice is looked at once,
   * or a long feed that was ended would be gone through for each entry that builds on a bit more of it.
   */
  private answersAlone(entry: FeedEntry): boolean {
    const key = kindOf(entry)
    const known = this.alone.get(key) ?? new Set()
    const found = new Set<FeedEntry>()
    const add = ({ parents }: FeedEntry): void => {
      for (const parent of parents) if (!parent.sound && !known.has(parent)) found.add(parent)
    }
    add(entry)
    for (const one of found) {
      if (!one.ends.every((end) => this.excuses(entry, one, end))) return false
      add(one)
    }
    for (const one of found) known.add(one)
    this.alone.set(key, known)
    return true
  }
}

function unanswered(entry: FeedEntry, excuses: Excuses): FeedEntry[] {
  const above = new Map<FeedEntry, Vouchers>()
  const lost: FeedEntry[] = []
  for (const one of tainted(entry)) {
    const vouchers: Vouchers = above.get(one) ?? new Map()
    const answers = one.ends.every((end) => [...vouchers.values()].some((by) => excuses(by, one, end)))
    if (answers) vouchers.set(kindOf(one), one)
    else lost.push(one)
    for (const parent of one.parents) {
      if (parent.clean) continue
      const all = above.get(parent) ?? new Map()
      for (const [kind, by] of vouchers) all.set(kind, by)
      above.set(parent, all)
    }
  }
  return lost
}

/** The entry and what it builds on, but for what is clean: children before parents. */
function tainted(entry: FeedEntry): FeedEntry[] {
  const found = new Set([entry])
  for (const one of found) for (const parent of one.parents) if (!parent.clean) found.add(parent)
  return [...found].sort((a, b) => b.n - a.n)
}

const kindOf = ({ knew, feed, ends }: FeedEntry): string => `${knew.n} ${feed.n} ${ends.join()}`

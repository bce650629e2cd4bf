/** Which entries of a feed a cut keeps: the one that it names by its hash, and those before that. Nothing else of it decides. */
import type { DeviceId } from '../../protocol/ids.js'
import type { FeedEntry } from './feed-entry.js'
import type { EntryId } from './header.js'

const NOTHING: ReadonlySet<FeedEntry> = new Set()

export interface Branch {
  readonly has: (entry: FeedEntry) => boolean
  /** The lowest position at which its entry is known; infinite where none is. */
  readonly from: number
  /** The next one below those that are known, which is not here. */
  readonly missing: EntryId | undefined
}

/** Goes on when what it lacks has come. */
class Walk implements Branch {
  from = Infinity
  missing: EntryId | undefined
  private readonly on = new Set<FeedEntry>()

  constructor(private readonly device: DeviceId) {}

  has(entry: FeedEntry): boolean {
    return this.on.has(entry)
  }

  /** Downwards from an entry, as far as there are entries. @returns those */
  go(first: EntryId, entries: ReadonlyMap<EntryId, FeedEntry>): FeedEntry[] {
    const found: FeedEntry[] = []
    this.missing = undefined
    let id: EntryId | null = first
    while (id) {
      const entry: FeedEntry | undefined = entries.get(id)
      if (!entry) {
        this.missing = id
        break
      }
      // It is no entry of this feed, or the feed is broken here: what is below is not kept.
      const isNext = this.on.size === 0 || entry.seq === this.from - 1
      if (entry.feed.device !== this.device || !isNext) break
      this.on.add(entry)
      found.push(entry)
      this.from = entry.seq
      id = entry.prev
    }
    return found
  }
}

export class Branches {
  private readonly walks = new Map<string, Walk>()
  /** By the entry that they lack. */
  private readonly stopped = new Map<EntryId, Walk[]>()

  constructor(private readonly entries: ReadonlyMap<EntryId, FeedEntry>) {}

  /** That of a cut which names `hash`, of the feed of `device`. */
  of(device: DeviceId, hash: EntryId): Branch {
    const key = `${device} ${hash}`
    const known = this.walks.get(key)
    if (known) return known
    const walk = new Walk(device)
    this.walks.set(key, walk)
    this.go(walk, hash)
    return walk
  }

  /** An entry has come. @returns what is known to be on some branch by that, and was not before */
  extend({ id }: FeedEntry): ReadonlySet<FeedEntry> {
    const walks = this.stopped.get(id)
    if (!walks) return NOTHING
    this.stopped.delete(id)
    return new Set(walks.flatMap((walk) => this.go(walk, id)))
  }

  private go(walk: Walk, from: EntryId): FeedEntry[] {
    const found = walk.go(from, this.entries)
    const { missing } = walk
    if (missing) this.stopped.set(missing, [...(this.stopped.get(missing) ?? []), walk])
    return found
  }
}

/** Entries that cannot be judged yet, by what they lack. */
import type { FeedEntry } from './feed-entry.js'
import type { EntryHeader, EntryId } from './header.js'
import type { LogEntryId } from '../membership/actions.js'
import type { Missing } from './verdict.js'

/** An entry with what is forgotten of it as soon as it is judged. */
export interface Arrival {
  readonly entry: FeedEntry
  readonly header: EntryHeader
}

const NOTHING: readonly Arrival[] = []

export class Pending {
  private readonly arrivals = new Map<FeedEntry, Arrival>()
  /** By one of the things that each lacks: when that has come, the others are looked at again. */
  private readonly byLack = new Map<LogEntryId | EntryId, Arrival[]>()

  hold(arrival: Arrival, lack: LogEntryId | EntryId): void {
    this.arrivals.set(arrival.entry, arrival)
    const held = this.byLack.get(lack)
    if (held) held.push(arrival)
    else this.byLack.set(lack, [arrival])
  }

  /** @returns what waited for that, and may wait for more */
  release(lack: LogEntryId | EntryId): readonly Arrival[] {
    const held = this.byLack.get(lack)
    if (!held) return NOTHING
    this.byLack.delete(lack)
    for (const { entry } of held) this.arrivals.delete(entry)
    return held
  }

  lacks(): Iterable<LogEntryId | EntryId> {
    return this.byLack.keys()
  }

  *headers(): Generator<EntryHeader> {
    for (const { header } of this.arrivals.values()) yield header
  }

  headerOf(entry: FeedEntry): EntryHeader {
    return this.arrivals.get(entry)!.header
  }
}

/** Of what these name, what is not here. */
export function missingOf(
  headers: Iterable<EntryHeader>,
  inLog: (id: LogEntryId) => boolean,
  isHere: (id: EntryId) => boolean,
): Missing {
  const [log, entries] = [new Set<LogEntryId>(), new Set<EntryId>()]
  for (const header of headers) {
    for (const id of header.heads) if (!inLog(id)) log.add(id)
    for (const id of namedBy(header)) if (!isHere(id)) entries.add(id)
  }
  return { log: [...log].sort(), entries: [...entries].sort() }
}

/** The entry before, if there is one, and then foreign ones. */
export const namedBy = ({ prev, deps }: EntryHeader): readonly EntryId[] => (prev ? [prev, ...deps] : deps)

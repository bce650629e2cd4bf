/**
 * The live, sorted result of one query, shared by all tabs that ask the same. Changes arrive as pairs of an
 * object's record before and after; what they do to the result goes to every window on it, as differences.
 */
import type { ObjectId } from '../protocol/ids.js'
import { isOwnType } from '../protocol/own-types.js'
import { comparator, matches, type QuerySpec } from '../protocol/queries.js'
import type { ObjectRecord } from '../protocol/rpc.js'

export type RecordChange = readonly [before: ObjectRecord | undefined, after: ObjectRecord | undefined]

/** What changed in the order of a window; records that changed without moving are not in it. */
export interface WindowDiff {
  readonly out: readonly ObjectId[]
  readonly into: readonly (readonly [index: number, record: ObjectRecord])[]
  /** Null while it is not known. */
  readonly total: number | null
}

export class Matching {
  readonly sorted: ObjectRecord[]
  readonly windows = new Set<QueryWindow>()
  private readonly compare: (a: ObjectRecord, b: ObjectRecord) => number

  constructor(
    private readonly spec: QuerySpec,
    all: Iterable<ObjectRecord>,
    /** Every object of an earlier creation order is here; Infinity once all are. */
    private readonly horizon: () => number,
  ) {
    this.compare = comparator(spec)
    this.sorted = []
    for (const record of all) if (this.has(record)) this.sorted.push(record)
    this.sorted.sort(this.compare)
  }

  /** Applies changes and tells the windows. */
  update(changes: readonly RecordChange[]): void {
    const out = new Set<ObjectId>()
    const into = new Map<ObjectId, ObjectRecord>()
    for (const [before, after] of changes) {
      const was = before && this.has(before) ? before : undefined
      const is = after && this.has(after) ? after : undefined
      if (!was && !is) continue
      const from = was ? this.indexOf(was) : -1
      if (was && is && this.compare(was, is) === 0) {
        // It stays where it is: a key that is pressed must not move all that come after it.
        this.sorted[from] = is
        if (into.has(is.id)) into.set(is.id, is)
        continue
      }
      if (was) this.sorted.splice(from, 1)
      const to = is ? this.lowerBound(is) : -1
      if (is) this.sorted.splice(to, 0, is)
      if (from === to) {
        if (into.has(is!.id)) into.set(is!.id, is!)
        continue
      }
      const id = (is ?? was)!.id
      // An object that came in with this very update was not in any window before.
      if (was && !into.has(id)) out.add(id)
      if (is) into.set(id, is)
      else into.delete(id)
    }
    if (out.size || into.size) for (const window of this.windows) window.refresh(out, into)
  }

  /** More objects were read: of those that a query in creation order had to wait for. */
  came(records: readonly ObjectRecord[]): void {
    for (const record of records) if (this.has(record)) this.sorted.splice(this.lowerBound(record), 0, record)
    for (const window of this.windows) window.extend()
  }

  get whole(): boolean {
    return this.horizon() === Infinity
  }

  /** How many of the result, from its beginning, no object that is still to come can stand among. */
  get certain(): number {
    const horizon = this.horizon()
    if (horizon === Infinity) return this.sorted.length
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]!.order < horizon) low = middle + 1
      else high = middle
    }
    return low
  }

  /** First index whose record does not come before this one. */
  lowerBound(record: ObjectRecord): number {
    let low = 0
    let high = this.sorted.length
    if (high && this.compare(this.sorted[high - 1]!, record) < 0) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(this.sorted[middle]!, record) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  indexOf(record: ObjectRecord): number {
    const index = this.lowerBound(record)
    return this.sorted[index]?.id === record.id ? index : this.sorted.findIndex((one) => one.id === record.id)
  }

  private has(record: ObjectRecord): boolean {
    const { gone, space, type } = record
    return (
      !gone &&
      !isOwnType(type) &&
      (!this.spec.space || this.spec.space === space) &&
      matches(this.spec, record)
    )
  }
}

/** What one tab sees of a result: all of it, or `limit` objects after a given one. */
export class QueryWindow {
  private shown: ObjectRecord[] | undefined
  /** Whether the tab has heard of all there is. */
  private complete: boolean

  constructor(
    private readonly matching: Matching,
    private readonly limit: number | undefined,
    private readonly after: (() => ObjectRecord | undefined) | undefined,
    private readonly changed: (diff: WindowDiff | undefined) => void,
  ) {
    this.complete = matching.whole
    matching.windows.add(this)
  }

  /** The records now in view, in order. */
  view(): readonly ObjectRecord[] {
    if (this.limit === undefined && !this.after) return this.matching.sorted
    const anchor = this.after?.()
    const start = anchor ? this.matching.lowerBound(anchor) : 0
    // The anchor itself, if it is in the result, is not after itself.
    const first = start + (anchor && this.matching.sorted[start]?.id === anchor.id ? 1 : 0)
    const end = Math.min(first + (this.limit ?? Infinity), this.matching.certain)
    this.shown = this.matching.sorted.slice(first, end)
    return this.shown
  }

  get total(): number | null {
    return this.matching.whole ? this.matching.sorted.length : null
  }

  /** More objects were read: they stand behind what is shown, and tell how many there are. */
  extend(): void {
    const { whole } = this.matching
    if (this.complete || (!whole && this.shown?.length === this.limit)) return
    this.complete = whole
    const diff = this.move()
    if (whole || !diff || diff.out.length + diff.into.length > 0) this.changed(diff)
  }

  refresh(out: ReadonlySet<ObjectId>, into: ReadonlyMap<ObjectId, ObjectRecord>): void {
    if (this.limit === undefined && !this.after) {
      const placed = [...into.values()].map((record) => [this.matching.indexOf(record), record] as const)
      this.changed({ out: [...out], into: placed.sort((a, b) => a[0] - b[0]), total: this.total })
      return
    }
    this.changed(this.move())
  }

  /** To the view of now; undefined if the order among those that stay has changed: a whole new result says it best. */
  private move(): WindowDiff | undefined {
    const before = (this.shown ?? []).map((record) => record.id)
    const diff = windowDiff(before, this.view())
    return diff && { ...diff, total: this.total }
  }

  close(): void {
    this.matching.windows.delete(this)
  }
}

function windowDiff(
  before: readonly ObjectId[],
  now: readonly ObjectRecord[],
): Omit<WindowDiff, 'total'> | undefined {
  const [old, fresh] = [new Set(before), new Set(now.map((record) => record.id))]
  const out = before.filter((id) => !fresh.has(id))
  const into = now.map((record, i) => [i, record] as const).filter(([, record]) => !old.has(record.id))
  const stay = now.filter((record) => old.has(record.id))
  const same = before.filter((id) => fresh.has(id)).every((id, i) => stay[i]!.id === id)
  return same ? { out, into } : undefined
}

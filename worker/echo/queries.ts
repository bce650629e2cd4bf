/** Queries of tabs: results that are open, shared by all who ask the same, and whether enough of the spaces is here to tell one. */
import type { SpaceId } from '../protocol/ids.js'
import type { QuerySpec } from '../protocol/queries.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import { Matching, type RecordChange } from './matching.js'
import type { Space } from './space.js'

export class Queries {
  /** Counts what tabs ask, so that what can wait gives way. */
  asked = 0
  private readonly matchings = new Map<string, Matching>()

  constructor(private readonly spaces: ReadonlyMap<SpaceId, Space>) {}

  get count(): number {
    return this.matchings.size
  }

  /**
   * Undefined if what is here decides the query's result; else resolves when more is here.
   * @throws HearthError `store/…` if the store cannot be read
   */
  undecided(spec: QuerySpec): Promise<unknown> | undefined {
    const loading = this.spacesOf(spec).flatMap((space) => space.loading ?? [])
    if (loading.length === 0) return undefined
    // Only in creation order is the beginning of a result known before its end.
    if (spec.limit === undefined || spec.after || spec.orderBy?.length)
      return Promise.all(loading.map((one) => one.hurry()))
    if (this.matching(spec).certain >= spec.limit) return undefined
    return Promise.race(loading.map((one) => one.more()))
  }

  /** The live result of a query; opens it, or shares the one that is open. */
  matching(spec: QuerySpec): Matching {
    this.asked++
    const { space, type, where, orderBy } = spec
    const key = JSON.stringify([space, type, where, orderBy])
    let matching = this.matchings.get(key)
    if (!matching) {
      const horizon = () =>
        Math.min(...this.spacesOf(spec).map(({ loading }) => loading?.horizon ?? Infinity))
      const kept = { space, type, where, orderBy } as QuerySpec
      matching = new Matching(kept, records(this.spacesOf(spec)), horizon)
      this.matchings.set(key, matching)
    }
    return matching
  }

  /** A window has closed: results that nobody looks at are dropped. */
  release(): void {
    for (const [key, matching] of this.matchings) if (matching.windows.size === 0) this.matchings.delete(key)
  }

  changed(changes: readonly RecordChange[]): void {
    for (const matching of this.matchings.values()) matching.update(changes)
  }

  /** More objects were read. */
  came(records: readonly ObjectRecord[]): void {
    for (const matching of this.matchings.values()) matching.came(records)
  }

  private spacesOf({ space }: QuerySpec): Space[] {
    if (space === undefined) return [...this.spaces.values()]
    const one = this.spaces.get(space)
    return one ? [one] : []
  }
}

function* records(spaces: readonly Space[]): Iterable<ObjectRecord> {
  for (const space of spaces) for (const row of space.rows.values()) yield row.record
}

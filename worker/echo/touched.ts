/** Rows of `touched`: the entries of one feed that hold changes of an object, since its document was last saved. */
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import type { Key, Write } from '../store.js'

/** The key names the last of several entries that were received together; these are the others. */
type Touched = SpaceId | readonly [SpaceId, ...earlier: number[]]
interface Row {
  readonly key: Key
  readonly value: unknown
}

/** @param seqs positions in the feed, in order: one row for all, since rows are what a transaction costs */
export function touchedRow(space: SpaceId, object: ObjectId, feed: DeviceId, seqs: readonly number[]): Write {
  const earlier = seqs.slice(0, -1)
  const put: Touched = earlier.length > 0 ? [space, ...earlier] : space
  return { table: 'touched', key: [object, feed, seqs.at(-1)!], put }
}

/** The feed, and positions in it. */
export function touchesOf({ key, value }: Row): { feed: DeviceId; seqs: number[] } {
  const [, feed, last] = key as readonly [ObjectId, DeviceId, number]
  const earlier = typeof value === 'string' ? [] : (value as readonly [SpaceId, ...number[]]).slice(1)
  return { feed, seqs: [...(earlier as number[]), last] }
}

/** Whose object it is. */
export const spaceOf = ({ value }: Row): SpaceId => (Array.isArray(value) ? value[0] : value) as SpaceId

import { isDeepStrictEqual } from 'node:util'
import type { DeviceId, SpaceId } from '../../../worker/protocol/ids.js'
import type { Disk } from '../disk.js'

/** Whether another disk would still have an entry of this one if the power went now, be it that it counts there or not. */
export async function holdsDurably(
  own: Disk,
  other: Disk,
  space: SpaceId,
  feed: DeviceId,
  seq: number,
): Promise<boolean> {
  const copy = other.copy()
  copy.crash()
  const store = copy.open()
  if (seq === 0 || (await store.get('entries', [space, feed, seq])) !== undefined) return true
  const bytes = await own.open().get('entries', [space, feed, seq])
  const strays = await store.rows('strays', [space])
  return strays.some(({ value }) => isDeepStrictEqual(value, bytes))
}

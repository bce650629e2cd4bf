import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { readHead } from '../../../worker/echo/checkpoints/head.js'
import type { DeviceId, SpaceId } from '../../../worker/protocol/ids.js'
import type { Disk } from '../disk.js'

/**
 * Whether another disk would still have an entry of this one if the power went now, or a checkpoint that stands for it, be it that it counts there or
 * not.
 */
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
  const covering = await store.get<{ head: Uint8Array }>('checkpoints', [space])
  if (covering && (await covers(covering.head, feed, seq))) return true
  const bytes = await own.open().get('entries', [space, feed, seq])
  const strays = await store.rows('strays', [space])
  return strays.some(({ value }) => isDeepStrictEqual(value, bytes))
}

/** Whether a checkpoint of this head stands for that entry. */
export async function covers(head: Uint8Array, feed: DeviceId, seq: number): Promise<boolean> {
  const { covers } = await readHead(head, sha256)
  return covers.some((one) => one.feed === feed && one.seq >= seq)
}

const sha256 = async (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** The entries of a disk, opened with the keys that are on it. */
import { createHash } from 'node:crypto'
import { decodeStored } from '../../worker/echo/bare-entry.js'
import type { Entry } from '../../worker/echo/entry.js'
import { Halo } from '../../worker/halo/halo.js'
import type { SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { simulatedPlatform } from './device.js'
import type { Disk } from './disk.js'

export const sha256 = async (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** In the order of spaces, feeds and positions. @throws Error for one that cannot be read */
export async function entriesOn(disk: Disk): Promise<Entry[]> {
  const rows = await disk.open().rows<Uint8Array>('entries')
  if (rows.length === 0) return []
  const halo = await Halo.open(simulatedPlatform(disk, new Random(1)), disk.open())
  return Promise.all(rows.map(({ key, value }) => decodeStored(value, halo.get(key[0] as SpaceId)!, sha256)))
}

/**
 * With whom a device is linked in a space: with everybody, as long as these are few; otherwise with both neighbours on each of four rings,
 * on which every device has a place that its id alone decides. All who see the same devices choose the same links, and nobody has to ask.
 * One ring connects them all; four make the ways short, and let three be broken.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { DeviceId } from '../../protocol/ids.js'

/** Links that a device chooses in one space, at most. */
export const MAX_LINKS = 8
const RINGS = MAX_LINKS / 2
/** Of a digest, what makes a place: as much as a number holds. */
const PLACE_BYTES = 6
/** Places that are remembered: they can be computed again. */
const MAX_KNOWN = 4096

const known = new Map<DeviceId, readonly number[]>()

/** Its place on each ring. */
function placesOf(device: DeviceId): readonly number[] {
  let places = known.get(device)
  if (!places) {
    const digest = sha256(utf8ToBytes(`hearth/rings/${device}`))
    places = Array.from({ length: RINGS }, (_, ring) =>
      digest
        .subarray(ring * PLACE_BYTES, (ring + 1) * PLACE_BYTES)
        .reduce((sum, byte) => sum * 256 + byte, 0),
    )
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(device, places)
  }
  return places
}

/**
 * @param views those who are seen at each KUBE, without `own`: of several that differ, the first ring of each counts more than the second of
 * any, so that whoever is at two holds them together
 * @returns no more than MAX_LINKS
 */
export function neighbours(own: DeviceId, views: readonly ReadonlySet<DeviceId>[]): Set<DeviceId> {
  const all = new Set(views.flatMap((view) => [...view]))
  if (all.size <= MAX_LINKS) return all
  const chosen = new Set<DeviceId>()
  // Mostly, all are at all of them.
  const different = views.filter(
    (view, i) => view.size < all.size || !views.some(({ size }, j) => size === all.size && j < i),
  )
  for (let ring = 0; ring < RINGS; ring++)
    for (const view of different)
      for (const device of besides(own, view, ring)) if (chosen.size < MAX_LINKS) chosen.add(device)
  return chosen
}

const LENGTH = 256 ** PLACE_BYTES

/** The next one on a ring, and the one before. */
function besides(own: DeviceId, view: ReadonlySet<DeviceId>, ring: number): DeviceId[] {
  const here = placesOf(own)[ring]!
  let next: DeviceId | undefined
  let before: DeviceId | undefined
  let [least, most] = [LENGTH, -1]
  for (const device of view) {
    const place = placesOf(device)[ring]!
    const way = place < here ? place - here + LENGTH : place - here
    if (way < least) [least, next] = [way, device]
    if (way > most) [most, before] = [way, device]
  }
  return next && before ? [next, before] : []
}

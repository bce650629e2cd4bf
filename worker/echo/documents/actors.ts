/**
 * Actor ids are derived, never chosen: whoever knows the object can tell which actor may have made a change.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { DeviceId, ObjectId } from '../../protocol/ids.js'

/** 16 bytes as hex. Each part is preceded by its length, so that no two lists of parts give one text. */
function derive(purpose: string, ...parts: readonly string[]): string {
  const text = [`hearth/echo/actor/${purpose}`, ...parts].map((part) => `${part.length}:${part}`).join('')
  return bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 16))
}

/** Of those that were last asked for: many changes of one device in one object come together. */
const derived = new Map<string, string>()
const MOST_DERIVED = 1024

/** The edits of one device in one object. */
export function deviceActor(device: DeviceId, object: ObjectId): string {
  const name = device + object
  const known = derived.get(name)
  if (known !== undefined) return known
  if (derived.size >= MOST_DERIVED) derived.clear()
  const actor = derive('device', device, object)
  derived.set(name, actor)
  return actor
}

/** The creation of one object: the same on every device. */
export const creationActor = (object: ObjectId, version: number): string =>
  derive('creation', object, String(version))

/** One conversion of one value: the same on every device. `what` says of which value. */
export const conversionActor = (
  object: ObjectId,
  kind: 'counter' | 'text',
  ...what: readonly string[]
): string => derive(`conversion/${kind}`, object, ...what)

/** Saved documents into the wasm. */
import type { Handle } from './handle.js'

const MAGIC = [0x85, 0x6f, 0x4a, 0x83]

/**
 * Loads every chunk of a saved document.
 * @throws RangeError where a chunk is cut off, is not one, or is refused
 */
export function loadSaved(doc: Handle, bytes: Uint8Array): void {
  // Automerge takes what it can read and says nothing of the rest: so one chunk a call.
  for (let start = 0, end: number; start < bytes.length; start = end) {
    end = endOfChunk(bytes, start)
    doc.loadIncremental(bytes.subarray(start, end))
  }
  if (doc.getHeads().length === 0) throw new RangeError('an empty document')
}

/** A chunk is magic (4), checksum (4), kind (1), length (unsigned LEB128), content. */
function endOfChunk(bytes: Uint8Array, start: number): number {
  if (MAGIC.some((byte, i) => bytes[start + i] !== byte)) throw new RangeError('not a chunk')
  let length = 0
  let at = start + 9
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++]
    if (byte === undefined || shift > 2 ** 42) throw new RangeError('a chunk that is cut off')
    length += (byte & 127) * shift
    if (byte < 128) break
  }
  if (at + length > bytes.length) throw new RangeError('a chunk that is cut off')
  return at + length
}

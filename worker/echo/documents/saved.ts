/** Saved documents into the wasm. */
import { readChunk } from './chunk.js'
import type { Handle } from './handle.js'

/**
 * Loads every chunk of a saved document.
 * @throws RangeError where a chunk is cut off, is not one, or is refused
 */
export function loadSaved(doc: Handle, bytes: Uint8Array): void {
  // Automerge takes what it can read and says nothing of the rest: so one chunk a call.
  for (let start = 0, end: number; start < bytes.length; start = end) {
    end = readChunk(bytes, start).end
    doc.loadIncremental(bytes.subarray(start, end))
  }
  if (doc.getHeads().length === 0) throw new RangeError('an empty document')
}

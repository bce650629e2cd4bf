/**
 * A saved document of somebody else, before Automerge sees it: it is one chunk, inflates to nothing more, and says how many operations it
 * has. Automerge itself would inflate half a megabyte to 512 unasked.
 *
 *   content = actors, heads, columns of changes, columns of operations, and their bytes
 *
 * Format: https://automerge.org/automerge-binary-format-spec/ (document chunks).
 */
import { RunColumn } from './columns.js'
import { readChunk } from './chunk.js'
import { Reader } from './reader.js'

const DOCUMENT = 0
const HASH_BYTES = 32
/** Set in the id of a column whose bytes are deflated. */
const DEFLATED_COLUMN = 0x08
const ACTION = 0x42
/** Of one document: each costs Automerge some tens of bytes. */
const MOST_OPERATIONS = 16 << 20

/** @throws RangeError that says what it is instead */
export function checkPlain(document: Uint8Array): void {
  const { kind, content, end } = readChunk(document)
  if (kind !== DOCUMENT || end !== document.length) throw new RangeError('not one document')
  const reader = new Reader(content)
  for (let actors = reader.unsigned(); actors > 0; actors--) reader.take(reader.unsigned())
  for (let heads = reader.unsigned(); heads > 0; heads--) reader.take(HASH_BYTES)
  const changes = columnsOf(reader)
  const operations = columnsOf(reader)
  for (const [, length] of changes) reader.take(length)
  for (const [id, length] of operations) {
    const bytes = reader.take(length)
    if (id !== ACTION) continue
    // defence: operations-in-bounds
    if (new RunColumn(bytes, (from) => from.unsigned()).count() > MOST_OPERATIONS)
      throw new RangeError('too many operations')
  }
}

function columnsOf(reader: Reader): (readonly [id: number, length: number])[] {
  const columns: (readonly [number, number])[] = []
  for (let count = reader.unsigned(); count > 0; count--) {
    const id = reader.unsigned()
    // defence: documents-inflate-to-nothing
    if ((id & DEFLATED_COLUMN) !== 0) throw new RangeError('a deflated column')
    columns.push([id, reader.unsigned()])
  }
  return columns
}

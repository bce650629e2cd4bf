/** Splices of collaborative text. Indices are UTF-16 units, as the wasm counts them. */
import type { Handle } from './handle.js'
import { insertText } from './write-value.js'

/**
 * Deletes `n` units at `i` and inserts `insert`. Changes nothing where the range is not there, or where it begins
 * or ends inside a surrogate pair (Automerge would move it aside, and delete what nobody asked to delete).
 */
export function spliceText(doc: Handle, text: string, i: number, n: number, insert: string): void {
  const length = doc.length(text)
  if (i + n > length || (n === 0 && insert === '')) return
  if (splitsPair(doc, text, i, length) || (n > 0 && splitsPair(doc, text, i + n, length))) return
  if (n > 0) doc.splice(text, i, n, '')
  insertText(doc, text, i, insert)
}

/** Whether an index lies between the two units of one character. */
function splitsPair(doc: Handle, text: string, index: number, length: number): boolean {
  if (index === 0 || index === length) return false
  const character = doc.get(text, index)
  if (typeof character !== 'string' || character.length < 2) return false
  // Both indices of a pair give the same character, which its operation tells from an equal neighbour.
  return doc.getAll(text, index)[0]?.[2] === doc.getAll(text, index - 1)[0]?.[2]
}

/** Splices of one collaborative text. Indices are UTF-16 units, as the wasm counts them. */
import type { Handle } from './handle.js'
import { insertText, TEXT_TURN, type Turned } from './write-value.js'

/** Units that are deleted in one turn: each is an operation. */
const DELETE_TURN = 64 << 10

/** Keeps the length and the latest boundaries, since each question to the wasm costs as much as a keystroke. */
export class TextSplicer {
  readonly #doc: Handle
  readonly #text: string
  #length: number
  /** Ends of the latest splice: both are known to split no pair. */
  #known: readonly [number, number] = [0, 0]

  readonly #turned: Turned

  constructor(doc: Handle, text: string, turned: Turned) {
    this.#doc = doc
    this.#turned = turned
    this.#text = text
    this.#length = doc.length(text)
  }

  /**
   * Deletes `n` units at `i` and inserts `insert`. Changes nothing where the range is not there, or where it begins
   * or ends inside a surrogate pair (Automerge would move it aside, and delete what nobody asked to delete).
   */
  splice(i: number, n: number, insert: string): void {
    if (i + n > this.#length || (n === 0 && insert === '')) return
    if (this.#splitsPair(i) || (n > 0 && this.#splitsPair(i + n))) return
    if (insert.length <= TEXT_TURN && n <= DELETE_TURN) this.#doc.splice(this.#text, i, n, insert)
    else {
      this.#delete(i, n)
      insertText(this.#doc, this.#text, i, insert, this.#turned)
    }
    this.#length += insert.length - n
    this.#known = [i, i + insert.length]
  }

  #delete(i: number, n: number): void {
    while (n > 0) {
      // Of a pair both units go: Automerge would take the other one along.
      const some =
        n > DELETE_TURN && this.#isInPair(i + DELETE_TURN) ? DELETE_TURN + 1 : Math.min(n, DELETE_TURN)
      this.#doc.splice(this.#text, i, some, '')
      n -= some
      this.#turned()
    }
  }

  /** Whether an index lies between the two units of one character. */
  #splitsPair(index: number): boolean {
    if (index === 0 || index === this.#length || this.#known.includes(index)) return false
    return this.#isInPair(index)
  }

  #isInPair(index: number): boolean {
    const character = this.#doc.get(this.#text, index)
    if (typeof character !== 'string' || character.length < 2) return false
    // Both indices of a pair give the same character, which its operation tells from an equal neighbour.
    return opAt(this.#doc, this.#text, index) === opAt(this.#doc, this.#text, index - 1)
  }
}

const opAt = (doc: Handle, text: string, index: number) => doc.getAll(text, index)[0]?.[2]

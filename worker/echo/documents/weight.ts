/**
 * How much an object holds. What shows after a merge depends on who has merged what, and a verdict must not: so a
 * change is judged by what its author saw. That need not be read as long as all that was ever written, in all changes
 * together, is less than the bound.
 */
import { MAX_OBJECT, MAX_TEXT, utf8Length } from '../../protocol/values.js'
import { opsOf, readChange, type Change, type ChangeOp } from './change.js'
import { ROOT, type Handle } from './handle.js'
import { refuse } from './refused.js'

/** Devices that write at once may come to more together than each may alone: refused is what is far beyond. */
const MOST_TEXT = 2 * MAX_TEXT
const MOST_OBJECT = 2 * MAX_OBJECT

/** Upper bound of the bytes that an operation adds to what shows: of text, twice the bytes. */
export function weightOf({ action, at, value }: ChangeOp): number {
  if (action === 'del' || action === 'inc') return 0
  const key = typeof at === 'string' ? at.length * 3 : 0
  if (value.t === 'str') return key + 1 + value.bytes
  return key + 9 + (value.t === 'bytes' ? value.bytes : 0)
}

/** Counts what was ever written to a document; each change once. */
export class Weight {
  readonly #doc: Handle
  #heads: string[] = []
  #bytes = 0

  constructor(doc: Handle) {
    this.#doc = doc
  }

  /** Counts what is here and was not counted. To be called before others' changes are applied. */
  count(): void {
    for (const bytes of this.#doc.getChanges(this.#heads)) this.#add(readChange(bytes))
    this.#heads = this.#doc.getHeads()
  }

  /**
   * These were applied, and nothing else since `count`.
   * @throws Refused `too-large` if an author's object was beyond the bounds
   */
  check(changes: readonly Change[]): void {
    for (const change of changes) this.#add(change)
    this.#heads = this.#doc.getHeads()
    if (this.#bytes <= MOST_TEXT) return
    for (const { hash } of changes)
      if (measure(this.#doc.materialize(ROOT, [hash])) > MOST_OBJECT) refuse('too-large')
  }

  #add(change: Change): void {
    for (const op of opsOf(change)) this.#bytes += weightOf(op)
  }
}

/** @throws Refused `too-large` for one text */
function measure(value: unknown): number {
  if (typeof value === 'string') {
    const bytes = utf8Length(value)
    return bytes > MOST_TEXT ? refuse('too-large') : 1 + bytes
  }
  if (typeof value !== 'object' || value === null) return 9
  if (value instanceof Uint8Array) return 9 + value.length
  let sum = 9
  if (Array.isArray(value)) for (const item of value) sum += measure(item)
  else for (const [key, item] of Object.entries(value)) sum += key.length * 3 + measure(item)
  return sum
}

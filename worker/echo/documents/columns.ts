/** Columns of a change, one value an operation. Runs are never unrolled: a few bytes may stand for millions of values. */
import { Reader } from './reader.js'

/**
 * Run-length encoding: a positive count and the value repeated, a negative one and so many values, or 0 and a count
 * of nulls. A column that is left out is null everywhere. Values are encoded in one way only: Automerge encodes them
 * again when it saves a document, and other bytes would be another change.
 */
export class RunColumn<T> {
  readonly #reader: Reader
  readonly #read: (reader: Reader) => T
  #left = 0
  #kind: 'start' | 'repeat' | 'literal' | 'null' = 'start'
  #value: T | null = null
  readonly #absent: boolean

  constructor(bytes: Uint8Array | undefined, read: (reader: Reader) => T) {
    this.#reader = new Reader(bytes ?? new Uint8Array())
    this.#read = read
    this.#absent = bytes === undefined
  }

  /** Whether as many values were read as there are. */
  get done(): boolean {
    return this.#left === 0 && this.#reader.done
  }

  next(): T | null {
    if (this.#absent) return null
    if (this.#left === 0) this.#run()
    this.#left--
    return this.#kind === 'literal' ? this.#literal() : this.#value
  }

  /** How many values there are. The column is then at its end. */
  count(): number {
    let total = 0
    while (!this.done) {
      if (this.#left === 0) this.#run()
      total += this.#left
      if (this.#kind === 'literal') for (; this.#left > 0; this.#left--) this.#literal()
      this.#left = 0
    }
    return total
  }

  #run(): void {
    const count = this.#reader.signed()
    const kind = count > 0 ? 'repeat' : count < 0 ? 'literal' : 'null'
    if (kind === this.#kind && kind !== 'repeat') throw new RangeError('two runs that are one')
    if (kind === 'literal') {
      this.#left = -count
    } else if (kind === 'null') {
      this.#left = this.#reader.unsigned()
      if (this.#left === 0 || (this.#kind === 'start' && this.#reader.done))
        throw new RangeError('a run of nothing')
      this.#value = null
    } else {
      this.#left = count
      this.#value = this.#other(this.#read(this.#reader))
      if (count === 1) throw new RangeError('a repetition of one')
    }
    this.#kind = kind
  }

  #literal(): T {
    return (this.#value = this.#other(this.#read(this.#reader)))
  }

  #other(value: T): T {
    if (value === this.#value) throw new RangeError('two runs that are one')
    return value
  }
}

/** Run-length encoded differences to the value before; nulls do not count. */
export class DeltaColumn {
  readonly #differences: RunColumn<number>
  #value = 0

  constructor(bytes: Uint8Array | undefined) {
    this.#differences = new RunColumn(bytes, (reader) => reader.signed())
  }

  get done(): boolean {
    return this.#differences.done
  }

  next(): number | null {
    const difference = this.#differences.next()
    if (difference === null) return null
    this.#value += difference
    if (!Number.isSafeInteger(this.#value) || this.#value < 0) throw new RangeError('not a counter')
    return this.#value
  }
}

/** Counts of false and true in turn, beginning with false. */
export class BooleanColumn {
  readonly #reader: Reader
  #left = 0
  #value = true

  constructor(bytes: Uint8Array | undefined) {
    this.#reader = new Reader(bytes ?? new Uint8Array())
  }

  get done(): boolean {
    return this.#left === 0 && this.#reader.done
  }

  next(): boolean {
    for (let first = this.#reader.at === 0; this.#left === 0; first = false) {
      this.#value = !this.#value
      this.#left = this.#reader.unsigned()
      if (this.#left === 0 && !first) throw new RangeError('a run of nothing')
    }
    this.#left--
    return this.#value
  }
}

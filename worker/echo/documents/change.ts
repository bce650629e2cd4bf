/**
 * One Automerge change, read without Automerge: to be judged before the wasm sees a byte of it. Strict: only what
 * Automerge itself writes for a change of ours is one, and it is never inflated.
 *
 *   content = deps, actor, seq, first operation, time, message, other actors, columns, their bytes
 *
 * Format: https://automerge.org/automerge-binary-format-spec/ (change chunks).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { CHANGE, DEFLATED_CHANGE, HASHED_FROM, readChunk, type Chunk } from './chunk.js'
import { BooleanColumn, DeltaColumn, RunColumn } from './columns.js'
import { Reader } from './reader.js'
import { refuse } from './refused.js'

/** An operation in or before a change: its counter, and which of the change's actors made it. */
export interface Ref {
  readonly counter: number
  /** Index into `actors`; 0 is the change's own. */
  readonly actor: number
}
export type Action = 'makeMap' | 'set' | 'makeList' | 'del' | 'makeText' | 'inc'
export type Scalar =
  | { readonly t: 'null' }
  | { readonly t: 'boolean'; readonly v: boolean }
  | { readonly t: 'int' | 'f64' | 'counter' | 'timestamp'; readonly v: number }
  | { readonly t: 'str'; readonly v: string; readonly bytes: number }
  | { readonly t: 'bytes'; readonly bytes: number }

export interface ChangeOp {
  readonly counter: number
  /** The object it is about; null for the root. */
  readonly obj: Ref | null
  /** A key of a map, or an element of a list or text by the operation that inserted it; null is before the first. */
  readonly at: string | Ref | null
  readonly insert: boolean
  readonly action: Action
  readonly value: Scalar
  readonly pred: readonly Ref[]
}

export interface Change {
  readonly bytes: Uint8Array
  /** SHA-256 as hex, as dependencies name it. */
  readonly hash: string
  readonly deps: readonly string[]
  /** As hex; the author first. */
  readonly actors: readonly string[]
  readonly seq: number
  readonly startOp: number
  /** Counter of the last operation. */
  readonly maxOp: number
  readonly timeMs: number
  readonly columns: ReadonlyMap<number, Uint8Array>
}

const ACTIONS: readonly Action[] = ['makeMap', 'set', 'makeList', 'del', 'makeText', 'inc']
const NONE: Scalar = { t: 'null' }

/** Column ids: number of the column × 16, and its type. */
const OBJ_ACTOR = 0x01
const OBJ_COUNTER = 0x02
const KEY_ACTOR = 0x11
const KEY_COUNTER = 0x13
const KEY_STRING = 0x15
const INSERT = 0x34
const ACTION = 0x42
const VALUE_META = 0x56
const VALUE = 0x57
const PRED_COUNT = 0x70
const PRED_ACTOR = 0x71
const PRED_COUNTER = 0x73
const COLUMNS: readonly number[] = [
  OBJ_ACTOR,
  OBJ_COUNTER,
  KEY_ACTOR,
  KEY_COUNTER,
  KEY_STRING,
  INSERT,
  ACTION,
  VALUE_META,
  VALUE,
  PRED_COUNT,
  PRED_ACTOR,
  PRED_COUNTER,
]
/** Set in the id of a column whose bytes are deflated. */
const DEFLATED_COLUMN = 0x08

const unsigned = (reader: Reader) => reader.unsigned()

/** @throws Refused `malformed`, `checksum`, `deflated` */
export function readChange(bytes: Uint8Array): Change {
  const { kind, content, end } = orMalformed<Chunk>(() => readChunk(bytes))
  if (kind === DEFLATED_CHANGE) refuse('deflated')
  if (kind !== CHANGE || end !== bytes.length) refuse('malformed')
  const digest = sha256(bytes.subarray(HASHED_FROM))
  for (let i = 0; i < 4; i++) if (bytes[4 + i] !== digest[i]) refuse('checksum')
  return orMalformed(() => {
    const reader = new Reader(content)
    const hex = (length: number) => bytesToHex(reader.take(length))
    const list = <T>(item: () => T) => Array.from({ length: atMost(reader.unsigned(), reader.left) }, item)
    const actorId = () => (reader.unsigned() === 16 ? hex(16) : malformed())
    const deps = list(() => hex(32))
    const actor = actorId()
    const seq = reader.unsigned()
    const startOp = reader.unsigned()
    const timeMs = reader.signed()
    if (reader.unsigned() !== 0) throw new RangeError('a message')
    const others = list(actorId)
    const columns = readColumns(reader)
    if (!reader.done) throw new RangeError('trailing bytes')
    const count = new RunColumn(columns.get(ACTION), unsigned).count()
    const maxOp = startOp + count - 1
    return {
      bytes,
      hash: bytesToHex(digest),
      deps,
      actors: [actor, ...others],
      seq,
      startOp,
      maxOp,
      timeMs,
      columns,
    }
  })
}

function readColumns(reader: Reader): ReadonlyMap<number, Uint8Array> {
  const ids: [id: number, length: number][] = []
  for (let count = atMost(reader.unsigned(), COLUMNS.length); count > 0; count--) {
    const id = reader.unsigned()
    const length = reader.unsigned()
    if ((id & DEFLATED_COLUMN) !== 0) refuse('deflated')
    if (!COLUMNS.includes(id) || length === 0 || id <= (ids.at(-1)?.[0] ?? 0))
      throw new RangeError('not columns of a change')
    ids.push([id, length])
  }
  return new Map(ids.map(([id, length]) => [id, reader.take(length)]))
}

/**
 * The operations in order, read as they are asked for.
 * @throws Refused `malformed`, also where one column has more than another
 */
export function* opsOf(change: Change): Generator<ChangeOp> {
  const { columns, startOp, maxOp, actors } = change
  const run = (id: number) => new RunColumn(columns.get(id), unsigned)
  const objActor = run(OBJ_ACTOR)
  const objCounter = run(OBJ_COUNTER)
  const keyActor = run(KEY_ACTOR)
  const keyCounter = new DeltaColumn(columns.get(KEY_COUNTER))
  const keyString = new RunColumn(columns.get(KEY_STRING), (reader) => reader.text(reader.unsigned()))
  const insert = new BooleanColumn(columns.get(INSERT))
  const action = run(ACTION)
  const meta = run(VALUE_META)
  const values = new Reader(columns.get(VALUE) ?? new Uint8Array())
  const predCount = run(PRED_COUNT)
  const predActor = run(PRED_ACTOR)
  const predCounter = new DeltaColumn(columns.get(PRED_COUNTER))
  const all = [objActor, objCounter, keyActor, keyCounter, keyString, insert, action, meta, values]

  const ref = (actor: number | null, counter: number | null): Ref | null => {
    if (actor === null && counter === null) return null
    if (actor === null || counter === null || actor >= actors.length || counter === 0)
      throw new RangeError('not an operation')
    return { counter, actor }
  }
  const key = (): string | Ref | null => {
    const [actor, counter, string] = [keyActor.next(), keyCounter.next(), keyString.next()]
    if (string !== null) {
      if (actor !== null || counter !== null) throw new RangeError('two keys')
      return string
    }
    if (actor === null && counter === 0) return null
    return ref(actor, counter) ?? malformed()
  }
  const read = (counter: number): ChangeOp => ({
    counter,
    obj: ref(objActor.next(), objCounter.next()),
    at: key(),
    insert: insert.next(),
    action: ACTIONS[action.next() ?? -1] ?? malformed(),
    value: readScalar(meta.next() ?? malformed(), values),
    pred: Array.from(
      { length: atMost(predCount.next() ?? 0, MAX_PRED) },
      () => ref(predActor.next(), predCounter.next()) ?? malformed(),
    ),
  })
  for (let counter = startOp; counter <= maxOp; counter++) yield orMalformed(() => read(counter))
  if (![...all, predCount, predActor, predCounter].every(({ done }) => done)) refuse('malformed')
}

/** Values that one operation replaces: as many as there are writers at most. */
const MAX_PRED = 1 << 16

function readScalar(meta: number, values: Reader): Scalar {
  const bytes = Math.floor(meta / 16)
  const end = values.at + bytes
  const scalar = scalarOf(meta % 16, bytes, values)
  if (values.at !== end) throw new RangeError('a value of another length')
  return scalar
}

function scalarOf(type: number, bytes: number, values: Reader): Scalar {
  switch (type) {
    case 0:
      return NONE
    case 1:
    case 2:
      return { t: 'boolean', v: type === 2 }
    case 4:
      return { t: 'int', v: values.signed() }
    case 5: {
      const float = values.take(8)
      return { t: 'f64', v: new DataView(float.buffer, float.byteOffset, 8).getFloat64(0, true) }
    }
    case 6:
      return { t: 'str', v: values.text(bytes), bytes }
    case 7:
      values.take(bytes)
      return { t: 'bytes', bytes }
    case 8:
      return { t: 'counter', v: values.signed() }
    case 9:
      return { t: 'timestamp', v: values.signed() }
    default:
      // 3 is an unsigned integer, which no device of ours writes.
      throw new RangeError('no value of ours')
  }
}

function atMost(count: number, most: number): number {
  if (count > most) throw new RangeError('too many')
  return count
}

function malformed(): never {
  throw new RangeError('not an operation')
}

function orMalformed<T>(read: () => T): T {
  try {
    return read()
  } catch (e) {
    // Bytes that are not there, numbers and UTF-8 that are not right.
    if (e instanceof RangeError || e instanceof TypeError) refuse('malformed')
    throw e
  }
}

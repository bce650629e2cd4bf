/**
 * Conversions: a plain integer into a counter, a plain string into text. Each is a change of its own that says the
 * same on every device (actor, sequence, dependencies, operations and time follow from the value converted), so
 * that two devices which convert at once make one change, and their edits on top of it merge.
 * Spec: docs/protocol/objects.md.
 */
import { encodeChange } from '@automerge/automerge/slim'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { ObjectId } from '../../protocol/ids.js'
import { conversionActor } from './actors.js'
import type { Node } from './change-graph.js'
import type { ChangeIndex } from './change-index.js'
import { ROOT, TYPE_KEY, type Handle, type OpId } from './handle.js'
import type { Place } from './place.js'
import { textTurns } from './write-value.js'

/** An operation as the wasm takes it; its own type leaves out what belongs to lists. */
interface ChangeOp {
  readonly action: 'set' | 'makeText'
  readonly obj: string
  readonly key?: string
  readonly elemId?: string
  readonly insert?: true
  readonly value?: number | string
  readonly datatype?: 'counter'
  readonly pred: readonly OpId[]
}

/** What the conversions of one document need to know. Nothing may be pending in the document. */
export interface Conversions {
  readonly object: ObjectId
  readonly doc: Handle
  readonly index: ChangeIndex
}

/** Of the change that a conversion depends on. */
export type After = Pick<Node, 'hash' | 'maxOp'>
/** How an operation names what it is about. A list's elements go by the operation that inserted them. */
export type Target =
  { readonly obj: string; readonly key: string } | { readonly obj: string; readonly elemId: OpId }

export interface Encoded {
  readonly change: Uint8Array
  readonly hash: string
}

/** The change that makes a counter of the plain integer at `place`. */
export function convertToCounter(on: Conversions, place: Place): Uint8Array {
  const [type, before, op] = winner(on.doc, place)
  if (type !== 'int') throw new TypeError(`a ${type} cannot be counted`)
  // The wasm gives 2^53 − 1 as a bigint already.
  return counterOf(on.object, on.index.changeOf(op), target(on, place, op), op, Number(before)).change
}

/** The change that makes a counter of a field that is not set. */
export function makeCounter(on: Conversions, { obj, prop }: Place & { prop: string }): Uint8Array {
  // The root was made by the creation, which writes the type; any other map by the operation that it is named by.
  const after = on.index.changeOf(obj === ROOT ? winner(on.doc, { obj, prop: TYPE_KEY })[2] : obj)
  for (let life = 0; ; life++) {
    // A field that was counted, deleted and is counted again starts another life.
    const { change, hash } = counterFrom0(on.object, after, obj, prop, life)
    if (!on.doc.getChangeByHash(hash)) return change
  }
}

/** The changes, in order, that make text of the plain string at `place`: one for each turn of text. */
export function convertToText(on: Conversions, place: Place): Uint8Array[] {
  const [type, value, op] = winner(on.doc, place)
  if (type !== 'str') throw new TypeError(`a ${type} cannot become text`)
  const turns = textOf(on.object, on.index.changeOf(op), target(on, place, op), op, value)
  return Array.from(turns, ({ change }) => change)
}

/** The conversion of the integer that `op` wrote in the change `after`. */
export function counterOf(object: ObjectId, after: After, target: Target, op: OpId, value: number): Encoded {
  const set: ChangeOp = { action: 'set', ...target, value, datatype: 'counter', pred: [op] }
  return encodeAfter(after, conversionActor(object, 'counter', op), 1, [set])
}

/** The conversion of a field that is not set, in the map `obj` that the change `after` made. */
export function counterFrom0(
  object: ObjectId,
  after: After,
  obj: string,
  key: string,
  life: number,
): Encoded {
  const set: ChangeOp = { action: 'set', obj, key, value: 0, datatype: 'counter', pred: [] }
  return encodeAfter(after, conversionActor(object, 'counter', obj, key, String(life)), 1, [set])
}

/** The conversion of the string that `op` wrote in the change `after`: turn after turn, as they are asked for. */
export function* textOf(
  object: ObjectId,
  after: After,
  target: Target,
  op: OpId,
  value: string,
): Generator<Encoded> {
  const actor = conversionActor(object, 'text', op)
  const text = `${after.maxOp + 1}@${actor}`
  let ops: ChangeOp[] = [{ action: 'makeText', ...target, pred: [op] }]
  let seq = 1
  let elemId = '_head'
  for (const turn of value === '' ? [''] : textTurns(value)) {
    const startOp = after.maxOp + 1
    for (const character of turn) {
      const counter = startOp + ops.length
      ops.push({ action: 'set', obj: text, elemId, insert: true, value: character, pred: [] })
      elemId = `${counter}@${actor}`
    }
    const encoded = encodeAfter(after, actor, seq++, ops)
    yield encoded
    after = { hash: encoded.hash, maxOp: after.maxOp + ops.length }
    ops = []
  }
}

/** The value that shows, with the operation that wrote it. */
function winner(doc: Handle, { obj, prop }: Place) {
  return doc.getAll(obj, prop).at(-1) as [string, never, OpId]
}

function target(on: Conversions, { obj, prop }: Place, op: OpId): Target {
  return typeof prop === 'string' ? { obj, key: prop } : { obj, elemId: on.index.elementOf(op) }
}

function encodeAfter(after: After, actor: string, seq: number, ops: readonly ChangeOp[]): Encoded {
  const change = encodeChange({
    actor,
    author: null,
    seq,
    startOp: after.maxOp + 1,
    time: 0,
    message: null,
    deps: [after.hash],
    ops: ops as never,
  })
  // A change is named by the digest of all that follows its magic bytes and checksum.
  return { change, hash: bytesToHex(sha256(change.subarray(8))) }
}

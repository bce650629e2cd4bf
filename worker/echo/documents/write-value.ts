/**
 * Stored values into an Automerge document. The order of the operations is part of the format of creations
 * (golden vectors guard it): depth first, keys in code unit order, lists and text from the start.
 */
import { isLink, isList, isText, isTime, type Stored, type StoredRecord } from '../../protocol/values.js'
import { LINK_KEY, type Handle } from './handle.js'

type Scalar = Parameters<Handle['put']>[2]
type Datatype = Parameters<Handle['put']>[3]
/** UTF-16 units of one turn of text, at most 48 KiB of UTF-8: long inserts are made of several turns. */
export const TEXT_TURN = 16 << 10

/** Runs after each turn of text: what was written by then may become a change of its own. */
export type Turned = () => void
const whole: Turned = () => undefined

/** Sets a key of a map, or replaces an element of a list. */
export function putValue(
  doc: Handle,
  obj: string,
  prop: string | number,
  value: Stored,
  turned = whole,
): void {
  const scalar = asScalar(value)
  if (scalar) doc.put(obj, prop, ...scalar)
  else fill(doc, doc.putObject(obj, prop, emptyOf(value)), value, turned)
}

/** Inserts an element before index `index` of a list. */
export function insertValue(doc: Handle, list: string, index: number, value: Stored, turned = whole): void {
  const scalar = asScalar(value)
  if (scalar) doc.insert(list, index, ...scalar)
  else fill(doc, doc.insertObject(list, index, emptyOf(value)), value, turned)
}

/** Writes the fields of a record into a map. */
export function putFields(doc: Handle, map: string, fields: StoredRecord, turned = whole): void {
  for (const key of Object.keys(fields).sort()) putValue(doc, map, key, fields[key]!, turned)
}

/** Inserts text in turns that split no surrogate pair. */
export function insertText(doc: Handle, text: string, index: number, insert: string, turned = whole): void {
  for (const part of textTurns(insert)) {
    doc.splice(text, index, 0, part)
    index += part.length
    turned()
  }
}

export function* textTurns(text: string): Generator<string> {
  for (let start = 0, end: number; start < text.length; start = end) {
    end = Math.min(start + TEXT_TURN, text.length)
    if (end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00) end--
    yield text.slice(start, end)
  }
}

const emptyOf = (value: Stored) => (isList(value) ? [] : isText(value) ? '' : {})

function fill(doc: Handle, obj: string, value: Stored, turned: Turned): void {
  if (isText(value)) insertText(doc, obj, 0, value['@text'], turned)
  else if (isLink(value)) doc.put(obj, LINK_KEY, value['@link'], 'str')
  else if (isList(value)) value.forEach((item, i) => insertValue(doc, obj, i, item, turned))
  else putFields(doc, obj, value as StoredRecord, turned)
}

/** Value and type of what is one operation in Automerge; undefined for containers. */
function asScalar(value: Stored): [Scalar, Datatype] | undefined {
  switch (typeof value) {
    case 'string':
      return [value, 'str']
    case 'boolean':
      return [value, 'boolean']
    case 'number':
      // Automerge keeps −0 in a float; ours is 0, the integer.
      return Number.isSafeInteger(value) ? [value === 0 ? 0 : value, 'int'] : [value, 'f64']
  }
  if (value === null) return [null, 'null']
  if (value instanceof Uint8Array) return [value, 'bytes']
  return isTime(value) ? [value['@time'], 'timestamp'] : undefined
}

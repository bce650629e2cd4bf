/** From what an app writes to the stored form: checked before anything changes, so that a refusal changes nothing. */
import { HearthError, invalid } from '../worker/protocol/errors.js'
import { isId } from '../worker/protocol/ids.js'
import {
  checkKey,
  checkNumber,
  checkString,
  isLink,
  MAX_BYTES,
  MAX_DEPTH,
  type Stored,
  type StoredRecord,
} from '../worker/protocol/values.js'
import { storedOf } from './identity.js'

/** The mark that makes a field collaborative text. It is only ever assigned; it reads back as a string. */
export class Text {
  constructor(readonly initial: string) {
    checkString(initial)
  }
}

/** @throws HearthError `echo/invalid`, `echo/too-large` */
export function storeValue(value: unknown, depth = 1, around: readonly object[] = []): Stored {
  if (depth > MAX_DEPTH)
    throw new HearthError('echo/too-large', { reason: `values nested more than ${MAX_DEPTH} deep` })
  if (typeof value === 'string') return checkString(value)
  if (typeof value === 'number') return checkNumber(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return invalid(`a ${typeof value}`)
  const live = storedOf(value)
  if (live) return live
  if (value instanceof Text) return { '@text': value.initial }
  if (value instanceof Date) return { '@time': checkNumber(value.getTime()) }
  if (value instanceof Uint8Array) {
    if (value.length > MAX_BYTES) throw new HearthError('echo/too-large', { reason: 'bytes over 64 KiB' })
    return value.slice()
  }
  if (around.includes(value)) invalid('it contains itself')
  const inside = [...around, value]
  if (Array.isArray(value)) return Array.from(value, (item) => storeValue(item, depth + 1, inside))
  // What `plain` and `snapshot` give for a link.
  if (isLink(value) && isId(value['@link']) && Object.keys(value).length === 1)
    return { '@link': value['@link'] }
  const prototype = Object.getPrototypeOf(value) as object | null
  // Plain objects of another frame have another Object.prototype, whose own prototype is null all the same.
  if (prototype && Object.getPrototypeOf(prototype) !== null)
    invalid(`a ${value.constructor?.name || 'class instance'}`)
  return storeRecord(value as Record<string, unknown>, depth, inside)
}

/** Fields that are undefined are left out. @throws HearthError `echo/invalid`, `echo/too-large` */
export function storeRecord(
  value: Record<string, unknown>,
  depth = 0,
  around: readonly object[] = [],
): StoredRecord {
  const record: Record<string, Stored> = {}
  if (Object.getOwnPropertySymbols(value).length > 0) invalid('a symbol')
  for (const key of Object.keys(value)) {
    checkKey(key)
    if (value[key] !== undefined) record[key] = storeValue(value[key], depth + 1, around)
  }
  return record
}

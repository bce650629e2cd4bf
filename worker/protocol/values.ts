/**
 * The stored form of what apps write: plain, immutable, the same in a tab, a message, a page and an entry.
 * Text, time and links are records with one key that begins with `@`, which no app may write itself.
 * Spec: docs/protocol/objects.md.
 */
import { HearthError, invalid } from './errors.js'
import type { ObjectId } from './ids.js'

export type Stored = null | boolean | number | string | Uint8Array | readonly Stored[] | StoredRecord
export interface StoredRecord {
  readonly [key: string]: Stored
}
/** Collaborative text, as against a plain string, which is a register. */
export type StoredText = { readonly '@text': string }
/** A point in time, in milliseconds since 1970. */
export type StoredTime = { readonly '@time': number }
export type StoredLink = { readonly '@link': ObjectId }

/** Bytes of UTF-8 in one text or string. */
export const MAX_TEXT = 4 << 20
/** Bytes of one object, as `sizeOf` counts them. */
export const MAX_OBJECT = 16 << 20
/** Bytes in one binary value; more is a file. */
export const MAX_BYTES = 64 << 10
/** Containers inside containers. */
export const MAX_DEPTH = 64
/** Characters of one key, and of a type name. */
export const MAX_KEY = 512

export const isText = (v: unknown): v is StoredText => typeof v === 'object' && v !== null && '@text' in v
export const isTime = (v: unknown): v is StoredTime => typeof v === 'object' && v !== null && '@time' in v
export const isLink = (v: unknown): v is StoredLink => typeof v === 'object' && v !== null && '@link' in v
export const isList = (v: unknown): v is readonly Stored[] => Array.isArray(v)
/** A record of the app's own: neither list, bytes, text, time nor link. */
export const isRecord = (v: unknown): v is StoredRecord =>
  typeof v === 'object' &&
  v !== null &&
  !isList(v) &&
  !(v instanceof Uint8Array) &&
  !isText(v) &&
  !isTime(v) &&
  !isLink(v)

/** @throws HearthError `echo/invalid`, `echo/too-large` */
export function checkKey(key: string): string {
  if (key === '') invalid('a field needs a name')
  if (key.length > MAX_KEY)
    throw new HearthError('echo/too-large', { reason: `a field name over ${MAX_KEY} characters` })
  if (key[0] === '@' || key[0] === '$')
    invalid(`field names that begin with "${key[0]}" are reserved ("${key}")`)
  if (key === '__proto__' || key === 'constructor' || key === 'prototype')
    invalid(`"${key}" cannot be a field name`)
  return checkString(key)
}

/** @throws HearthError `echo/invalid` for a lone surrogate, `echo/too-large` over 4 MiB of UTF-8 */
export function checkString(text: string): string {
  // With the `u` flag a pair is one character, so what matches is a surrogate that stands alone.
  if (/\p{Surrogate}/u.test(text)) invalid('text with half of a surrogate pair')
  if (utf8Length(text) > MAX_TEXT) throw new HearthError('echo/too-large', { reason: 'a text over 4 MiB' })
  return text
}

/** Integers beyond 2^53 are floats like any other; −0 is 0. @throws HearthError `echo/invalid` */
export function checkNumber(n: number): number {
  if (!Number.isFinite(n)) invalid(`${n} is not a finite number`)
  return n === 0 ? 0 : n
}

/** Bytes of UTF-8, exactly where it may matter and as an upper bound (3 a unit) where it cannot. */
export function utf8Length(text: string): number {
  if (text.length * 3 <= 1024) return text.length * 3
  let bytes = text.length
  for (const [part] of text.matchAll(/[^\0-\x7f]+/g))
    for (let i = 0; i < part.length; i++) {
      const unit = part.charCodeAt(i)
      // A surrogate pair is four bytes of UTF-8: two for each of its units.
      bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2
    }
  return bytes
}

/** Upper bound of the bytes a value takes, for the bounds on objects and flushes. */
export function sizeOf(value: Stored): number {
  if (typeof value === 'string') return 8 + utf8Length(value)
  if (typeof value !== 'object' || value === null) return 9
  if (value instanceof Uint8Array) return 8 + value.length
  let size = 8
  if (isList(value)) for (const item of value) size += sizeOf(item)
  else for (const key in value) size += key.length * 3 + sizeOf((value as StoredRecord)[key]!)
  return size
}

/** Deep equality of stored values; identical references cost nothing. */
export function sameStored(a: Stored | undefined, b: Stored | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (isList(a) || a instanceof Uint8Array) {
    if (isList(a) ? !isList(b) : !(b instanceof Uint8Array)) return false
    const [x, y] = [a, b] as [readonly Stored[], readonly Stored[]]
    return x.length === y.length && x.every((item, i) => sameStored(item, y[i]))
  }
  if (isList(b) || b instanceof Uint8Array) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && sameStored((a as StoredRecord)[key], (b as StoredRecord)[key]),
    )
  )
}

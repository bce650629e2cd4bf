/** CBOR as ECHO writes it, in its one deterministic form, and what of it came from anywhere: read as what it is to be, or refused. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { hashText } from './hash-text.js'

const HASH_BYTES = 32

export const cbor = (value: unknown): Uint8Array => encode(value, rfc8949EncodeOptions)

/** @throws Error for what is not CBOR in its one deterministic form */
export const strictCbor = (bytes: Uint8Array): unknown =>
  decode(bytes, { strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false })

// Each throws an Error for anything else.

export function asList(value: unknown, length: number): readonly unknown[] {
  return Array.isArray(value) && value.length === length ? value : refuse(`a list of ${length}`)
}

export function asListUpTo(value: unknown, most = Infinity): readonly unknown[] {
  return Array.isArray(value) && value.length <= most ? value : refuse('a list')
}

/** @param length of any, if it is left out */
export function asBytes(value: unknown, length?: number): Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
    ? value
    : refuse('bytes')
}

export const asHash = (value: unknown): Uint8Array => asBytes(value, HASH_BYTES)

/** As the text that stands for each. */
export const asHashes = (value: unknown, most?: number): string[] =>
  asListUpTo(value, most).map((one) => hashText(asHash(one)))

export function asWhole(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : refuse('a whole number')
}

/** One, or more. */
export function asPositive(value: unknown): number {
  return asWhole(value) >= 1 ? (value as number) : refuse('a count')
}

function refuse(expected: string): never {
  throw new Error(`${expected} was to be here`)
}

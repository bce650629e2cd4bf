/**
 * Branded identifiers and their encodings. Ids are random or hashed bytes in base64url without padding;
 * none of them carries authority, order or time.
 */
declare const brand: unique symbol
type Branded<B extends string> = string & { readonly [brand]: B }

/** 128 random bits, 22 characters. */
export type ObjectId = Branded<'ObjectId'>
/** SHA-256 of the space's genesis, 43 characters. */
export type SpaceId = Branded<'SpaceId'>
/** The device that writes a feed: its Ed25519 key, 43 characters. */
export type DeviceId = Branded<'DeviceId'>
/** SHA-256 of the genesis of the identity that a device belongs to, 43 characters; also the id of its personal space. */
export type IdentityId = Branded<'IdentityId'>
/** One page load of one tab, 22 characters: it numbers its batches from 1. */
export type ClientId = Branded<'ClientId'>
/** One life of the worker, 22 characters. A new one means that its memory is gone. */
export type InstanceId = Branded<'InstanceId'>

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Bytes as base64url without padding. Written out: by `btoa` and a replacement of what differs it takes several times as long. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text +=
      DIGITS[three >> 18]! + DIGITS[(three >> 12) & 63]! + DIGITS[(three >> 6) & 63]! + DIGITS[three & 63]!
  }
  const left = bytes.length - i
  if (left === 1) text += DIGITS[bytes[i]! >> 2]! + DIGITS[(bytes[i]! & 3) << 4]!
  else if (left === 2) {
    const two = (bytes[i]! << 8) | bytes[i + 1]!
    text += DIGITS[two >> 10]! + DIGITS[(two >> 4) & 63]! + DIGITS[(two & 15) << 2]!
  }
  return text
}

/** The bytes of what `toBase64Url` made. `Uint8Array.from` would take eight times as long. @throws Error for anything else */
export function fromBase64Url(text: string): Uint8Array {
  const characters = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}

/** A fresh id of 128 bits from the given source of randomness, or from WebCrypto. */
export function newId<T extends string>(random: Uint8Array = crypto.getRandomValues(new Uint8Array(16))): T {
  return toBase64Url(random) as T
}

/** Whether a value has the shape of a 128-bit id. */
export const isId = (value: unknown): value is ObjectId & ClientId =>
  typeof value === 'string' && /^[\w-]{22}$/.test(value)

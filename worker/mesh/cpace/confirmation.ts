/** That the other side has the same key, before it is used (draft-irtf-cfrg-cpace-21, “Key confirmation”). */
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { lengthValues } from './strings.js'

export const confirmationKey = (session: Uint8Array, key: Uint8Array): Uint8Array =>
  sha512(concatBytes(utf8ToBytes('CPaceMac'), session, key))

/** HMAC-SHA-512 over what a side has sent: 64 bytes. */
export const confirmationOf = (
  confirming: Uint8Array,
  share: Uint8Array,
  associated: Uint8Array,
): Uint8Array => hmac(sha512, confirming, lengthValues(share, associated))

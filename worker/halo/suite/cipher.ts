/**
 * Encryption under a key that many have: bodies of entries, keys of earlier epochs. Each text has a key of its own, from
 * the shared key, a fresh salt, the label, the log and the header; so that nonces cannot meet however many devices write.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { HearthError } from '../../protocol/errors.js'
import { lock, MATERIAL_BYTES, unlock, type Locked } from './committing.js'
import { hkdf } from './derive.js'
import { frame, type EncryptLabel, type Log } from './labels.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'

/** What a text belongs to: with anything else, it does not open. */
export interface CipherContext {
  readonly label: EncryptLabel
  readonly log: Log
  /** Known before the text is encrypted, and part of its key. */
  readonly header: Uint8Array
  /** Travels beside the ciphertext in the clear, and may not be changed. */
  readonly associated?: Uint8Array
}

/** All of it may be seen by anybody. */
export interface Ciphertext extends Locked {
  readonly salt: Uint8Array
}

export const SALT_BYTES = 32

export async function encrypt(
  platform: SuitePlatform,
  key: Uint8Array,
  context: CipherContext,
  plaintext: Uint8Array,
): Promise<Ciphertext> {
  const salt = platform.random(SALT_BYTES)
  const material = materialOf(key, salt, context)
  return { salt, ...(await lock(platform.subtle, material, plaintext, associatedOf(context))) }
}

/** @throws HearthError `halo/unreadable`: another key or context, or something was changed */
export async function decrypt(
  platform: SuitePlatform,
  key: Uint8Array,
  context: CipherContext,
  ciphertext: Ciphertext,
): Promise<Uint8Array> {
  // A shorter salt is the same as one with zeros after it, for HMAC.
  // defence: salt-length
  if (ciphertext.salt.length !== SALT_BYTES) throw new HearthError('halo/unreadable')
  const material = materialOf(key, ciphertext.salt, context)
  return unlock(platform.subtle, material, ciphertext, associatedOf(context))
}

const associatedOf = ({ associated = new Uint8Array() }: CipherContext): Uint8Array => associated

/** Headers are hashed: implementations bound the length of HKDF's `info`, at 1,024 bytes some of them. */
function materialOf(key: Uint8Array, salt: Uint8Array, { label, log, header }: CipherContext): Uint8Array {
  // defence: key-length
  if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`)
  const info = frame(
    'encrypt',
    label,
    log,
    // defence: header-in-key
    sha256(header),
  )
  return hkdf(key, salt, info, MATERIAL_BYTES)
}

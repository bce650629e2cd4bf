/** HKDF-SHA-256 (RFC 5869). What is derived depends on its label and the id of its log, so that no two uses share a key. */
import { hkdf as hkdfOf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { frame, type DeriveLabel, type Log } from './labels.js'
import { KEY_BYTES } from './platform.js'

/**
 * @param context what else must be the same for the result to be the same
 * @returns 32 bytes
 */
export const derive = (
  label: DeriveLabel,
  log: Log,
  secret: Uint8Array,
  context: Uint8Array = new Uint8Array(),
): Uint8Array => {
  const info = frame(
    'derive',
    label,
    log,
    // defence: derived-for-its-context
    context,
  )
  return hkdf(secret, new Uint8Array(), info, KEY_BYTES)
}

/**
 * For the suite itself, which frames `info`. It is computed here, and not by WebCrypto, whose answers come from another thread:
 * for so little that takes several times as long, and each entry that is read or written waits for it.
 * @param bytes at most 255 × 32
 */
export const hkdf = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array =>
  hkdfOf(sha256, secret, salt, info, bytes)

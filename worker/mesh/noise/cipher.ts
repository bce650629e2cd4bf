/** AES-256-GCM as Noise uses it (revision 34, §12.4): the nonce is a count, so a key must never see a count twice. */
import { HearthError } from '../../protocol/errors.js'

export const TAG_BYTES = 16
/** Of any message of Noise, with all that belongs to it. */
export const MAX_MESSAGE_BYTES = 65_535
/** Under one key. */
export const MAX_MESSAGES = 2 ** 32

export const importKey = (
  subtle: SubtleCrypto,
  key: Uint8Array,
  usage: 'encrypt' | 'decrypt',
): Promise<CryptoKey> => subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, [usage])

/** @returns the ciphertext and, after it, its tag */
export const encrypt = async (
  subtle: SubtleCrypto,
  key: CryptoKey,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> =>
  new Uint8Array(await subtle.encrypt(gcm(nonce, associated), key, plaintext as BufferSource))

/** @throws HearthError `mesh/handshake`: another key, nonce or associated data, or the ciphertext was changed */
export async function decrypt(
  subtle: SubtleCrypto,
  key: CryptoKey,
  nonce: Uint8Array,
  associated: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  try {
    return new Uint8Array(await subtle.decrypt(gcm(nonce, associated), key, ciphertext as BufferSource))
  } catch {
    throw new HearthError('mesh/handshake')
  }
}

/**
 * Four zero bytes, and the count in eight, big-endian.
 * @param count of messages under the key before this one
 * @throws HearthError `mesh/handshake`: the key has seen 2^32 messages, and is used up
 */
export function nonceOf(count: number): Uint8Array {
  if (count >= MAX_MESSAGES) throw new HearthError('mesh/handshake')
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, count)
  return nonce
}

const gcm = (nonce: Uint8Array, associated: Uint8Array): AesGcmParams => ({
  name: 'AES-GCM',
  iv: nonce as BufferSource,
  additionalData: associated as BufferSource,
})

/**
 * AES-256-GCM that commits to its key. GCM alone does not: whoever knows two keys can make one ciphertext that opens
 * under both, to different texts, and show two members of a space different things in one signed entry. So the key and a
 * commitment come from one derivation, and nothing is decrypted before the commitment is found to be the same.
 */
import { HearthError } from '../../protocol/errors.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { KEY_BYTES } from './platform.js'

export const COMMITMENT_BYTES = 32
/** What the caller derives: a key that is used once, and the commitment to it. */
export const MATERIAL_BYTES = KEY_BYTES + COMMITMENT_BYTES

export interface Locked {
  /** Says which key opens the bytes, and nothing about it. */
  readonly commitment: Uint8Array
  /** The ciphertext and its tag. */
  readonly bytes: Uint8Array
}

export async function lock(
  subtle: SubtleCrypto,
  material: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Promise<Locked> {
  const { key, commitment } = split(material)
  return { commitment, bytes: await gcmEncrypt(subtle, key, ONCE, plaintext, associated) }
}

/** @throws HearthError `halo/unreadable`: another key, or something was changed. Nothing of the text is given. */
export async function unlock(
  subtle: SubtleCrypto,
  material: Uint8Array,
  locked: Locked,
  associated: Uint8Array,
): Promise<Uint8Array> {
  const { key, commitment } = split(material)
  // defence: key-commitment
  if (!sameBytes(commitment, locked.commitment)) throw new HearthError('halo/unreadable')
  return gcmDecrypt(subtle, key, ONCE, locked.bytes, associated)
}

/** A key that is used once needs no nonce of its own. */
const ONCE = new Uint8Array(12)

const split = (material: Uint8Array) => ({
  key: material.subarray(0, KEY_BYTES),
  commitment: material.slice(KEY_BYTES),
})

/** For this module and the public vectors. */
export async function gcmEncrypt(
  subtle: SubtleCrypto,
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
): Promise<Uint8Array> {
  const handle = await subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['encrypt'])
  return new Uint8Array(await subtle.encrypt(gcm(iv, additionalData), handle, plaintext as BufferSource))
}

/** @throws HearthError `halo/unreadable` */
export async function gcmDecrypt(
  subtle: SubtleCrypto,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
  additionalData: Uint8Array,
): Promise<Uint8Array> {
  const handle = await subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['decrypt'])
  try {
    return new Uint8Array(await subtle.decrypt(gcm(iv, additionalData), handle, ciphertext as BufferSource))
  } catch {
    throw new HearthError('halo/unreadable')
  }
}

const gcm = (iv: Uint8Array, additionalData: Uint8Array) => ({
  name: 'AES-GCM',
  iv: iv as BufferSource,
  // defence: associated-data
  additionalData: additionalData as BufferSource,
})

/** X25519 keys of a handshake: one that is made for it, and one that a device keeps. */
import { x25519 } from '@noble/curves/ed25519.js'
import { HearthError } from '../../protocol/errors.js'

export const KEY_BYTES = 32

/** A device's X25519 key, whose private half may be non-extractable. */
export interface StaticKey {
  readonly publicKey: Uint8Array
  /** @returns the 32 bytes that both share; it may throw if the other key is none */
  agree(theirs: Uint8Array): Promise<Uint8Array>
}

/** A key that only this handshake has. */
export interface EphemeralKey extends StaticKey {
  /** Overwrites the private half. */
  forget(): void
}

/** @param secret 32 bytes, which are kept and overwritten by `forget` */
export const ephemeralKey = (secret: Uint8Array): EphemeralKey => ({
  publicKey: x25519.getPublicKey(secret),
  agree: async (theirs) => x25519.getSharedSecret(secret, theirs),
  forget: () => secret.fill(0),
})

/** @throws HearthError `mesh/handshake`, or what the key throws: the result would be known to everybody, or is none */
export async function agree(own: StaticKey, theirs: Uint8Array): Promise<Uint8Array> {
  const shared = await own.agree(theirs)
  // Implementations should refuse points of low order; whether each does is not what secrecy should rest on.
  if (shared.length !== KEY_BYTES || shared.every((byte) => byte === 0))
    throw new HearthError('mesh/handshake')
  return shared
}

/**
 * Below 2^255 − 19, as everybody writes them. X25519 takes other encodings for the same keys, some browsers refuse
 * them, and a device that had two public keys would be two devices.
 */
export function isPublicKey(key: Uint8Array): boolean {
  if (key.length !== KEY_BYTES) return false
  const last = key[KEY_BYTES - 1]!
  return last < 0x7f || (last === 0x7f && (key[0]! < 0xed || key.subarray(1, -1).some((byte) => byte < 0xff)))
}

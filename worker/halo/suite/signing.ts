/**
 * Signatures. Each is over what it is for, the id of its log, and the message (`labels.ts`): a signature that was made
 * for one purpose or in one log says nothing in another.
 * Spec: docs/protocol/suite.md.
 */
import * as ed25519 from './ed25519.js'
import { frame, type Log, type Purpose } from './labels.js'
import type { SuitePlatform } from './platform.js'
import { generateKey, keyFromSeed, type PrivateKey } from './private-key.js'

/** Signs with one private key, wherever that is. */
export interface Signer {
  readonly publicKey: Uint8Array
  sign(purpose: Purpose, log: Log, message: Uint8Array): Promise<Uint8Array>
}

/** A fresh key, which no script can read if the browser allows it. */
export const generateSigningKey = (platform: SuitePlatform): Promise<PrivateKey> =>
  generateKey(platform, 'Ed25519')

/** The same key from the same 32 bytes: for recovery, and for simulations. */
export const signingKeyFromSeed = (platform: SuitePlatform, seed: Uint8Array): Promise<PrivateKey> =>
  keyFromSeed(platform, 'Ed25519', seed)

export const signerOf = (platform: SuitePlatform, key: PrivateKey): Signer => ({
  publicKey: key.publicKey,
  sign: async (purpose, log, message) => ed25519.sign(platform, key, frame('sign', purpose, log, message)),
})

/**
 * The same verdict on every device, whatever computes it. Keys and signatures may be any bytes.
 * @throws RangeError the id of the log does not have 32 bytes
 */
export async function verify(
  platform: SuitePlatform,
  publicKey: Uint8Array,
  purpose: Purpose,
  log: Log,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return ed25519.verify(platform, publicKey, frame('sign', purpose, log, message), signature)
}

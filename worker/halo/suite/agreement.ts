/** X25519: two keys that give both sides the same 32 bytes. What is shared is material to derive keys from, never a key. */
import { HearthError } from '../../protocol/errors.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'
import { isCanonicalU } from './point.js'
import { generateKey, keyFromSeed, type PrivateKey } from './private-key.js'
import * as x25519 from './x25519.js'

/** Agrees with one private key, wherever that is. */
export interface Agreement {
  readonly publicKey: Uint8Array
  /** @throws HearthError `halo/weak-key`: the other key would make the result known to everybody, or is no key */
  agree(theirs: Uint8Array): Promise<Uint8Array>
}

/** A fresh key, which no script can read if the browser allows it. */
export const generateAgreementKey = (platform: SuitePlatform): Promise<PrivateKey> =>
  generateKey(platform, 'X25519')

/** The same key from the same 32 bytes: for recovery, and for simulations. */
export const agreementKeyFromSeed = (platform: SuitePlatform, seed: Uint8Array): Promise<PrivateKey> =>
  keyFromSeed(platform, 'X25519', seed)

export const agreementOf = (platform: SuitePlatform, key: PrivateKey): Agreement => ({
  publicKey: key.publicKey,
  async agree(theirs) {
    // Firefox refuses some keys that are not canonical and others take: nobody takes any.
    if (!isCanonicalU(theirs)) throw new HearthError('halo/weak-key')
    const shared = await x25519.share(platform, key, theirs).catch(() => undefined)
    if (!shared) throw new HearthError('halo/weak-key')
    // RFC 7748 §6.1. WebCrypto must refuse it too; whether each does is not what secrecy should rest on.
    // defence: shared-zeros
    if (sameBytes(shared, new Uint8Array(KEY_BYTES))) throw new HearthError('halo/weak-key')
    return shared
  },
})

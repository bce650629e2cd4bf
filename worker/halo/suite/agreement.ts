/** X25519: two keys that give both sides the same 32 bytes. What is shared is material to derive keys from, never a key. */
import { x25519 } from '@noble/curves/ed25519.js'
import { HearthError } from '../../protocol/errors.js'
import { sameBytes } from './compare.js'
import { byWebCrypto } from './curves.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'
import type { PrivateKey } from './private-key.js'
import * as webcrypto from './webcrypto.js'

/** Agrees with one private key, wherever that is. */
export interface Agreement {
  readonly publicKey: Uint8Array
  /** @throws HearthError `halo/weak-key`: the other key would make the result known to everybody, or is no key */
  agree(theirs: Uint8Array): Promise<Uint8Array>
}

/** A fresh key, which no script can read if the browser allows it. */
export async function generateAgreementKey(platform: SuitePlatform): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, 'X25519'))) return secretKey(platform.random(KEY_BYTES))
  return { kind: 'handle', ...(await webcrypto.generate(platform.subtle, 'X25519')) }
}

/** The same key from the same 32 bytes: for recovery, and for simulations. */
export async function agreementKeyFromSeed(platform: SuitePlatform, seed: Uint8Array): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, 'X25519'))) return secretKey(seed)
  const handle = await webcrypto.importSeed(platform.subtle, 'X25519', seed)
  return { kind: 'handle', publicKey: x25519.getPublicKey(seed), handle }
}

const secretKey = (seed: Uint8Array): PrivateKey => ({
  kind: 'secret',
  publicKey: x25519.getPublicKey(seed),
  secret: seed.slice(),
})

export const agreementOf = ({ subtle }: SuitePlatform, key: PrivateKey): Agreement => ({
  publicKey: key.publicKey,
  async agree(theirs) {
    const shared = await share(subtle, key, theirs).catch(() => undefined)
    // RFC 7748 §6.1. WebCrypto must refuse it too; whether each does is not what secrecy should rest on.
    if (!shared || sameBytes(shared, new Uint8Array(KEY_BYTES))) throw new HearthError('halo/weak-key')
    return shared
  },
})

async function share(subtle: SubtleCrypto, key: PrivateKey, theirs: Uint8Array): Promise<Uint8Array> {
  if (key.kind === 'handle') return webcrypto.agree(subtle, key.handle, theirs)
  return x25519.getSharedSecret(key.secret, theirs)
}

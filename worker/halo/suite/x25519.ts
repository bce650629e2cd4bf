/** X25519 on any 32 bytes, by WebCrypto or by @noble/curves. Only `agreement.ts` may call `share`. */
import { x25519 } from '@noble/curves/ed25519.js'
import { byWebCrypto } from './curves.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'
import type { PrivateKey } from './private-key.js'
import * as webcrypto from './webcrypto.js'

export async function generate(platform: SuitePlatform): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, 'X25519'))) return secretKey(platform.random(KEY_BYTES))
  return { kind: 'handle', ...(await webcrypto.generate(platform.subtle, 'X25519')) }
}

export async function fromSeed(platform: SuitePlatform, seed: Uint8Array): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, 'X25519'))) return secretKey(seed)
  const handle = await webcrypto.importSeed(platform.subtle, 'X25519', seed)
  return { kind: 'handle', publicKey: x25519.getPublicKey(seed), handle }
}

const secretKey = (seed: Uint8Array): PrivateKey => ({
  kind: 'secret',
  publicKey: x25519.getPublicKey(seed),
  secret: seed.slice(),
})

/** @throws what the implementation throws: the other key is none, or the result is zero */
export async function share(
  { subtle }: SuitePlatform,
  key: PrivateKey,
  theirs: Uint8Array,
): Promise<Uint8Array> {
  if (key.kind === 'handle') return webcrypto.agree(subtle, key.handle, theirs)
  return x25519.getSharedSecret(key.secret, theirs)
}

/** Private keys of both curves: how they are made, kept and passed on. Only `ed25519.ts` and `x25519.ts` look into one. */
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { byWebCrypto } from './curves.js'
import { KEY_BYTES, type SuitePlatform } from './platform.js'
import * as webcrypto from './webcrypto.js'

export type PrivateKey =
  | {
      /** A handle of WebCrypto's: no script can read the key. */
      readonly kind: 'handle'
      readonly publicKey: Uint8Array
      readonly handle: CryptoKey
    }
  | {
      /** The key itself, where the browser has no handles for it or cannot keep them. */
      readonly kind: 'secret'
      readonly publicKey: Uint8Array
      readonly secret: Uint8Array
    }

const library = { Ed25519: ed25519, X25519: x25519 } as const

export async function generateKey(platform: SuitePlatform, curve: webcrypto.Curve): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, curve))) return secretKey(curve, platform.random(KEY_BYTES))
  return { kind: 'handle', ...(await webcrypto.generate(platform.subtle, curve)) }
}

/** The same key from the same 32 bytes. */
export async function keyFromSeed(
  platform: SuitePlatform,
  curve: webcrypto.Curve,
  seed: Uint8Array,
): Promise<PrivateKey> {
  if (!(await byWebCrypto(platform, curve))) return secretKey(curve, seed)
  const handle = await webcrypto.importSeed(platform.subtle, curve, seed)
  return { kind: 'handle', publicKey: library[curve].getPublicKey(seed), handle }
}

const secretKey = (curve: webcrypto.Curve, seed: Uint8Array): PrivateKey => ({
  kind: 'secret',
  publicKey: library[curve].getPublicKey(seed),
  secret: seed.slice(),
})

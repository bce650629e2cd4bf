/** Private keys of both curves: how they are made, kept and passed on. Only `ed25519.ts` and `x25519.ts` look into one. */
import { byWebCrypto } from './curves.js'
import { library } from './library.js'
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

const publicKeyOf = async (curve: webcrypto.Curve, seed: Uint8Array): Promise<Uint8Array> => {
  const { ed25519, x25519 } = await library()
  return (curve === 'Ed25519' ? ed25519 : x25519).getPublicKey(seed)
}

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
  return { kind: 'handle', publicKey: await publicKeyOf(curve, seed), handle }
}

const secretKey = async (curve: webcrypto.Curve, seed: Uint8Array): Promise<PrivateKey> => ({
  kind: 'secret',
  publicKey: await publicKeyOf(curve, seed),
  secret: seed.slice(),
})

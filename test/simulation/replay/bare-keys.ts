/** Keys of both curves from their bare bytes, for OpenSSL. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export type Curve = 'Ed25519' | 'X25519'

/** Private keys that were used last: to make one takes half as long as to use it. */
const made = new Map<string, KeyObject>()
const MOST_MADE = 1024

/**
 * As JWK: to read DER takes ten times as long. The public half of a private key has to be there, and is not looked at.
 * @throws Error there are not 32 of them
 */
export function privateKey(curve: Curve, seed: Uint8Array): KeyObject {
  const d = text(seed)
  const name = curve + d
  const known = made.get(name)
  if (known) return known
  const key = createPrivateKey({ key: { kty: 'OKP', crv: curve, x: '', d }, format: 'jwk' })
  if (made.size >= MOST_MADE) made.delete(made.keys().next().value!)
  made.set(name, key)
  return key
}

/** @throws Error there are not 32 of them */
export function publicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: text(bytes) }, format: 'jwk' })
}

export function publicBytes(secret: KeyObject): Uint8Array {
  return Uint8Array.from(Buffer.from(createPublicKey(secret).export({ format: 'jwk' }).x!, 'base64url'))
}

const text = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')

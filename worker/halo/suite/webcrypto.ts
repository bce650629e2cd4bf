/** The two curves as WebCrypto has them. Private keys are handles whose bytes no script can read. */
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'

export type Curve = 'Ed25519' | 'X25519'

const usages = { Ed25519: ['sign'], X25519: ['deriveBits'] } as const

/** The beginnings of PKCS #8 (RFC 8410 §7), before the 32 bytes of a private key. */
const pkcs8 = {
  Ed25519: hexToBytes('302e020100300506032b657004220420'),
  X25519: hexToBytes('302e020100300506032b656e04220420'),
} as const

export async function generate(
  subtle: SubtleCrypto,
  curve: Curve,
): Promise<{ publicKey: Uint8Array; handle: CryptoKey }> {
  const pair = (await subtle.generateKey({ name: curve }, false, usages[curve])) as CryptoKeyPair
  return {
    publicKey: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)),
    handle: pair.privateKey,
  }
}

export async function importSeed(subtle: SubtleCrypto, curve: Curve, seed: Uint8Array): Promise<CryptoKey> {
  const bytes = concatBytes(pkcs8[curve], seed)
  try {
    return await subtle.importKey('pkcs8', bytes, { name: curve }, false, usages[curve])
  } finally {
    bytes.fill(0)
  }
}

export const sign = async (
  subtle: SubtleCrypto,
  handle: CryptoKey,
  message: Uint8Array,
): Promise<Uint8Array> => new Uint8Array(await subtle.sign('Ed25519', handle, message as BufferSource))

export async function verify(
  subtle: SubtleCrypto,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  // Some refuse bytes that are no point of the curve here, others below.
  const key = await subtle
    .importKey('raw', publicKey as BufferSource, 'Ed25519', true, ['verify'])
    .catch(() => undefined)
  return !!key && subtle.verify('Ed25519', key, signature as BufferSource, message as BufferSource)
}

/** @throws DOMException the other key has no secret to share, or is none */
export async function agree(
  subtle: SubtleCrypto,
  handle: CryptoKey,
  publicKey: Uint8Array,
): Promise<Uint8Array> {
  const theirs = await subtle.importKey('raw', publicKey as BufferSource, 'X25519', true, [])
  return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: theirs }, handle, 256))
}

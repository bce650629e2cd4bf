/** The two curves as WebCrypto has them. Private keys are handles whose bytes no script can read. */
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'

export type Curve = 'Ed25519' | 'X25519'

const usages = { Ed25519: ['sign'], X25519: ['deriveBits'] } as const

/** The beginnings of PKCS #8 (RFC 8410 §7), before the 32 bytes of a private key. */
const pkcs8 = {
  Ed25519: hexToBytes('302e020100300506032b657004220420'),
  X25519: hexToBytes('302e020100300506032b656e04220420'),
} as const

/** Public keys as handles: a feed has many entries by one, and to import it takes as long as to verify. */
const imported = new WeakMap<SubtleCrypto, Map<string, Promise<CryptoKey | undefined>>>()
const MAX_IMPORTED = 256

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
  const key = await verifyingKey(subtle, publicKey)
  return !!key && subtle.verify('Ed25519', key, signature as BufferSource, message as BufferSource)
}

/** Undefined where bytes that are no point of the curve are refused here; others refuse them when they verify. */
function verifyingKey(subtle: SubtleCrypto, publicKey: Uint8Array): Promise<CryptoKey | undefined> {
  const keys = imported.get(subtle) ?? new Map<string, Promise<CryptoKey | undefined>>()
  imported.set(subtle, keys)
  const name = String.fromCharCode(...publicKey)
  const known = keys.get(name)
  if (known) return known
  const key = subtle
    .importKey('raw', publicKey as BufferSource, 'Ed25519', true, ['verify'])
    .catch(() => undefined)
  if (keys.size >= MAX_IMPORTED) keys.delete(keys.keys().next().value!)
  keys.set(name, key)
  return key
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

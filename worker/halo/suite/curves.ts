/**
 * Whether WebCrypto computes on a curve as everybody else does. It is asked for what we know the answer to: a browser may
 * lack the curve, and one that verified by another equation would accept entries that others refuse.
 */
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { sameBytes } from './compare.js'
import type { SuitePlatform } from './platform.js'
import { agree, importSeed, sign, verify, type Curve } from './webcrypto.js'

const known: Record<Curve, WeakMap<SuitePlatform, Promise<boolean>>> = {
  Ed25519: new WeakMap(),
  X25519: new WeakMap(),
}

/** Asked once for each platform. */
export function byWebCrypto(platform: SuitePlatform, curve: Curve): Promise<boolean> {
  const answer = known[curve].get(platform) ?? find(platform, curve)
  known[curve].set(platform, answer)
  return answer
}

async function find({ curves, subtle }: SuitePlatform, curve: Curve): Promise<boolean> {
  if (curves) return curves === 'webcrypto'
  try {
    return await (curve === 'Ed25519' ? signsAsOthers(subtle) : agreesAsOthers(subtle))
  } catch {
    return false
  }
}

const seed = new Uint8Array(32).fill(1)
const message = Uint8Array.of(1, 2, 3)

/** Number 4 of `vectors/speccheck.ts`: it holds only in the equation that is multiplied by the cofactor. */
const cofactored = [
  'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
  'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
  '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
] as const

async function signsAsOthers(subtle: SubtleCrypto): Promise<boolean> {
  const signature = ed25519.sign(message, seed)
  const handle = await importSeed(subtle, 'Ed25519', seed)
  const [publicKey, what, how] = cofactored.map(hexToBytes) as [Uint8Array, Uint8Array, Uint8Array]
  return (
    sameBytes(await sign(subtle, handle, message), signature) &&
    (await verify(subtle, ed25519.getPublicKey(seed), message, signature)) &&
    // defence: one-equation
    !(await verify(subtle, publicKey, what, how))
  )
}

async function agreesAsOthers(subtle: SubtleCrypto): Promise<boolean> {
  const theirs = x25519.getPublicKey(new Uint8Array(32).fill(2))
  const handle = await importSeed(subtle, 'X25519', seed)
  return sameBytes(await agree(subtle, handle, theirs), x25519.getSharedSecret(seed, theirs))
}

/**
 * Whether WebCrypto computes on a curve as everybody else does. It is asked for what we know the answer to: a browser may
 * lack the curve, and one that verified by another equation would accept entries that others refuse.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { sameBytes } from '../../protocol/same-bytes.js'
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

/** The public key of the seed, and its signature over the message. */
const signed = [
  '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c',
  '2bb7f19541c9d70dceb448fabcec7776b327a5edae516f42fdf6b05232cca1ebadadf1dff4355eb5d4be12193c7a033c4d2c76ebd0e78cffaa0f5b268f07d908',
] as const
/** The public key of another seed, of 2s, and what the two share. */
const agreed = [
  'ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59',
  '2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953',
] as const

/** Number 4 of `vectors/speccheck.ts`: it holds only in the equation that is multiplied by the cofactor. */
const cofactored = [
  'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
  'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
  '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
] as const

async function signsAsOthers(subtle: SubtleCrypto): Promise<boolean> {
  const [own, signature] = signed.map(hexToBytes) as [Uint8Array, Uint8Array]
  const handle = await importSeed(subtle, 'Ed25519', seed)
  const [publicKey, what, how] = cofactored.map(hexToBytes) as [Uint8Array, Uint8Array, Uint8Array]
  return (
    sameBytes(await sign(subtle, handle, message), signature) &&
    (await verify(subtle, own, message, signature)) &&
    // defence: one-equation
    !(await verify(subtle, publicKey, what, how))
  )
}

async function agreesAsOthers(subtle: SubtleCrypto): Promise<boolean> {
  const [theirs, shared] = agreed.map(hexToBytes) as [Uint8Array, Uint8Array]
  const handle = await importSeed(subtle, 'X25519', seed)
  return sameBytes(await agree(subtle, handle, theirs), shared)
}

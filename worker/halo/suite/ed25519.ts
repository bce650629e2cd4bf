/**
 * Ed25519 on bare bytes, by WebCrypto or by @noble/curves, with one verdict. Only `signing.ts` may call this: nothing
 * else in Hearth signs bytes without saying what for.
 *
 * The verdict is RFC 8032's with the equation as it stands, S·B = R + h·A, not multiplied by the cofactor: that is what
 * WebCrypto is specified to do. The library's own `verify` multiplies, with `zip215: false` too, and so accepts
 * signatures that browsers refuse; the equation is therefore written out here.
 */
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { byWebCrypto } from './curves.js'
import { library } from './library.js'
import { SIGNATURE_BYTES, type SuitePlatform } from './platform.js'
import { isReducedScalar, isStrictPoint, littleEndian } from './point.js'
import type { PrivateKey } from './private-key.js'
import * as webcrypto from './webcrypto.js'

export async function sign(
  { subtle }: SuitePlatform,
  key: PrivateKey,
  message: Uint8Array,
): Promise<Uint8Array> {
  if (key.kind === 'handle') return webcrypto.sign(subtle, key.handle, message)
  return (await library()).ed25519.sign(message, key.secret)
}

export async function verify(
  platform: SuitePlatform,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  // defence: signature-length
  if (signature.length !== SIGNATURE_BYTES) return false
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
  // defence: strict-key
  if (!isStrictPoint(publicKey)) return false
  // defence: strict-r
  if (!isStrictPoint(r)) return false
  // defence: reduced-scalar
  if (!isReducedScalar(s)) return false
  return (await byWebCrypto(platform, 'Ed25519'))
    ? webcrypto.verify(platform.subtle, publicKey, message, signature)
    : equationHolds(publicKey, message, r, s)
}

/** As others do it: what R must be is computed and encoded, and compared with the bytes that were sent. */
async function equationHolds(
  publicKey: Uint8Array,
  message: Uint8Array,
  r: Uint8Array,
  s: Uint8Array,
): Promise<boolean> {
  const { Point } = (await library()).ed25519
  const a = pointOf(Point, publicKey)
  // defence: key-on-the-curve
  if (!a) return false
  const h = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))))
  const expected = Point.BASE.multiplyUnsafe(littleEndian(s)).subtract(a.multiplyUnsafe(h))
  return sameBytes(expected.toBytes(), r)
}

/** Undefined for bytes that are no point of the curve. */
function pointOf<P>(Point: { fromBytes(bytes: Uint8Array): P }, bytes: Uint8Array): P | undefined {
  try {
    return Point.fromBytes(bytes)
  } catch {
    return undefined
  }
}

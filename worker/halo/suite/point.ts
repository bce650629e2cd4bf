/**
 * What signatures and public keys must be before any library is asked: libraries differ here, and a population of devices
 * that differ in one verdict has two logs. All are rules on bytes; whether a point lies on the curve is found later.
 */
import { bytesToHex } from '@noble/hashes/utils.js'

/** Of the field: 2^255 − 19. */
export const P = (1n << 255n) - 19n
/** Of the group that the base point generates. */
export const L = (1n << 252n) + 0x14def9dea2f79cd65812631a5cf5d3edn

/** An encoding without the bit for the sign of x. */
const y = (point: Uint8Array): bigint => littleEndian(point) & ((1n << 255n) - 1n)

// Each entry that comes is asked all of this: one byte answers for nearly all, and big numbers for the rest.

/** All numbers from P on begin, from their greatest byte, with 7f. */
const isBelowP = (point: Uint8Array): boolean => (point[31]! & 0x7f) < 0x7f || y(point) < P

const isSmall = (point: Uint8Array): boolean => smallEnds.has(point[0]!) && smallOrder.has(y(point))

/** Points of order 1, 2, 4 and 8 come in pairs of one y. The library that has them is not loaded for it. */
const smallOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
])

/** Their smallest bytes. */
const smallEnds: ReadonlySet<number> = new Set([...smallOrder].map((point) => Number(point & 255n)))

/**
 * Canonical, and not of small order. That y is below p is all of being canonical here: the other encodings that are not
 * have the sign of x = 0, and both such points are of small order.
 */
export const isStrictPoint = (point: Uint8Array): boolean =>
  // defence: point-length
  point.length === 32 &&
  // defence: canonical-point
  isBelowP(point) &&
  // defence: small-order
  !isSmall(point)

/** Below the order of the group, so that nobody can make a second signature by adding it. All others begin with 10 or more. */
export const isReducedScalar = (scalar: Uint8Array): boolean => scalar[31]! < 0x10 || littleEndian(scalar) < L

/**
 * An X25519 public key as everybody writes it. RFC 7748 §5 lets others pass, and drops their highest bit; a key that is
 * made as it says is never one of them.
 */
export const isCanonicalU = (publicKey: Uint8Array): boolean =>
  // defence: agreement-key-length
  publicKey.length === 32 &&
  // defence: canonical-agreement-key
  littleEndian(publicKey) < P

export function littleEndian(bytes: Uint8Array): bigint {
  // Of a Buffer of Node, `slice` would be the same memory, and a key would be turned round where it lies.
  return BigInt(`0x0${bytesToHex(Uint8Array.from(bytes).reverse())}`)
}

/**
 * What signatures and public keys must be before any library is asked: libraries differ here, and a population of devices
 * that differ in one verdict has two logs. All are rules on bytes; whether a point lies on the curve is found later.
 */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { hexToBytes } from '@noble/hashes/utils.js'

const { Fp, Fn } = ed25519.Point

/** An encoding without the bit for the sign of x. */
const y = (point: Uint8Array): bigint => bytesToNumberLE(point) & ((1n << 255n) - 1n)

/** Points of order 1, 2, 4 and 8 come in pairs of one y. */
const smallOrder = new Set(ED25519_TORSION_SUBGROUP.map((point) => y(hexToBytes(point))))

/**
 * Canonical, and not of small order. That y is below p is all of being canonical here: the other encodings that are not
 * have the sign of x = 0, and both such points are of small order.
 */
export const isStrictPoint = (point: Uint8Array): boolean =>
  // defence: point-length
  point.length === 32 &&
  // defence: canonical-point
  y(point) < Fp.ORDER &&
  // defence: small-order
  !smallOrder.has(y(point))

/** Below the order of the group, so that nobody can make a second signature by adding it. */
export const isReducedScalar = (scalar: Uint8Array): boolean => bytesToNumberLE(scalar) < Fn.ORDER

/**
 * An X25519 public key as everybody writes it. RFC 7748 §5 lets others pass, and drops their highest bit; a key that is
 * made as it says is never one of them.
 */
export const isCanonicalU = (publicKey: Uint8Array): boolean =>
  // defence: agreement-key-length
  publicKey.length === 32 &&
  // defence: canonical-agreement-key
  bytesToNumberLE(publicKey) < Fp.ORDER

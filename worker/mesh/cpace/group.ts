/** The group of CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace-21, “G_Ristretto255”): ristretto255, RFC 9496. */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { lengthValues, withLength } from './strings.js'

export const DOMAIN = 'CPaceRistretto255'
export const SCALAR_BYTES = 32

/** What SHA-512 takes in at once. */
const BLOCK_BYTES = 128

type Point = InstanceType<typeof ristretto255.Point>

/**
 * `generator_string`. The zeros fill the first block, so that how long hashing takes says nothing about a short code.
 * @param code `PRS`  @param channel `CI`  @param session `sid`
 */
export function generatorString(code: Uint8Array, channel: Uint8Array, session: Uint8Array): Uint8Array {
  const domain = utf8ToBytes(DOMAIN)
  const zeros = Math.max(0, BLOCK_BYTES - withLength(code).length - withLength(domain).length - 1)
  return lengthValues(domain, code, new Uint8Array(zeros), channel, session)
}

/** `calculate_generator` */
export const generator = (string: Uint8Array): Point => ristretto255_hasher.deriveToCurve!(sha512(string))

/** `sample_scalar`: 252 bits. */
export function randomScalar(random: (bytes: number) => Uint8Array): Uint8Array {
  const scalar = random(SCALAR_BYTES)
  scalar[SCALAR_BYTES - 1]! &= 0x0f
  return scalar
}

/**
 * `scalar_mult`
 * @param scalar little-endian
 * @throws Error it is zero, or not below the order of the group
 */
export const multiply = (scalar: Uint8Array, point: Point): Uint8Array =>
  point.multiply(bytesToNumberLE(scalar)).toBytes()

/**
 * `scalar_mult_vfy`
 * @throws Error the point is no encoding of one, or is the neutral element, with which anybody knows the result
 */
export function multiplyTheirs(scalar: Uint8Array, encoded: Uint8Array): Uint8Array {
  const point = ristretto255.Point.fromBytes(encoded)
  if (point.is0()) throw new Error('the neutral element')
  return multiply(scalar, point)
}

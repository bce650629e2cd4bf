/** One ciphertext, two texts: what AES-GCM alone does not prevent. */
import { createCipheriv } from 'node:crypto'

/**
 * A ciphertext of two blocks whose tag is right under two keys, for a nonce of zeros ("Fast Message Franking",
 * Dodis et al. 2018). With H the hash key and S the mask of the tag, the tag is C₁·H³ + C₂·H² + L·H + S; C₁ is chosen
 * so that both are equal.
 */
export function salamander(one: Uint8Array, two: Uint8Array): Uint8Array {
  const [a, b] = [one, two].map((k) => {
    const h = block(k, new Uint8Array(16))
    return {
      h,
      h2: times(h, h),
      h3: times(h, times(h, h)),
      mask: block(k, Uint8Array.of(...Array(15).fill(0), 1)),
    }
  }) as [Powers, Powers]
  const second = toField(new Uint8Array(16).fill(0x42))
  const lengths = toField(Uint8Array.of(...Array(14).fill(0), 1, 0))
  const rest = (p: Powers) => times(second, p.h2) ^ times(lengths, p.h) ^ p.mask
  const first = times(rest(a) ^ rest(b), inverse(a.h3 ^ b.h3))
  const tag = times(first, a.h3) ^ rest(a)
  return Uint8Array.of(...[first, second, tag].flatMap(fromField))
}

interface Powers {
  readonly h: bigint
  readonly h2: bigint
  readonly h3: bigint
  readonly mask: bigint
}

const block = (k: Uint8Array, plain: Uint8Array) =>
  toField(createCipheriv('aes-256-ecb', k, null).setAutoPadding(false).update(plain))

/** GCM's field, GF(2^128): the first bit of the first byte is the coefficient of 1, here the lowest of a bigint. */
const toField = (bytes: Uint8Array) =>
  BigInt(`0b${[...[...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')].reverse().join('')}`)

function fromField(element: bigint): number[] {
  const bits = [...element.toString(2).padStart(128, '0')].reverse().join('')
  return Array.from({ length: 16 }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8), 2))
}

function times(a: bigint, b: bigint): bigint {
  let product = 0n
  for (; b > 0n; b >>= 1n) {
    if (b & 1n) product ^= a
    a <<= 1n
    if (a >> 128n) a ^= (1n << 128n) | 0x87n
  }
  return product
}

/** To the power of 2^128 − 2. */
function inverse(a: bigint): bigint {
  let [result, power] = [1n, a]
  for (let i = 1; i < 128; i++) {
    power = times(power, power)
    result = times(result, power)
  }
  return result
}

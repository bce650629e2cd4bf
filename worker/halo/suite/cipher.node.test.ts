import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { describe, it } from 'node:test'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { found } from '../../../test/suite-platforms.js'
import { decrypt, encrypt, type CipherContext, type Ciphertext } from './cipher.js'
import { gcmDecrypt, MATERIAL_BYTES } from './committing.js'
import { hkdf } from './derive.js'
import { frame } from './labels.js'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const any = fc.uint8Array({ maxLength: 300 })
const key = new Uint8Array(32).fill(7)
const context: CipherContext = {
  ...{ label: 'feed-body', log: new Uint8Array(32).fill(1), header: Uint8Array.of(1, 2) },
  associated: Uint8Array.of(3),
}
const text = Uint8Array.of(1, 2, 3, 4)
const unreadable = { code: 'halo/unreadable' }

describe('a ciphertext', () => {
  it('opens to what was encrypted', () =>
    fc.assert(
      fc.asyncProperty(
        bytes32,
        fc.option(bytes32),
        any,
        any,
        fc.option(any),
        async (k, log, header, what, associated) => {
          const where = { label: 'feed-body' as const, log, header, ...(associated && { associated }) }
          assert.deepEqual(await decrypt(found, k, where, await encrypt(found, k, where, what)), what)
        },
      ),
      { numRuns: 50 },
    ))
  it('does not open under another key, label, log or header, or beside other associated data', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    await assert.rejects(
      decrypt(
        found,
        key.map((byte) => byte ^ 1),
        context,
        ciphertext,
      ),
      unreadable,
    )
    for (const other of [
      { label: 'older-epochs' },
      { log: null },
      { log: new Uint8Array(32) },
      { header: Uint8Array.of(1) },
      { associated: Uint8Array.of(4) },
      { associated: new Uint8Array() },
    ] as const)
      await assert.rejects(decrypt(found, key, { ...context, ...other }, ciphertext), unreadable)
  })
  it('does not open with any one bit turned', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    for (const part of ['salt', 'commitment', 'bytes'] as const)
      for (let bit = 0; bit < ciphertext[part].length * 8; bit++) {
        const turned = ciphertext[part].slice()
        turned[bit >> 3]! ^= 1 << (bit & 7)
        await assert.rejects(decrypt(found, key, context, { ...ciphertext, [part]: turned }), unreadable)
      }
  })
  it('does not open in part, with a part missing, or with zeros added', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    for (const part of ['salt', 'commitment', 'bytes'] as const)
      for (const changed of [
        ciphertext[part].subarray(1),
        ciphertext[part].subarray(0, -1),
        new Uint8Array(),
        Uint8Array.of(...ciphertext[part], 0),
      ])
        await assert.rejects(decrypt(found, key, context, { ...ciphertext, [part]: changed }), unreadable)
  })
  it('of the same text is another each time', async () => {
    const [a, b] = [await encrypt(found, key, context, text), await encrypt(found, key, context, text)]
    for (const part of ['salt', 'commitment', 'bytes'] as const) assert.notDeepEqual(a[part], b[part])
  })
  it('opens with a header of any length', async () => {
    const long = { ...context, header: new Uint8Array(100_000).fill(5) }
    assert.deepEqual(await decrypt(found, key, long, await encrypt(found, key, long, text)), text)
  })
  it('under a key of another length is a mistake of the caller', () =>
    assert.rejects(encrypt(found, key.subarray(1), context, text), RangeError))
})

describe('Eve, who is a member and knows two keys,', () => {
  it('cannot make one ciphertext that opens under both, though AES-GCM alone lets her', async () => {
    const salt = new Uint8Array(32).fill(9)
    const info = frame('encrypt', context.label, context.log, sha256(context.header))
    const keys = [key, new Uint8Array(32).fill(8)] as const
    const [one, two] = await Promise.all(
      keys.map((each) => hkdf(found.subtle, each, salt, info, MATERIAL_BYTES)),
    )
    const [a, b] = [one!.subarray(0, 32), two!.subarray(0, 32)]
    const bytes = salamander(a, b)

    // The attack is real: what GCM decrypts under the two keys is two texts, both authentic.
    const open = (k: Uint8Array) => gcmDecrypt(found.subtle, k, new Uint8Array(12), bytes, new Uint8Array())
    assert.notDeepEqual(await open(a), await open(b))

    const bare = { ...context, associated: new Uint8Array() }
    const forged: Ciphertext = { salt, commitment: one!.subarray(32), bytes }
    assert.deepEqual(await decrypt(found, keys[0], bare, forged), await open(a))
    await assert.rejects(decrypt(found, keys[1], bare, forged), unreadable)
  })
})

/**
 * A ciphertext of two blocks whose tag is right under two keys, for a nonce of zeros ("Fast Message Franking",
 * Dodis et al. 2018). With H the hash key and S the mask of the tag, the tag is C₁·H³ + C₂·H² + L·H + S; C₁ is chosen
 * so that both are equal.
 */
function salamander(one: Uint8Array, two: Uint8Array): Uint8Array {
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

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ed25519 as curve, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { found, noble, webCrypto, withSubtle } from '../../../test/suite-platforms.js'
import { byWebCrypto } from './curves.js'
import * as ed25519 from './ed25519.js'
import { keyFromSeed } from './private-key.js'
import { frame, type Log } from './labels.js'
import { generateSigningKey, signerOf, signingKeyFromSeed, verify } from './signing.js'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const log: fc.Arbitrary<Log> = fc.option(key)
const message = fc.uint8Array({ maxLength: 200 })
const purpose = fc.constantFrom('membership-entry' as const, 'feed-entry' as const, 'kube-challenge' as const)

const ours = new Uint8Array(32).fill(1)
const text = new Uint8Array([1, 2, 3])

for (const [name, platform] of Object.entries({ webCrypto, noble }))
  describe(`a signature, by ${name}`, () => {
    it('holds for what it was made for', () =>
      fc.assert(
        fc.asyncProperty(key, purpose, log, message, async (seed, why, where, what) => {
          const signer = signerOf(platform, await signingKeyFromSeed(platform, seed))
          const signature = await signer.sign(why, where, what)
          assert.equal(await verify(platform, signer.publicKey, why, where, what, signature), true)
        }),
        { numRuns: 30 },
      ))
    it('of a fresh key holds, and no two keys are the same', async () => {
      const [alice, bob] = [await generateSigningKey(platform), await generateSigningKey(platform)]
      const signature = await signerOf(platform, alice).sign('feed-entry', ours, text)
      const by = (publicKey: Uint8Array) => verify(platform, publicKey, 'feed-entry', ours, text, signature)
      assert.deepEqual([await by(alice.publicKey), await by(bob.publicKey)], [true, false])
    })
    it('does not hold for another purpose, another log, no log, or other bytes', async () => {
      const alice = signerOf(platform, await generateSigningKey(platform))
      const signature = await alice.sign('membership-entry', ours, text)
      const theirs = new Uint8Array(32).fill(2)
      for (const [why, where, what] of [
        ['feed-entry', ours, text],
        ['membership-entry', theirs, text],
        ['membership-entry', null, text],
        // What would be the same bytes if the log were simply put before the message.
        ['membership-entry', null, concatBytes(ours, text)],
        ['membership-entry', ours, text.subarray(1)],
      ] as const)
        assert.equal(await verify(platform, alice.publicKey, why, where, what, signature), false)
    })
    it('does not hold with any one bit turned, of itself, the key, the log or the message', () =>
      fc.assert(
        fc.asyncProperty(fc.nat(3), fc.nat(), async (part, bit) => {
          const alice = signerOf(platform, await signingKeyFromSeed(platform, ours))
          const parts = [alice.publicKey, ours, text, await alice.sign('feed-entry', ours, text)] as const
          const [publicKey, where, what, signature] = parts.map((one, i) =>
            i === part ? turn(one, bit % (one.length * 8)) : one,
          ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
          assert.equal(await verify(platform, publicKey, 'feed-entry', where, what, signature), false)
        }),
        { numRuns: 150 },
      ))
    it('is refused in any other length, and so is a key', async () => {
      const alice = signerOf(platform, await generateSigningKey(platform))
      const signature = await alice.sign('feed-entry', ours, text)
      const long = concatBytes(signature, Uint8Array.of(0))
      for (const [publicKey, one] of [
        [alice.publicKey, signature.subarray(1)],
        [alice.publicKey, long],
        [alice.publicKey, new Uint8Array()],
        [alice.publicKey.subarray(1), signature],
        [concatBytes(alice.publicKey, Uint8Array.of(0)), signature],
      ] as const)
        assert.equal(await verify(platform, publicKey, 'feed-entry', ours, text, one), false)
    })
    it('by a key that is no point of the curve does not hold', async () => {
      // y = 2 has no x.
      const nowhere = numberToBytesLE(2n, 32)
      const alice = signerOf(platform, await generateSigningKey(platform))
      const signature = await alice.sign('feed-entry', ours, text)
      assert.equal(await verify(platform, nowhere, 'feed-entry', ours, text, signature), false)
    })
    it('in a log whose id is none is a mistake of the caller', async () => {
      const alice = signerOf(platform, await generateSigningKey(platform))
      await assert.rejects(alice.sign('feed-entry', text, text), RangeError)
      await assert.rejects(verify(platform, ours, 'feed-entry', text, text, ours), RangeError)
    })
  })

describe('signatures by WebCrypto and by noble', () => {
  it('are the same bytes', () =>
    fc.assert(
      fc.asyncProperty(key, message, async (seed, what) => {
        const [a, b] = await Promise.all(
          [webCrypto, noble].map(async (platform) => {
            const signer = signerOf(platform, await signingKeyFromSeed(platform, seed))
            return [signer.publicKey, await signer.sign('feed-entry', ours, what)]
          }),
        )
        assert.deepEqual(a, b)
      }),
      { numRuns: 30 },
    ))
  it('have one verdict when Eve adds parts of small order to the key and to R', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(7), fc.nat(7), message, async (i, j, what) => {
        const { publicKey, signature } = mixed(torsion(i), torsion(j), what)
        const [a, b] = [
          await ed25519.verify(webCrypto, publicKey, what, signature),
          await ed25519.verify(noble, publicKey, what, signature),
        ]
        assert.equal(a, b)
        if (i === 0 && j === 0) assert.equal(a, true)
      }),
      { numRuns: 100 },
    ))
  it('are refused if made by a key of small order, or with such an R, in every encoding', async () => {
    const s = numberToBytesLE(0n, 32)
    for (const point of smallOrderEncodings())
      for (const platform of [webCrypto, noble]) {
        assert.equal(await ed25519.verify(platform, point, text, concatBytes(point, s)), false)
        const signature = concatBytes(point, s)
        assert.equal(await ed25519.verify(platform, curve.getPublicKey(ours), text, signature), false)
      }
  })
})

describe('who computes on curves', () => {
  it('is WebCrypto where it answers as it should, asked once', async () => {
    let asked = 0
    const platform = withSubtle({
      sign: ((...args: Parameters<SubtleCrypto['sign']>) => (asked++, found.subtle.sign(...args))) as never,
    })
    assert.deepEqual(
      [await byWebCrypto(platform, 'Ed25519'), await byWebCrypto(platform, 'Ed25519')],
      [true, true],
    )
    assert.equal(asked, 1)
    assert.equal(await byWebCrypto(platform, 'X25519'), true)
  })
  it('is noble where WebCrypto lacks the curve', async () => {
    const platform = withSubtle({ importKey: () => Promise.reject(new Error('NotSupportedError')) })
    assert.deepEqual(
      [await byWebCrypto(platform, 'Ed25519'), await byWebCrypto(platform, 'X25519')],
      [false, false],
    )
    assert.equal((await generateSigningKey(platform)).kind, 'secret')
  })
  for (const [how, changes] of Object.entries({
    'signs otherwise': { sign: () => Promise.resolve(new ArrayBuffer(64)) },
    'refuses what is right': { verify: () => Promise.resolve(false) },
    'multiplies by the cofactor': { verify: () => Promise.resolve(true) },
  } satisfies Record<string, Partial<SubtleCrypto>>))
    it(`is noble where WebCrypto ${how}`, async () => {
      assert.equal(await byWebCrypto(withSubtle(changes), 'Ed25519'), false)
    })
  it('is noble where WebCrypto agrees on something else', async () => {
    const platform = withSubtle({ deriveBits: () => Promise.resolve(new ArrayBuffer(32)) })
    assert.equal(await byWebCrypto(platform, 'X25519'), false)
  })
})

describe('a key that WebCrypto does not even import', () => {
  it('has signed nothing', async () => {
    const refuses = withSubtle({ importKey: () => Promise.reject(new DOMException('', 'DataError')) })
    const signature = await ed25519.sign(noble, await keyFromSeed(noble, 'Ed25519', ours), text)
    const verdict = ed25519.verify(
      { ...refuses, curves: 'webcrypto' },
      curve.getPublicKey(ours),
      text,
      signature,
    )
    assert.equal(await verdict, false)
  })
})

describe('a frame', () => {
  it('is another for every other label, log or message', () =>
    fc.assert(
      fc.property(purpose, log, message, purpose, log, message, (p1, l1, m1, p2, l2, m2) => {
        const same = p1 === p2 && hex(l1) === hex(l2) && hex(m1) === hex(m2)
        assert.equal(hex(frame('sign', p1, l1, m1)) === hex(frame('sign', p2, l2, m2)), same)
      }),
    ))
  it('has these bytes', () => {
    assert.equal(
      Buffer.from(frame('sign', 'feed-entry', new Uint8Array(32).fill(0x61), text)).toString('latin1'),
      `hearth/1/sign/feed-entry\0 ${'a'.repeat(32)}\x01\x02\x03`,
    )
    assert.equal(
      Buffer.from(frame('derive', 'topic', null, text)).toString('latin1'),
      'hearth/1/derive/topic\0\0\x01\x02\x03',
    )
  })
})

it('signatures of more keys than are remembered hold, the first ones once more', async () => {
  const signer = signerOf(webCrypto, await signingKeyFromSeed(webCrypto, ours))
  const signature = await signer.sign('feed-entry', null, text)
  const holds = () => verify(webCrypto, signer.publicKey, 'feed-entry', null, text, signature)
  assert.equal(await holds(), true)
  for (let n = 0; n < 300; n++) {
    const seed = new Uint8Array(32).fill(2)
    seed.set([n & 255, n >> 8])
    const { publicKey } = await signingKeyFromSeed(webCrypto, seed)
    assert.equal(await verify(webCrypto, publicKey, 'feed-entry', null, text, signature), false)
  }
  assert.equal(await holds(), true)
})

const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex')

function turn(bytes: Uint8Array, bit: number): Uint8Array {
  const turned = bytes.slice()
  turned[bit >> 3]! ^= 1 << (bit & 7)
  return turned
}

const { Point } = curve

const torsion = (i: number) => Point.fromBytes(hexToBytes(ED25519_TORSION_SUBGROUP[i]!), true)

/** S = r + h·a for A = a·B + T and R = r·B + T': it holds if the parts of small order cancel out, by chance or never. */
function mixed(inKey: InstanceType<typeof Point>, inR: InstanceType<typeof Point>, what: Uint8Array) {
  const [a, r] = [123456789n, 987654321n]
  const publicKey = Point.BASE.multiply(a).add(inKey).toBytes()
  const commitment = Point.BASE.multiply(r).add(inR).toBytes()
  const h = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(commitment, publicKey, what))))
  const s = numberToBytesLE(Point.Fn.create(r + h * a), 32)
  return { publicKey, signature: concatBytes(commitment, s) }
}

/** The 8 points, and what else some libraries read as one of them: y + p, and the sign of x = 0. */
function smallOrderEncodings(): Uint8Array[] {
  const sign = 1n << 255n
  const ys = ED25519_TORSION_SUBGROUP.map((point) => bytesToNumberLE(hexToBytes(point)) % sign)
  const all = new Set([...ys, ...ys.map((y) => y + Point.Fp.ORDER)].filter((y) => y < sign))
  return [...all].flatMap((y) => [y, y + sign]).map((y) => numberToBytesLE(y, 32))
}

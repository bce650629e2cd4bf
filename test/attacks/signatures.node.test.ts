/** What Mallory does with signatures that others made, and with some that not everybody would accept. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ed25519 as curve } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import * as ed25519 from '../../worker/halo/suite/ed25519.js'
import type { Log, Purpose } from '../../worker/halo/suite/labels.js'
import { signerOf, signingKeyFromSeed, verify } from '../../worker/halo/suite/signing.js'
import { SPECCHECK } from '../../worker/halo/suite/vectors/speccheck.js'
import { lenient, noble, webCrypto, withSubtle } from '../suite-platforms.js'

const platforms = { webCrypto, noble, 'a lenient browser': lenient }
const { Point } = curve
const seed = new Uint8Array(32).fill(1)
const kitchen = new Uint8Array(32).fill(2)
const garage = new Uint8Array(32).fill(3)
const text = Uint8Array.of(1, 2, 3)

const alice = await signingKeyFromSeed(noble, seed).then((key) => signerOf(noble, key))
/** Whether what Alice signed for one thing passes as signed for another. */
async function passes(signed: [Purpose, Log, Uint8Array], as: [Purpose, Log, Uint8Array]): Promise<boolean> {
  const signature = await alice.sign(...signed)
  return verify(noble, alice.publicKey, ...as, signature).catch(() => false)
}

describe('a signature that is taken from one place to another', () => {
  it('does not hold for another purpose', async () => {
    const challenge = await passes(['feed-entry', kitchen, text], ['membership-entry', kitchen, text])
    assert.equal(challenge, false)
  })
  it('does not hold in another log', async () => {
    assert.equal(await passes(['feed-entry', kitchen, text], ['feed-entry', garage, text]), false)
  })
  it('does not hold in a log if it was made for none, over what begins like that log', async () => {
    const challenge = concatBytes(kitchen, text)
    assert.equal(await passes(['kube-challenge', null, challenge], ['kube-challenge', kitchen, text]), false)
  })
  it('does not hold in a log whose id is so long that its length looks like another', async () => {
    const rest = new Uint8Array(256)
    const long = concatBytes(kitchen, rest)
    assert.equal(
      await passes(['feed-entry', kitchen, concatBytes(rest, text)], ['feed-entry', long, text]),
      false,
    )
  })
})

for (const [name, platform] of Object.entries(platforms))
  describe(`a signature that is good enough for some, by ${name}`, () => {
    const verdict = (publicKey: Uint8Array, r: Uint8Array, s: bigint) =>
      ed25519.verify(platform, publicKey, text, concatBytes(r, numberToBytesLE(s, 32)))

    it('by a key under which everything is signed is refused', async () => {
      const r = Point.BASE.multiply(5n).toBytes()
      // The neutral element, as it is written by everybody.
      assert.equal(await verdict(numberToBytesLE(1n, 32), r, 5n), false)
    })
    it('by such a key that is written in another way is refused', async () => {
      const r = Point.BASE.multiply(5n).toBytes()
      assert.equal(await verdict(numberToBytesLE(1n + Point.Fp.ORDER, 32), r, 5n), false)
    })
    it('by a key that is no point of the curve is refused', async () => {
      // y = 2 has no x.
      assert.equal(await verdict(numberToBytesLE(2n, 32), Point.BASE.toBytes(), 5n), false)
    })
    it('with an R of small order is refused', async () => {
      const [secret, r] = [7n, Point.ZERO.toBytes()]
      const publicKey = Point.BASE.multiply(secret).toBytes()
      assert.equal(await verdict(publicKey, r, Point.Fn.create(challenge(r, publicKey) * secret)), false)
    })
    it('and has a second form is refused in the second form', async () => {
      const [r, s] = await halves()
      assert.deepEqual(
        [await verdict(alice.publicKey, r, s), await verdict(alice.publicKey, r, s + Point.Fn.ORDER)],
        [true, false],
      )
    })
    it('and goes on after its end is refused', async () => {
      const [r, s] = await halves()
      const long = concatBytes(r, numberToBytesLE(s, 32), new Uint8Array(1))
      assert.equal(await ed25519.verify(platform, alice.publicKey, text, long), false)
    })
    it('under a key that goes on after its end is refused', async () => {
      const [r, s] = await halves()
      assert.equal(await verdict(concatBytes(alice.publicKey, new Uint8Array(1)), r, s), false)
    })
  })

describe('a browser that computes by another equation', () => {
  it('does not accept what others refuse', async () => {
    const lax = withSubtle({
      verify: async (_, key, signature, message) => {
        const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', key))
        return curve.verify(signature as Uint8Array, message as Uint8Array, publicKey, { zip215: true })
      },
    })
    // Number 4 holds only if both sides are multiplied by 8.
    const [, publicKey, signature, message] = SPECCHECK.trim().split('\n')[4]!.split(' ')
    const verdicts = [noble, webCrypto, lax].map((platform) =>
      ed25519.verify(platform, hexToBytes(publicKey!), hexToBytes(message!), hexToBytes(signature!)),
    )
    assert.deepEqual(await Promise.all(verdicts), [false, false, false])
  })
})

/** What Alice has signed over the text alone, as `ed25519.verify` takes it. */
async function halves(): Promise<[r: Uint8Array, s: bigint]> {
  const signature = curve.sign(text, seed)
  return [signature.subarray(0, 32), bytesToNumberLE(signature.subarray(32))]
}

const challenge = (r: Uint8Array, publicKey: Uint8Array): bigint =>
  Point.Fn.create(bytesToNumberLE(sha512(concatBytes(r, publicKey, text))))

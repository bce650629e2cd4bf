/** What Mallory does with keys that are sealed to others, and with the keys of devices. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { agreementOf, generateAgreementKey } from '../../worker/halo/suite/agreement.js'
import { createDeviceKeys, loadDeviceKeys } from '../../worker/halo/suite/device-keys.js'
import { openerOf, seal } from '../../worker/halo/suite/seal.js'
import { lenient, noble, webCrypto, withSubtle } from '../suite-platforms.js'

const platforms = { webCrypto, noble, 'a lenient browser': lenient }
const log = new Uint8Array(32).fill(1)
const epochKey = new Uint8Array(32).fill(9)
const secret = new Uint8Array(32).fill(3)
const bobs = x25519.getPublicKey(secret)
const bob = (publicKey: Uint8Array = bobs) => agreementOf(noble, { kind: 'secret', publicKey, secret })
const unreadable = { code: 'halo/unreadable' }
const weak = { code: 'halo/weak-key' }

/**
 * Another key, with which everybody agrees on the same: the point of order 2 is added, and is lost again because private
 * keys are multiples of 8. It is canonical, and not of small order.
 */
function alias(publicKey: Uint8Array): Uint8Array {
  const { Fp } = ed25519.Point
  return numberToBytesLE(Fp.inv(bytesToNumberLE(publicKey)), 32)
}

describe('a substituted sealed key', () => {
  const sealed = () => seal(noble, bobs, 'epoch-key', log, epochKey)

  it('does not open if it was sealed to a key that agrees on the same', async () => {
    assert.deepEqual(await bob().agree(bobs), await bob().agree(alias(bobs)))
    const opener = openerOf(noble, bob(alias(bobs)))
    await assert.rejects(opener.open('epoch-key', log, await sealed()), unreadable)
  })
  it('does not open if what it was sealed with is another key that agrees on the same', async () => {
    const bytes = await sealed()
    const other = concatBytes(alias(bytes.subarray(0, 32)), bytes.subarray(32))
    await assert.rejects(openerOf(noble, bob()).open('epoch-key', log, other), unreadable)
  })
  it('does not open in the log of another space', async () => {
    const opened = openerOf(noble, bob()).open('epoch-key', new Uint8Array(32), await sealed())
    await assert.rejects(opened, unreadable)
  })
  it('does not open as something else', async () => {
    const opened = openerOf(noble, bob()).open('invitation-terms', log, await sealed())
    await assert.rejects(opened, unreadable)
  })
  it('does not open if the commitment to it is that of another', async () => {
    const [a, b] = [await sealed(), await sealed()]
    const mixed = concatBytes(a.subarray(0, 32), b.subarray(32, 64), a.subarray(64))
    await assert.rejects(openerOf(noble, bob()).open('epoch-key', log, mixed), unreadable)
  })
})

for (const [name, platform] of Object.entries(platforms))
  describe(`a weak key, by ${name}`, () => {
    const agree = async (theirs: Uint8Array) =>
      agreementOf(platform, await generateAgreementKey(platform)).agree(theirs)

    it('that makes what is shared known to everybody is refused', () =>
      assert.rejects(agree(new Uint8Array(32)), weak))
    it('that is another way to write a key is refused', async () => {
      const highBit = bobs.slice()
      highBit[31]! |= 0x80
      await assert.rejects(agree(highBit), weak)
    })
    it('that goes on after its end is refused', () =>
      assert.rejects(agree(concatBytes(bobs, new Uint8Array(1))), weak))
    it('that ends early is refused', () => assert.rejects(agree(bobs.subarray(1)), weak))
  })

describe('a weak key, in a browser that does not mind,', () => {
  it('is refused all the same', async () => {
    const key = await generateAgreementKey(webCrypto)
    const lax = withSubtle({ deriveBits: () => Promise.resolve(new ArrayBuffer(32)) })
    await assert.rejects(agreementOf(lax, key).agree(bobs), weak)
  })
})

describe('a device whose store says that its keys are somebody else’s', () => {
  for (const which of ['signing', 'agreement'] as const)
    it(`does not act under that name: ${which}`, async () => {
      const cloned = async (value: unknown) => structuredClone(value)
      const [{ kept }, { kept: theirs }] = [
        await createDeviceKeys(noble, cloned),
        await createDeviceKeys(noble, cloned),
      ]
      const swapped = { ...kept, [which]: { ...kept[which], publicKey: theirs[which].publicKey } }
      await assert.rejects(loadDeviceKeys(noble, swapped), { code: 'halo/keys-lost' })
    })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { found, noble, webCrypto } from '../../../test/suite-platforms.js'
import { agreementOf, generateAgreementKey } from './agreement.js'
import type { SuitePlatform } from './platform.js'
import { openerOf, seal } from './seal.js'

const log = new Uint8Array(32).fill(1)
const text = Uint8Array.of(1, 2, 3)
const unreadable = { code: 'halo/unreadable' }

async function someone(platform: SuitePlatform) {
  const own = agreementOf(platform, await generateAgreementKey(platform))
  return { own, opener: openerOf(platform, own) }
}

for (const [name, hosts] of Object.entries({ webCrypto, noble }))
  for (const [other, bobs] of Object.entries({ webCrypto, noble }))
    describe(`what Alice seals by ${name} for Bob, by ${other},`, () => {
      it('is opened by Bob', () =>
        fc.assert(
          fc.asyncProperty(fc.option(fc.constant(log)), fc.uint8Array(), async (where, what) => {
            const { opener } = await someone(bobs)
            const sealed = await seal(hosts, opener.publicKey, 'epoch-key', where, what)
            assert.deepEqual(await opener.open('epoch-key', where, sealed), what)
          }),
          { numRuns: 20 },
        ))
      it('is not opened by Eve, nor for another label or log', async () => {
        const [bob, eve] = [await someone(bobs), await someone(bobs)]
        const sealed = await seal(hosts, bob.opener.publicKey, 'epoch-key', log, text)
        await assert.rejects(eve.opener.open('epoch-key', log, sealed), unreadable)
        await assert.rejects(bob.opener.open('recovery-epoch-key', log, sealed), unreadable)
        await assert.rejects(bob.opener.open('epoch-key', new Uint8Array(32), sealed), unreadable)
        await assert.rejects(bob.opener.open('epoch-key', null, sealed), unreadable)
      })
    })

describe('what is sealed', () => {
  it('is not opened with any one bit turned, nor any byte less', async () => {
    const { opener } = await someone(found)
    const sealed = await seal(found, opener.publicKey, 'epoch-key', log, text)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const turned = sealed.slice()
      turned[bit >> 3]! ^= 1 << (bit & 7)
      await assert.rejects(opener.open('epoch-key', log, turned), unreadable)
    }
    for (let length = 0; length < sealed.length; length++)
      await assert.rejects(opener.open('epoch-key', log, sealed.subarray(0, length)), unreadable)
  })
  it('is not opened with an ephemeral key of another sealing, or of small order', async () => {
    const { opener } = await someone(found)
    const [a, b] = [
      await seal(found, opener.publicKey, 'epoch-key', log, text),
      await seal(found, opener.publicKey, 'epoch-key', log, text),
    ]
    const crossed = Uint8Array.of(...b.subarray(0, 32), ...a.subarray(32))
    await assert.rejects(opener.open('epoch-key', log, crossed), unreadable)
    const small = Uint8Array.of(...new Uint8Array(32), ...a.subarray(32))
    await assert.rejects(opener.open('epoch-key', log, small), unreadable)
  })
  it('is nothing for a key of small order', () =>
    assert.rejects(seal(found, new Uint8Array(32), 'epoch-key', log, text), { code: 'halo/weak-key' }))
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { noble, webCrypto, withSubtle } from '../../../test/suite-platforms.js'
import { agreementKeyFromSeed, agreementOf, generateAgreementKey } from './agreement.js'
import { derive } from './derive.js'

const fresh = async (platform: typeof noble) => agreementOf(platform, await generateAgreementKey(platform))

for (const [name, alices] of Object.entries({ webCrypto, noble }))
  for (const [other, bobs] of Object.entries({ webCrypto, noble }))
    describe(`Alice by ${name} and Bob by ${other}`, () => {
      it('share the same', async () => {
        const [alice, bob] = [await fresh(alices), await fresh(bobs)]
        assert.deepEqual(await alice.agree(bob.publicKey), await bob.agree(alice.publicKey))
      })
      it('share something else than Alice and Eve', async () => {
        const [alice, bob, eve] = [await fresh(alices), await fresh(bobs), await fresh(bobs)]
        assert.notDeepEqual(await alice.agree(bob.publicKey), await alice.agree(eve.publicKey))
      })
    })

describe('an agreement', () => {
  for (const [name, platform] of Object.entries({ webCrypto, noble }))
    it(`by ${name} with a key of small order, or with no key, is refused`, async () => {
      const alice = await fresh(platform)
      const none = [
        new Uint8Array(32),
        new Uint8Array(31).fill(9),
        new Uint8Array(33).fill(9),
        new Uint8Array(),
      ]
      for (const theirs of none) await assert.rejects(alice.agree(theirs), { code: 'halo/weak-key' })
    })
  for (const [name, platform] of Object.entries({ webCrypto, noble }))
    it(`by ${name} with another encoding of a key is refused`, async () => {
      const [alice, bob] = [await fresh(platform), await fresh(platform)]
      // X25519 ignores the highest bit: to it, both are Bob's.
      const alias = bob.publicKey.slice()
      alias[31]! ^= 0x80
      // 9 + p
      const nine = new Uint8Array(32).fill(0xff)
      nine.set([0xf6], 0)
      nine.set([0x7f], 31)
      for (const theirs of [alias, nine]) await assert.rejects(alice.agree(theirs), { code: 'halo/weak-key' })
    })
  it('whose result is all zeros is refused, if WebCrypto lets it pass', async () => {
    const key = await generateAgreementKey(webCrypto)
    const lax = withSubtle({ deriveBits: () => Promise.resolve(new ArrayBuffer(32)) })
    await assert.rejects(agreementOf(lax, key).agree(key.publicKey), { code: 'halo/weak-key' })
  })
  it('from a seed is the same on every device', async () => {
    const seed = new Uint8Array(32).fill(3)
    const [a, b] = [await agreementKeyFromSeed(webCrypto, seed), await agreementKeyFromSeed(noble, seed)]
    assert.deepEqual(a.publicKey, b.publicKey)
    assert.deepEqual([a.kind, b.kind], ['handle', 'secret'])
    const theirs = (await fresh(noble)).publicKey
    assert.deepEqual(await agreementOf(noble, a).agree(theirs), await agreementOf(noble, b).agree(theirs))
  })
  it('does not change when the caller wipes the seed', async () => {
    const seed = new Uint8Array(32).fill(3)
    const key = await agreementKeyFromSeed(noble, seed)
    const theirs = (await fresh(noble)).publicKey
    const before = await agreementOf(noble, key).agree(theirs)
    seed.fill(0)
    assert.deepEqual(await agreementOf(noble, key).agree(theirs), before)
  })
})

describe('what is derived', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
  it('is another for every other secret, label, log or context', () =>
    fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (secret, log, context) => {
        const other = log.map((byte) => byte ^ 1)
        const all = await Promise.all([
          derive('topic', log, secret, context),
          derive('replica-id', log, secret, context),
          derive('topic', other, secret, context),
          derive('topic', null, secret, context),
          derive('topic', log, secret),
          derive(
            'topic',
            log,
            secret.map((byte) => byte ^ 1),
            context,
          ),
        ])
        assert.equal(new Set(all.map((one) => Buffer.from(one).toString('hex'))).size, all.length)
        assert.deepEqual(derive('topic', log, secret, context), all[0])
        assert.equal(all[0]!.length, 32)
      }),
      { numRuns: 30 },
    ))
})

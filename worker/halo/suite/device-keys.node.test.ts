import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { found, noble, webCrypto, withSubtle } from '../../../test/suite-platforms.js'
import { createDeviceKeys, loadDeviceKeys, type DeviceKeys, type KeptKeys } from './device-keys.js'
import { seal } from './seal.js'
import { verify } from './signing.js'

const log = new Uint8Array(32).fill(1)
const text = Uint8Array.of(1, 2, 3)
const cloned = async (value: unknown): Promise<unknown> => structuredClone(value)
const lost = { code: 'halo/keys-lost' }

/** A browser whose store takes no CryptoKey. */
async function withoutHandles(value: unknown): Promise<unknown> {
  const { signing } = value as KeptKeys
  if (signing.kind === 'handle') throw new DOMException('cannot be cloned', 'DataCloneError')
  return structuredClone(value)
}

async function work({ signer, opener, agreement }: DeviceKeys): Promise<void> {
  const signature = await signer.sign('feed-entry', log, text)
  assert.equal(await verify(found, signer.publicKey, 'feed-entry', log, text, signature), true)
  const sealed = await seal(found, opener.publicKey, 'epoch-key', log, text)
  assert.deepEqual(await opener.open('epoch-key', log, sealed), text)
  assert.deepEqual(agreement.publicKey, opener.publicKey)
}

const kinds = ({ signing, agreement }: KeptKeys) => [signing.kind, agreement.kind]

describe('the keys of a device', () => {
  it('are handles that nobody can read, where they can be kept', async () => {
    const { kept, keys } = await createDeviceKeys(found, cloned)
    assert.deepEqual(kinds(kept), ['handle', 'handle'])
    for (const key of [kept.signing, kept.agreement]) {
      assert.ok(key.kind === 'handle' && !key.handle.extractable)
      await assert.rejects(found.subtle.exportKey('pkcs8', key.handle))
    }
    await work(keys)
  })
  for (const [what, platform, roundTrip] of [
    ['the store refuses handles', found, withoutHandles],
    ['the browser lacks the curves', noble, cloned],
    [
      'the store gives something else back',
      found,
      async (value: unknown) =>
        (value as KeptKeys).signing.kind === 'handle'
          ? JSON.parse(JSON.stringify(value))
          : structuredClone(value),
    ],
    [
      'making handles fails',
      withSubtle({ generateKey: () => Promise.reject<never>(new DOMException('', 'NotSupportedError')) }),
      cloned,
    ],
  ] as const)
    it(`are secrets where ${what}, and do the same`, async () => {
      const { kept, keys } = await createDeviceKeys(platform, roundTrip)
      assert.deepEqual(kinds(kept), ['secret', 'secret'])
      await work(keys)
      await work(await loadDeviceKeys(platform, structuredClone(kept)))
    })
  it('are each of the best kind that there is', async () => {
    const platform = withSubtle({
      sign: () => Promise.reject(new DOMException('', 'NotSupportedError')),
    })
    const { kept } = await createDeviceKeys(platform, cloned)
    assert.deepEqual(kinds(kept), ['secret', 'handle'])
  })
  it('come back from the store and work', async () => {
    for (const platform of [webCrypto, noble]) {
      const { kept, keys } = await createDeviceKeys(platform, cloned)
      const loaded = await loadDeviceKeys(platform, structuredClone(kept))
      await work(loaded)
      assert.deepEqual(loaded.signer.publicKey, keys.signer.publicKey)
      assert.deepEqual(loaded.opener.publicKey, keys.opener.publicKey)
    }
  })
  it('that a store can keep in no way are an error', async () => {
    await assert.rejects(
      createDeviceKeys(found, () => Promise.reject(new Error('full'))),
      /full/,
    )
    await assert.rejects(
      createDeviceKeys(found, async () => undefined),
      lost,
    )
  })
  it('are not loaded from anything else', async () => {
    for (const bad of [
      undefined,
      null,
      1,
      'keys',
      {},
      { signing: {} },
      { signing: { kind: 'secret' }, agreement: {} },
    ])
      await assert.rejects(loadDeviceKeys(found, bad), lost)
  })
  it('are not loaded if one is not that of its public key', async () => {
    for (const platform of [webCrypto, noble]) {
      const { kept: a } = await createDeviceKeys(platform, cloned)
      const { kept: b } = await createDeviceKeys(platform, cloned)
      const swapped = (key: 'signing' | 'agreement') => ({
        ...a,
        [key]: { ...a[key], publicKey: b[key].publicKey },
      })
      await assert.rejects(loadDeviceKeys(platform, swapped('signing')), lost)
      await assert.rejects(loadDeviceKeys(platform, swapped('agreement')), lost)
    }
  })
  it('are the same for a simulation that is run again from its seed', async () => {
    const seeded = () => {
      let n = 0
      return { ...noble, random: (bytes: number) => new Uint8Array(bytes).fill(++n) }
    }
    const [a, b] = [await createDeviceKeys(seeded(), cloned), await createDeviceKeys(seeded(), cloned)]
    assert.deepEqual(a.kept, b.kept)
  })
})

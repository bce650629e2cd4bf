/** What only a real browser can show: its own WebCrypto, and keys in its own IndexedDB. */
import { assert } from 'chai'
import { found, noble } from '../../../test/suite-platforms.js'
import { decrypt, encrypt } from './cipher.js'
import { byWebCrypto } from './curves.js'
import { createDeviceKeys, loadDeviceKeys, type KeptKeys } from './device-keys.js'
import { seal } from './seal.js'
import { verify } from './signing.js'
import { checks } from './vectors/checks.js'

const log = new Uint8Array(32).fill(1)
const text = Uint8Array.of(1, 2, 3)

for (const [name, platform] of Object.entries({ found, noble }))
  describe(`published vectors in a browser, curves: ${name}`, () => {
    for (const { name: check, run } of checks) it(check, () => run(platform))
  })

describe('the keys of a device in a browser', () => {
  let database: IDBDatabase
  const name = `device-keys-${Date.now()}`
  before(async () => {
    const opening = indexedDB.open(name)
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys')
    database = await done(opening)
  })
  after(() => {
    database.close()
    indexedDB.deleteDatabase(name)
  })

  async function throughIndexedDb(value: unknown): Promise<unknown> {
    await done(database.transaction('keys', 'readwrite').objectStore('keys').put(value, 'own'))
    return done(database.transaction('keys').objectStore('keys').get('own'))
  }

  for (const [which, platform] of Object.entries({ found, noble }))
    it(`come back from IndexedDB and work, curves: ${which}`, async () => {
      const { kept } = await createDeviceKeys(platform, throughIndexedDb)
      const { signer, opener } = await loadDeviceKeys(platform, await throughIndexedDb(kept))
      const signature = await signer.sign('feed-entry', log, text)
      assert.isTrue(await verify(found, signer.publicKey, 'feed-entry', log, text, signature))
      const sealed = await seal(found, opener.publicKey, 'epoch-key', log, text)
      assert.deepEqual(await opener.open('epoch-key', log, sealed), text)
    })
  it('are handles that nobody can read, where the browser has the curves', async () => {
    const { kept } = await createDeviceKeys(found, throughIndexedDb)
    const { signing, agreement } = (await throughIndexedDb(kept)) as KeptKeys
    for (const [key, curve] of [
      [signing, 'Ed25519'],
      [agreement, 'X25519'],
    ] as const) {
      assert.equal(key.kind, (await byWebCrypto(found, curve)) ? 'handle' : 'secret')
      if (key.kind === 'handle') assert.isFalse(key.handle.extractable)
    }
  })
})

describe('a ciphertext in a browser', () => {
  it('opens to what was encrypted, and not under another key', async () => {
    const [key, other] = [found.random(32), found.random(32)]
    const context = { label: 'feed-body', log, header: new Uint8Array(5_000) } as const
    const ciphertext = await encrypt(found, key, context, text)
    assert.deepEqual(await decrypt(found, key, context, ciphertext), text)
    let code: unknown
    await decrypt(found, other, context, ciphertext).catch((e: { code: unknown }) => (code = e.code))
    assert.equal(code, 'halo/unreadable')
  })
})

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error!)
  })

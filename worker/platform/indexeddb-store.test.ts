import { assert } from 'chai'
import { describeStore } from '../../test/store-suite.js'
import { openIndexedDbStore, SCHEMA } from './indexeddb-store.js'

describeStore('IndexedDB', (name) => openIndexedDbStore({ name }))
describeStore('IndexedDB with a fence', (name) => openIndexedDbStore({ name, fence: crypto.randomUUID() }))

describe('the store on IndexedDB', () => {
  const asked: (IDBTransactionDurability | undefined)[] = []
  const { transaction } = IDBDatabase.prototype
  beforeEach(() => {
    asked.length = 0
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      if (mode === 'readwrite') asked.push(options?.durability)
      return transaction.call(this, names, mode, options)
    }
  })
  afterEach(() => {
    IDBDatabase.prototype.transaction = transaction
  })
  /** A store whose first write, which in Chromium begins a new log, is behind it. */
  const warm = async (name: string) => {
    const store = await openIndexedDbStore({ name })
    await store.write([{ table: 'meta', key: 'first', put: 0 }], 'relaxed')
    asked.length = 0
    return store
  }

  it('asks for the durability that it was asked for', async () => {
    const store = await warm(`durability-${Date.now()}`)
    await store.write([{ table: 'meta', key: 'a', put: 1 }], 'strict')
    await store.write([{ table: 'meta', key: 'a', put: 2 }], 'relaxed')
    assert.deepEqual(asked, ['strict', 'relaxed'])
    await store.erase()
  })
  it('acknowledges when the transaction has completed, not before', async () => {
    const order: string[] = []
    const store = await warm(`complete-${Date.now()}`)
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      const tx = transaction.call(this, names, mode, options)
      tx.addEventListener('complete', () => order.push('complete'))
      return tx
    }
    await store.write([{ table: 'meta', key: 'a', put: 1 }], 'strict')
    order.push('acknowledged')
    assert.deepEqual(order, ['complete', 'acknowledged'])
    await store.erase()
  })
  it('takes nothing more from one that another has passed over', async () => {
    const name = `fence-${Date.now()}`
    let passedOver = false
    const old = await openIndexedDbStore({ name, fence: 'old', passedOver: () => (passedOver = true) })
    await old.write([{ table: 'meta', key: 'a', put: 'old' }], 'strict')
    const heir = await openIndexedDbStore({ name, fence: 'heir' })
    await heir.write([{ table: 'meta', key: 'a', put: 'heir' }], 'strict')
    let ended = false
    const end = () => (ended = true)
    old
      .write(
        [
          { table: 'meta', key: 'a', put: 'old again' },
          { table: 'marks', key: 'b', put: 1 },
        ],
        'strict',
      )
      .then(end, end)
    while (!passedOver) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.isFalse(ended)
    assert.equal(await heir.get('meta', 'a'), 'heir')
    assert.equal(await heir.get('marks', 'b'), undefined)
    old.close()
    await heir.erase()
  })
  it('of a newer version is refused with a code, and left as it is', async () => {
    const name = `newer-${Date.now()}`
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open(name, SCHEMA + 1)
      opening.onsuccess = () => (opening.result.close(), resolve())
    })
    let code: string | undefined
    await openIndexedDbStore({ name }).catch((e: { code: string }) => (code = e.code))
    assert.equal(code, 'store/newer')
    const version = await new Promise<number>((resolve) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => (resolve(opening.result.version), opening.result.close())
    })
    assert.equal(version, SCHEMA + 1)
    indexedDB.deleteDatabase(name)
  })
})

import { expect } from 'chai'
import { openDB } from 'idb'
import type { Store } from '../../worker/echo/platform.js'
import { openIndexedDbStore, SCHEMA } from '../../worker/platform/indexeddb-store.js'

describe('the store on IndexedDB', () => {
  let name: string
  let store: Store
  beforeEach(async () => {
    name = `store-${crypto.randomUUID()}`
    store = await openIndexedDbStore(name)
  })
  afterEach(() => store.erase())

  it('gives back what was written, after it is opened again', async () => {
    await store.write(
      [{ table: 'meta', key: 'device', put: { id: 'x', bytes: new Uint8Array([1, 2]) } }],
      'strict',
    )
    store.close()
    store = await openIndexedDbStore(name)
    expect(await store.get('meta', 'device')).to.deep.equal({ id: 'x', bytes: new Uint8Array([1, 2]) })
    expect(await store.get('meta', 'nothing')).to.equal(undefined)
  })

  it('asks for the durability that was meant', async () => {
    const asked: unknown[] = []
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = function (...args) {
      asked.push([args[1], args[2]?.durability])
      return transaction.apply(this, args)
    }
    try {
      await store.write([{ table: 'meta', key: 'a', put: 1 }], 'strict')
      await store.write([{ table: 'meta', key: 'a', put: 2 }], 'relaxed')
    } finally {
      IDBDatabase.prototype.transaction = transaction
    }
    expect(asked).to.deep.equal([
      ['readwrite', 'strict'],
      ['readwrite', 'relaxed'],
    ])
  })

  it('has resolved a write only when its transaction is complete', async () => {
    const order: string[] = []
    const { transaction } = IDBDatabase.prototype
    IDBDatabase.prototype.transaction = function (...args) {
      const tx = transaction.apply(this, args)
      tx.addEventListener('complete', () => order.push('complete'))
      return tx
    }
    try {
      await store.write([{ table: 'meta', key: 'a', put: 1 }], 'strict').then(() => order.push('resolved'))
    } finally {
      IDBDatabase.prototype.transaction = transaction
    }
    expect(order).to.deep.equal(['complete', 'resolved'])
  })

  it('writes all of a batch, or nothing of it', async () => {
    await store.write([{ table: 'meta', key: 'a', put: 1 }], 'strict')
    const bad = { table: 'spaces', key: 'b', put: () => 'a function cannot be stored' } as const
    const failure = await store
      .write([{ table: 'meta', key: 'a', put: 2 }, bad], 'strict')
      .catch((e: unknown) => e)
    expect(failure).to.have.property('code', 'store/failed')
    expect(await store.get('meta', 'a')).to.equal(1)
  })

  it('reads and deletes ranges of list keys', async () => {
    const put = (...key: (string | number)[]) => ({ table: 'entries', key, put: key.join('/') }) as const
    await store.write(
      [put('s', 'd', 1), put('s', 'd', 2), put('s', 'd', 10), put('s', 'e', 1), put('t', 'd', 1)],
      'strict',
    )
    const values = async (...args: [(string | number)[]?, number?]) =>
      (await store.rows<string>('entries', ...args)).map(({ value }) => value).join(' ')
    expect(await values()).to.equal('s/d/1 s/d/2 s/d/10 s/e/1 t/d/1')
    expect(await values(['s', 'd'])).to.equal('s/d/1 s/d/2 s/d/10')
    expect(await values(['s', 'd'], 1)).to.equal('s/d/2 s/d/10')
    await store.write([{ table: 'entries', under: ['s', 'd'], upTo: 2 }], 'strict')
    expect(await values(['s'])).to.equal('s/d/10 s/e/1')
    await store.write([{ table: 'entries', under: ['s'] }], 'strict')
    expect(await values()).to.equal('t/d/1')
  })

  it('refuses a database that a newer version has written, and leaves it as it is', async () => {
    const newer = `newer-${crypto.randomUUID()}`
    const db = await openDB(newer, SCHEMA + 1, { upgrade: (one) => void one.createObjectStore('future') })
    db.close()
    expect(await openIndexedDbStore(newer).catch((e: unknown) => e)).to.have.property('code', 'store/newer')
    const again = await openDB(newer, SCHEMA + 1)
    expect([...again.objectStoreNames]).to.deep.equal(['future'])
    again.close()
    indexedDB.deleteDatabase(newer)
  })

  it('lets go when another connection deletes it', async () => {
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name)
      request.addEventListener('success', () => resolve())
      request.addEventListener('error', () => reject(request.error!))
      request.addEventListener('blocked', () => reject(new Error('the store held on')))
    })
    expect(await store.get('meta', 'a').catch((e: unknown) => e)).to.have.property(
      'code',
      'store/unavailable',
    )
    store = await openIndexedDbStore(name)
  })
})

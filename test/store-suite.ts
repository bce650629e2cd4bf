/** What every store must do, whatever it is made of. */
import { assert } from 'chai'
import type { Store } from '../worker/store.js'

/** @param open a new, empty store; opening it again by the same name gives what it holds */
export function describeStore(name: string, open: (name: string) => Promise<Store>): void {
  describe(`${name} as a store`, () => {
    let store: Store
    let count = 0
    const fresh = () => `suite-${name}-${Date.now()}-${count++}`
    beforeEach(async () => {
      store = await open(fresh())
    })
    afterEach(() => store.erase())
    const put = (key: (string | number)[], value: unknown) => ({ table: 'entries' as const, key, put: value })

    it('gives back what was written', async () => {
      const value = { bytes: new Uint8Array([1, 2]), nested: [{ a: null }] }
      await store.write([put(['s', 1], value)], 'strict')
      assert.deepEqual(await store.get('entries', ['s', 1]), value)
      assert.isUndefined(await store.get('entries', ['s', 2]))
    })
    it('gives rows in key order, numbers by value, below a prefix and past a position', async () => {
      await store.write(
        [10, 9, 2].flatMap((n) => [put(['s', n], n), put(['t', n], -n)]),
        'relaxed',
      )
      const values = async (...args: [string[]?, number?]) =>
        (await store.rows<number>('entries', ...args)).map((r) => r.value)
      assert.deepEqual(await values(['s']), [2, 9, 10])
      assert.deepEqual(await values(['s'], 2), [9, 10])
      assert.deepEqual(await values(), [2, 9, 10, -2, -9, -10])
    })
    it('deletes a row, and rows below a prefix up to a position', async () => {
      await store.write(
        [1, 2, 3].map((n) => put(['s', n], n)),
        'strict',
      )
      await store.write(
        [
          { table: 'entries', key: ['s', 3], delete: true },
          { table: 'entries', under: ['s'], upTo: 1 },
        ],
        'strict',
      )
      assert.deepEqual(
        (await store.rows('entries', ['s'])).map((r) => r.value),
        [2],
      )
    })
    it('writes all of a transaction or nothing of it', async () => {
      const cannotBeCloned = () => undefined
      let code: string | undefined
      await store
        .write([put(['s', 1], 1), put(['s', 2], cannotBeCloned)], 'strict')
        .catch((e: { code: string }) => (code = e.code))
      assert.equal(code, 'store/failed')
      assert.deepEqual(await store.rows('entries'), [])
      await store.write([put(['s', 1], 2)], 'strict')
      assert.equal(await store.get('entries', ['s', 1]), 2)
    })
  })
}

/** Live queries as an app meets them, on the real worker. */
import { assert } from 'chai'
import * as hearth from './index.js'
import type { Home, Space } from './index.js'

describe('a query', () => {
  let home: Home
  let space: Space
  before(async () => {
    home = await hearth.open()
  })
  beforeEach(async () => {
    space = await home.createSpace({ name: 'Queries' })
    space.batch(() => [3, 1, 2].forEach((n) => space.add('item', { n, even: n % 2 === 0 })))
    await space.flush()
  })
  const numbers = (query: { value: { n: number }[] }) => query.value.map(({ n }) => n)
  const settled = async () => {
    await space.flush()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  it('is in order of creation, or of fields, within limits, after an object', async () => {
    const all = space.query<{ n: number }>('item')
    const ordered = all.orderBy('n', 'desc')
    const limited = ordered.limit(2)
    await Promise.all([all.ready, ordered.ready, limited.ready])
    assert.deepEqual(
      [numbers(all), numbers(ordered), numbers(limited)],
      [
        [3, 1, 2],
        [3, 2, 1],
        [3, 2],
      ],
    )
    const rest = ordered.after(ordered.value[0]!)
    await rest.ready
    assert.deepEqual(numbers(rest), [2, 1])
    assert.equal(limited.count.value, 3)
  })

  it('shows own edits at once, in their place, and the same when they are confirmed', async () => {
    const query = space.query<{ n: number }>('item', { n: { gt: 1 } }).orderBy('n')
    await query.ready
    const [two] = query.value
    space.add('item', { n: 2.5 })
    two!.n = 9
    assert.deepEqual(numbers(query), [2.5, 3, 9])
    two!.n = 0
    assert.deepEqual(numbers(query), [2.5, 3])
    await settled()
    assert.deepEqual(numbers(query), [2.5, 3])
    assert.equal(query.count.value, 2)
  })

  it('keeps its window full when objects leave it', async () => {
    const query = space.query<{ n: number }>('item').orderBy('n').limit(2)
    await query.ready
    space.remove(query.value[0]!)
    await settled()
    assert.deepEqual(numbers(query), [2, 3])
    space.add('item', { n: 2.5 })
    await settled()
    assert.deepEqual(numbers(query), [2, 2.5])
  })

  it('never loses an object from view between being shown and being confirmed', async () => {
    const query = space.query('burst')
    await query.ready
    const lengths: number[] = []
    const stop = query.subscribe((value) => lengths.push(value.length))
    for (let i = 0; i < 300; i++) {
      space.add('burst', { i })
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await settled()
    stop()
    assert.deepEqual(
      lengths,
      [...lengths].sort((a, b) => a - b),
    )
    assert.equal(lengths.at(-1), 300)
  })

  it('tells subscribers once for each turn, with a new reference', async () => {
    const query = space.query<{ n: number }>('item')
    await query.ready
    const seen: unknown[] = []
    const stop = query.subscribe((value) => seen.push(value))
    query.value[0]!.n = 10
    query.value[1]!.n = 11
    await Promise.resolve()
    assert.lengthOf(seen, 2)
    assert.notStrictEqual(seen[0], seen[1])
    stop()
  })

  it('can be iterated, and goes over all spaces from home', async () => {
    const other = await home.createSpace({ name: 'Other' })
    const type = `everywhere-${Date.now()}`
    space.add(type, { n: 1 })
    other.add(type, { n: 2 })
    for await (const value of home.query<{ n: number }>(type)) {
      if (value.length === 2) break
    }
  })

  it('is read-only as a list, and refuses what is no condition', async () => {
    const query = space.query('item').orderBy('n')
    await query.ready
    assert.throws(() => query.value.reverse(), /copy it/)
    assert.throws(() => space.query('item', { n: () => true }), /function/)
    assert.throws(() => query.limit(-1), /limit/)
    assert.throws(() => query.orderBy('n', 'up' as 'asc'), /asc/)
  })
})

describe('a home', () => {
  it('is one for each page, and says how it is', async () => {
    const home = await hearth.open()
    assert.strictEqual(await hearth.open(), home)
    await home.space.flush()
    const { worker, unsaved, damage, storage } = home.status.value
    assert.equal(worker.mode, 'shared')
    assert.match(worker.instance, /^[\w-]{22}$/)
    assert.deepEqual([unsaved, damage], [0, []])
    assert.isAtLeast(storage.quota, 1)
    assert.isObject((await home.diagnostics())['worker'])
  })
  it('has the personal space first, and gives each by its id', async () => {
    const home = await hearth.open()
    assert.strictEqual(home.spaces.value[0], home.space)
    assert.strictEqual(home.getSpace(home.space.id), home.space)
    assert.equal(
      await home.createSpace({ name: ' ' }).catch((e: hearth.HearthError) => e.code),
      'echo/invalid',
    )
  })
  it('refuses everything with a code once it is closed, and opens again', async () => {
    const home = await hearth.open()
    const { space } = home
    await home.close()
    assert.throws(() => space.add('x', {}), /closed/)
    assert.equal(await space.flush().catch((e: hearth.HearthError) => e.code), 'rpc/closed')
    const again = await hearth.open()
    assert.notStrictEqual(again, home)
    assert.equal(again.space.id, space.id)
  })
})

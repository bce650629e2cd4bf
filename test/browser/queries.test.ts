import { expect } from 'chai'
import * as hearth from '../../client/index.js'
import { expectCode, freshType, openHere, openTab, until, type Tab } from './tab.js'

describe('a query', () => {
  let space: hearth.Space
  let other: Tab
  before(async () => {
    ;({ space } = await openHere())
    other = await openTab()
  })
  after(() => other.close())

  const names = (list: readonly object[]) => list.map((object) => (object as { name: string }).name).join('')

  it('is in order of creation, and follows what other tabs do', async () => {
    const type = freshType()
    const query = space.query<{ name: string }>(type)
    expect(query.status).to.equal('loading')
    await query.ready
    expect(query.value).to.have.length(0)
    const made = [...'abcdefgh'].map((name) => space.add(type, { name }))
    expect(names(query.value), 'before they are confirmed').to.equal('abcdefgh')
    await space.flush()
    expect(names(query.value)).to.equal('abcdefgh')
    other.home.space.add(type, { name: 'z' })
    await until('the object of the other tab', () => names(query.value) === 'abcdefghz')
    space.remove(made[1]!)
    expect(names(query.results)).to.equal('acdefghz')
    await space.flush()
    expect(names(query.results)).to.equal('acdefghz')
    query.close()
  })

  it('selects, orders and limits', async () => {
    const type = freshType()
    for (const [name, rank, tags] of [
      ['a', 3, ['x']],
      ['b', 1, ['x', 'y']],
      ['c', 2, []],
      ['d', 1, ['y']],
    ] as const)
      space.add(type, { name, rank, tags: [...tags], deep: { even: rank % 2 === 0 } })
    await space.flush()
    const answer = async (query: hearth.Query<object>) => {
      await query.ready
      const found = names(query.value)
      query.close()
      return found
    }
    expect(await answer(space.query(type, { rank: 1 }))).to.equal('bd')
    expect(await answer(space.query(type, { rank: { gt: 1 } }))).to.equal('ac')
    expect(await answer(space.query(type, { 'deep.even': true }))).to.equal('c')
    expect(await answer(space.query(type, { tags: { contains: 'y' } }))).to.equal('bd')
    expect(await answer(space.query(type, { or: [{ rank: 3 }, { name: { in: ['c'] } }] }))).to.equal('ac')
    expect(await answer(space.query(type, { not: { rank: 1 } }))).to.equal('ac')
    expect(await answer(space.query(type).orderBy('rank', 'asc'))).to.equal('bdca')
    expect(await answer(space.query(type).orderBy('rank', 'desc'))).to.equal('acbd')
    expect(await answer(space.query(type).orderBy('name', 'desc').limit(2))).to.equal('dc')
    const all = space.query(type).orderBy('name')
    await all.ready
    expect(await answer(space.query(type).orderBy('name').after(all.value[1]!).limit(1))).to.equal('c')
    const { count } = space.query(type, { rank: 1 })
    await count.ready
    expect(count.value).to.equal(2)
    all.close()
  })

  it('is Live: tells at once and then every change, until it is stopped', async () => {
    const type = freshType()
    const query = space.query<{ name: string }>(type)
    await query.ready
    const told: string[] = []
    const stop = query.subscribe((list) => told.push(names(list)))
    expect(told).to.deep.equal([''])
    const first = query.value
    const object = space.add(type, { name: 'a' })
    await until('the first change', () => told.at(-1) === 'a')
    expect(query.value).to.not.equal(first)
    object.name = 'b'
    await until('the change of a field', () => told.at(-1) === 'b')
    stop()
    space.add(type, { name: 'c' })
    await space.flush()
    expect(told.at(-1)).to.equal('b')
  })

  it('can be iterated as it changes', async () => {
    const type = freshType()
    const query = space.query<{ name: string }>(type)
    await query.ready
    space.add(type, { name: 'a' })
    for await (const list of query)
      if (list.length === 1) {
        expect(names(list)).to.equal('a')
        break
      }
  })

  it('refuses what it could not evaluate', () => {
    const type = freshType()
    expectCode('echo/invalid', () => space.query(type, { a: (() => true) as unknown as object }))
    expectCode('echo/invalid', () => space.query(type).limit(-1))
    expectCode('echo/invalid', () => space.query(type).orderBy('a', 'sideways' as 'asc'))
  })
})

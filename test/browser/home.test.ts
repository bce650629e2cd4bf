import { expect } from 'chai'
import * as hearth from '../../client/index.js'
import { expectCode, freshType, openHere, openTab, until } from './tab.js'

describe('a home', () => {
  let home: hearth.Home
  before(async () => (home = await openHere()))

  it('is one for each page', async () => {
    expect(await hearth.open()).to.equal(home)
  })

  it('has spaces, the personal one first, and makes more that every tab sees', async () => {
    expect(home.spaces.value[0]).to.equal(home.space)
    const name = `Kitchen ${freshType()}`
    const kitchen = await home.createSpace({ name })
    const type = freshType()
    kitchen.add(type, { title: 'Knife' })
    await kitchen.flush()
    const other = await openTab()
    const theirs = other.home.getSpace(kitchen.id)!
    expect(theirs.name).to.equal(name)
    const [inKitchen, inPersonal, everywhere] = [theirs, other.home.space, other.home].map((at) =>
      at.query(type),
    )
    for (const query of [inKitchen!, inPersonal!, everywhere!]) await query.ready
    expect([inKitchen!, inPersonal!, everywhere!].map(({ value }) => value.length)).to.deep.equal([1, 0, 1])
    other.close()
  })

  it('takes a batch as a whole, or not at all', async () => {
    const { space } = home
    const type = freshType()
    const object = space.add(type, { a: 1, list: ['x'] })
    expect(() =>
      space.batch(() => {
        object.a = 2
        object.list.push('y')
        space.add(type, { a: 3, list: [] })
        throw new Error('changed my mind')
      }),
    ).to.throw('changed my mind')
    expect({ a: object.a, list: [...object.list] }).to.deep.equal({ a: 1, list: ['x'] })
    const query = space.query(type)
    await query.ready
    expect(query.value).to.have.length(1)
    await space.flush()
  })

  it('keeps what is flushed for tabs that come later', async () => {
    const type = freshType()
    const first = await openTab()
    first.home.space.add(type, { kept: true })
    await first.home.space.flush()
    first.close()
    const second = await openTab()
    const query = second.home.space.query<{ kept: boolean }>(type)
    await query.ready
    expect(query.value.map(({ kept }) => kept)).to.deep.equal([true])
    second.close()
  })

  it('knows how many tabs share the worker, and notices when one goes', async () => {
    const tabs = () => home.status.value.worker.tabs
    const other = await openTab()
    await until('two tabs', () => tabs() >= 2)
    const before = tabs()
    expect(other.home.status.value.worker.instance).to.equal(home.status.value.worker.instance)
    other.close()
    await until('one tab less', () => tabs() === before - 1)
  })

  it('gives diagnostics without what the user wrote', async () => {
    const secret = `secret-${crypto.randomUUID()}`
    home.space.add(freshType(), { note: secret })
    await home.space.flush()
    const text = JSON.stringify(await home.diagnostics())
    expect(text).to.include(home.status.value.worker.instance)
    expect(text).to.not.include(secret)
  })

  it('that is closed refuses further use, and disturbs no other', async () => {
    const other = await openTab()
    const type = freshType()
    const object = other.home.space.add(type, { a: 1 })
    await other.home.close()
    expect(() => (object.a = 2))
      .to.throw()
      .with.property('code', 'rpc/closed')
    const query = home.space.query(type)
    await query.ready
    // What was written before it was closed is there.
    expect(query.value).to.have.length(1)
    expectCode('echo/invalid', () => home.space.add(type, { a: NaN }))
    other.close()
  })
})

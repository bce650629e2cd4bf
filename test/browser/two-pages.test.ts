/** Two pages of one origin, through the real SharedWorker, in every browser. What one page shows by itself is tested beside the source. */
import { expect } from 'chai'
import * as hearth from '../../client/index.js'
import { freshType, openTab, until, type Tab } from './tab.js'

describe('two pages', () => {
  let home: hearth.Home
  let space: hearth.Space
  let other: Tab
  before(async () => {
    home = await hearth.open({ app: 'Browser tests' })
    space = home.space
    other = await openTab()
  })
  after(() => other.close())

  /** The object as the other page has it, from what the worker says. */
  const elsewhere = async (id: string) => {
    await space.flush()
    const { id: _, ...rest } = other.hearth.plain(await other.home.space.load(id)) as Record<string, unknown>
    return rest
  }
  const names = (list: readonly object[]) => list.map((object) => (object as { name: string }).name).join('')

  it('read every kind of value as the same', async () => {
    const props = {
      nothing: null,
      yes: true,
      number: -1.5,
      big: Number.MAX_SAFE_INTEGER,
      words: 'Grüße 🙂',
      at: new Date(1_700_000_000_000),
      bytes: new Uint8Array([0, 1, 255]),
      list: [1, 'two', [3], { four: 4 }],
      record: { inner: { deep: true } },
    }
    const { id } = space.add(freshType(), props)
    const there = await elsewhere(id)
    // Of the other page's realm: the same values, of other classes.
    expect(JSON.stringify(there)).to.equal(JSON.stringify(props))
    expect(Object.prototype.toString.call(there['at'])).to.equal('[object Date]')
    expect(Object.prototype.toString.call(there['bytes'])).to.equal('[object Uint8Array]')
  })

  it('add up what both count, and keep what both type', async () => {
    const object = space.add(freshType(), { count: 1, note: hearth.text('milk') })
    await space.flush()
    const theirs = await other.home.space.load<{ count: number; note: string }>(object.id)
    for (let n = 0; n < 10; n++) {
      hearth.increment(object, 'count', 2)
      other.hearth.increment(theirs, 'count', 3)
      hearth.splice(object, 'note', 0, 0, 'a')
      other.hearth.splice(theirs, 'note', theirs.note.length, 0, 'z')
    }
    await Promise.all([space.flush(), other.home.space.flush()])
    const same = { count: 51, note: `${'a'.repeat(10)}milk${'z'.repeat(10)}` }
    expect(await elsewhere(object.id)).to.deep.equal(same)
    expect({ count: object.count, note: object.note }).to.deep.equal(same)
  })

  it('show objects in order of creation, their own before they are confirmed too', async () => {
    const type = freshType()
    const query = space.query<{ name: string }>(type)
    await query.ready
    for (const name of 'abcdefgh') space.add(type, { name })
    expect(names(query.value), 'before they are confirmed').to.equal('abcdefgh')
    await space.flush()
    other.home.space.add(type, { name: 'z' })
    await until('the object of the other page', () => names(query.value) === 'abcdefghz')
    const theirs = other.home.space.query<{ name: string }>(type)
    await theirs.ready
    expect(names(theirs.value)).to.equal('abcdefghz')
    other.home.space.remove(theirs.value[1]!)
    await until('the removal', () => names(query.value) === 'acdefghz')
    query.close()
    theirs.close()
  })

  it('tell a change here from one in the other', async () => {
    const object = space.add(freshType(), { title: 'Milk' })
    await space.flush()
    const heard: string[] = []
    const stop = hearth.on(object, ({ changes, origin }) =>
      heard.push(`${origin} ${changes.map(({ kind, path }) => `${kind} ${path.join('.')}`).join()}`),
    )
    object.title = 'Oat milk'
    await space.flush()
    const theirs = await other.home.space.load<{ title: string }>(object.id)
    theirs.title = 'Soy milk'
    await until('the change of the other page', () => object.title === 'Soy milk' && heard.length > 1)
    expect(heard).to.deep.equal(['here set title', 'tab set title'])
    stop()
  })

  it('follow links to objects that the other has made', async () => {
    const list = space.add(freshType(), { name: 'Shopping' })
    const todo = space.add(freshType(), { title: 'Milk', list })
    await space.flush()
    const theirs = await other.home.space.load<{ list: { name: string } }>(todo.id)
    await other.home.space.load(list.id)
    expect(theirs.list.name).to.equal('Shopping')
  })

  it('see each other in the spaces that one of them makes', async () => {
    const kitchen = await home.createSpace({ name: 'Kitchen' })
    const type = freshType()
    kitchen.add(type, { title: 'Knife' })
    await kitchen.flush()
    await until('the new space', () => other.home.getSpace(kitchen.id)?.name === 'Kitchen')
    const places = [other.home.getSpace(kitchen.id)!, other.home.space, other.home]
    const queries = places.map((place) => place.query(type))
    for (const query of queries) await query.ready
    expect(queries.map(({ value }) => value.length)).to.deep.equal([1, 0, 1])
  })

  it('are counted, and a page that goes is missed', async () => {
    const tabs = () => home.status.value.worker.tabs
    await until('two pages', () => tabs() >= 2)
    const before = tabs()
    const third = await openTab()
    expect(third.home.status.value.worker.instance).to.equal(home.status.value.worker.instance)
    await until('three pages', () => tabs() === before + 1)
    third.close()
    await until('two pages again', () => tabs() === before)
  })

  it('keep what a page that has closed has flushed', async () => {
    const type = freshType()
    const third = await openTab()
    third.home.space.add(type, { kept: true })
    await third.home.space.flush()
    third.close()
    const query = other.home.space.query<{ kept: boolean }>(type)
    await query.ready
    expect(query.value.map(({ kept }) => kept)).to.deep.equal([true])
  })

  it('are not disturbed when one closes its home, which then takes no more writes', async () => {
    const third = await openTab()
    const type = freshType()
    const object = third.home.space.add(type, { a: 1 })
    await third.home.close()
    const query = space.query<{ a: number }>(type)
    await query.ready
    expect(query.value.map(({ a }) => a)).to.deep.equal([1])
    expect(() => (object.a = 2), 'an assignment that nobody would keep')
      .to.throw()
      .with.property('code', 'rpc/closed')
    third.close()
  })

  it('give diagnostics without what the user wrote', async () => {
    const secret = `secret-${crypto.randomUUID()}`
    space.add(freshType(), { note: secret })
    await space.flush()
    const text = JSON.stringify(await other.home.diagnostics())
    expect(text).to.include(home.status.value.worker.instance)
    expect(text).to.not.include(secret)
  })
})

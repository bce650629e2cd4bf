import { expect } from 'chai'
import * as hearth from '../../client/index.js'
import { expectCode, freshType, openHere, openTab, type Tab } from './tab.js'

describe('a live object', () => {
  let space: hearth.Space
  let other: Tab
  before(async () => {
    ;({ space } = await openHere())
    other = await openTab()
  })
  after(() => other.close())

  /** The object as another tab has it, from what the worker says. */
  const elsewhere = async (id: string) => {
    await space.flush()
    const { id: _, ...rest } = other.hearth.plain(await other.home.space.load(id)) as Record<string, unknown>
    return rest
  }

  it('keeps every kind of value, and another tab reads the same', async () => {
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
    const object = space.add(freshType(), { ...props, left: undefined })
    const { id, ...here } = hearth.plain(object) as Record<string, unknown>
    expect(here).to.deep.equal(props)
    const there = await elsewhere(id as string)
    // Of the other page's realm: the same values, of other classes.
    expect(JSON.stringify(there)).to.equal(JSON.stringify(props))
    expect(Object.prototype.toString.call(there['at'])).to.equal('[object Date]')
    expect(Object.prototype.toString.call(there['bytes'])).to.equal('[object Uint8Array]')
  })

  it('deletes a field by delete, or by undefined', async () => {
    const object: Record<string, unknown> & { id: string } = space.add(freshType(), { a: 1, b: 2, c: 3 })
    delete object['a']
    object['b'] = undefined
    expect(Object.keys(object)).to.not.include.members(['a', 'b'])
    expect(await elsewhere(object.id)).to.deep.equal({ c: 3 })
  })

  it('refuses what cannot be stored, at the assignment, and changes nothing', () => {
    const object = space.add(freshType(), { a: 1, list: [1] }) as Record<string, any>
    const before = hearth.plain(object)
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const value of [() => 1, Symbol('s'), NaN, Infinity, 10n, new Map(), cycle, '\ud83d', document.body])
      expectCode('echo/invalid', () => (object['a'] = value))
    for (const key of ['__proto__', 'constructor', 'prototype', '@link', '$createdAt'])
      expectCode('echo/invalid', () => (object['a'] = JSON.parse(`{"${key}": 1}`)))
    expectCode('echo/invalid', () => object['list'].push(NaN))
    expectCode('echo/too-large', () => (object['a'] = 'x'.repeat((4 << 20) + 1)))
    expectCode('echo/invalid', () => space.add('', { a: 1 }))
    expect(hearth.plain(object)).to.deep.equal(before)
  })

  it('edits text by splice and by assignment, and refuses to splice what is none', async () => {
    const object = space.add(freshType(), { note: hearth.text('2 litres'), title: 'Milk' })
    hearth.splice(object, 'note', 0, 1, '3')
    expect(object.note).to.equal('3 litres')
    object.note = '3 litres, cold'
    expectCode('echo/not-text', () => hearth.splice(object, 'title', 0, 0, 'Oat '))
    hearth.makeText(object, 'title')
    hearth.splice(object, 'title', 0, 0, 'Oat ')
    expect(await elsewhere(object.id)).to.deep.equal({ note: '3 litres, cold', title: 'Oat Milk' })
  })

  it('has lists with the methods of arrays, and moves elements', async () => {
    const object = space.add(freshType(), { list: ['a', 'b', 'c'] })
    const { list } = object
    list.push('d', 'e')
    expect(list.shift()).to.equal('a')
    expect(list.splice(1, 1, 'x', 'y')).to.deep.equal(['c'])
    list.unshift('first')
    list.reverse()
    hearth.move(list, 0, 2)
    expect([...list]).to.deep.equal(['d', 'y', 'e', 'x', 'b', 'first'])
    expect(list.map((one) => one.length)).to.have.length(6)
    expect(Array.isArray(list)).to.equal(true)
    expect((await elsewhere(object.id))['list']).to.deep.equal(['d', 'y', 'e', 'x', 'b', 'first'])
  })

  it('adds increments of two tabs', async () => {
    const object = space.add(freshType(), { count: 1 })
    await space.flush()
    const theirs = await other.home.space.load<{ count: number }>(object.id)
    for (let n = 0; n < 10; n++) {
      hearth.increment(object, 'count', 2)
      other.hearth.increment(theirs, 'count', 3)
    }
    await Promise.all([space.flush(), other.home.space.flush()])
    expect((await elsewhere(object.id))['count']).to.equal(51)
  })

  it('stores an object assigned to a field as a link to it', async () => {
    const list = space.add(freshType(), { name: 'Shopping' })
    const todo = space.add(freshType(), { title: 'Milk', list })
    expect(todo.list).to.equal(list)
    await space.flush()
    const theirs = await other.home.space.load<{ list: { name: string } }>(todo.id)
    await other.home.space.load(list.id)
    expect(theirs.list.name).to.equal('Shopping')
  })

  it('gives snapshots that share what has not changed', () => {
    const object = space.add(freshType(), { a: { x: 1 }, b: { y: 1 } })
    const before = hearth.snapshot(object)
    object.a.x = 2
    const later = hearth.snapshot(object)
    expect(before.a.x).to.equal(1)
    expect(later.a.x).to.equal(2)
    expect(later.a).to.not.equal(before.a)
    expect(later.b).to.equal(before.b)
    expect(hearth.snapshot(object)).to.equal(later)
    expect(Object.isFrozen(later)).to.equal(true)
    expect(hearth.live(later)).to.equal(object)
  })

  it('tells what has changed, and whether here or in another tab', async () => {
    const object = space.add(freshType(), { title: 'Milk' })
    await space.flush()
    const heard: string[] = []
    const stop = hearth.on(object, ({ changes, origin }) =>
      heard.push(`${origin} ${changes.map(({ kind, path }) => `${kind} ${path.join('.')}`).join()}`),
    )
    object.title = 'Oat milk'
    const theirs = await other.home.space.load<{ title: string }>(object.id)
    await space.flush()
    theirs.title = 'Soy milk'
    await other.home.space.flush()
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(object.title).to.equal('Soy milk')
    expect(heard).to.deep.equal(['here set title', 'tab set title'])
    stop()
  })

  it('says about itself what it is and where', () => {
    const type = freshType()
    const object = space.add(type, { a: 1 })
    const { id, space: where, state, createdAt, pending } = hearth.meta(object)
    expect({ id, type: hearth.meta(object).type, where: where as string, state, pending }).to.deep.equal({
      id: object.id,
      type,
      where: space.id as string,
      state: 'loaded',
      pending: true,
    })
    expect(Date.now() - createdAt.getTime()).to.be.within(0, 60_000)
  })
})

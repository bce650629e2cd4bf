/** Devices that write two entries at one position of their feed: one of them is a lie, and nobody can say which. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { altered } from '../../../test/simulation/acceptance/author.js'
import { cutAt, Space } from '../../../test/simulation/acceptance/space.js'
import { remove } from '../../../test/simulation/membership/scribe.js'
import type { EntryHeader } from './header.js'

const spaces: Space[] = []
function kitchen(salt?: string): Space {
  const space = new Space(salt)
  spaces.push(space)
  return space
}
afterEach(() => spaces.splice(0).forEach((space) => space.check()))

const sortedIds = (...entries: EntryHeader[]) => entries.map(({ id }) => id).sort()

/** Mallory's feed has one entry, and two that go on from it. */
function forked() {
  const space = kitchen()
  const knows = [space.top]
  const one = space.write('mallory', { knows })
  const left = space.write('mallory', { knows, after: one, note: 'left' })
  const right = space.draft('mallory', { knows, after: one, note: 'right' })
  return { space, knows, one, left, right }
}

describe('a fork', () => {
  it('leaves what is before it, and neither branch', () => {
    const { space, one, left, right } = forked()
    const further = space.write('mallory', { after: left })
    assert.deepEqual(space.codes(one, left, further), ['accepted', 'accepted', 'accepted'])
    assert.deepEqual(space.acceptance.forks(), [])
    space.acceptance.takeChanges()
    space.receive(right)
    assert.deepEqual(space.codes(one, left, further, right), ['accepted', 'forked', 'forked', 'forked'])
    assert.deepEqual(space.reason(further), { code: 'forked', seq: 2 })
    assert.deepEqual(space.acceptance.forks(), [{ feed: one.feed, seq: 2, entries: sortedIds(left, right) }])
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [], withdrawn: [further.id, left.id] })
    assert.deepEqual(space.cutOf('mallory'), cutAt(one))
  })

  it('is where entries name different ones before them, too, although those are not here', () => {
    const { space, one, left, right } = forked()
    const further = space.write('mallory', { after: right })
    assert.equal(space.code(further), 'waiting')
    assert.deepEqual(space.codes(one, left), ['accepted', 'forked'])
    space.receive(right)
    assert.deepEqual(space.codes(further, right), ['forked', 'forked'])
  })

  it('is as early as anything shows that it is', () => {
    const { space, one, left, right } = forked()
    space.receive(right)
    const third = space.write('mallory', { after: one, note: 'third' })
    assert.deepEqual(space.acceptance.forks()[0]?.entries, sortedIds(left, right, third))
    const other = space.write('mallory', { after: 'nothing', note: 'other' })
    assert.deepEqual(space.codes(one, left, right, other), ['forked', 'forked', 'forked', 'forked'])
    assert.deepEqual(space.acceptance.forks(), [{ feed: one.feed, seq: 1, entries: sortedIds(one, other) }])
    // A later one is no news.
    space.write('mallory', { after: left, note: 'a' })
    space.write('mallory', { after: left, note: 'b' })
    assert.equal(space.acceptance.forks()[0]?.seq, 1)
  })

  it('takes nothing from those who have built on a branch, whichever it is', () => {
    const { space, one, left, right } = forked()
    const [ed, anna] = [space.write('ed', { deps: [left] }), space.draft('anna', { deps: [right] })]
    space.receive(right)
    assert.deepEqual(space.codes(one, left, ed, right), ['accepted', 'accepted', 'accepted', 'forked'])
    space.receive(anna)
    assert.deepEqual(space.codes(left, ed, right, anna), ['accepted', 'accepted', 'accepted', 'accepted'])
    const [smaller] = [left, right].sort((a, b) => (a.id < b.id ? -1 : 1))
    assert.deepEqual(space.cutOf('mallory'), cutAt(smaller!))
    assert.equal(space.code(space.write('mallory', { after: left })), 'forked')
  })

  it('of two devices is not mended by each building on the other’s branch', () => {
    const { space, knows, left, right } = forked()
    space.receive(right)
    const twins = ['a', 'b'].map((note) => space.write('ed', { knows, after: 'nothing', deps: [left], note }))
    const back = space.write('mallory', { knows, after: right, deps: twins })
    for (const entry of [left, right, ...twins, back]) assert.equal(space.code(entry), 'forked')
  })

  it('is decided by whoever removes the device: the cut names the branch that was accepted', () => {
    const { space, one, left, right } = forked()
    space.receive(right)
    space.decree('olga', remove('mallory', [cutAt(left)]))
    assert.deepEqual(space.codes(one, left, right), ['accepted', 'accepted', 'beyond-cut'])
  })

  it('that is shown by somebody who is out takes nothing away that was kept', () => {
    const { space, knows, one, left } = forked()
    space.decree('olga', remove('mallory', [cutAt(left)]))
    space.acceptance.takeChanges()
    const other = space.write('mallory', { knows, after: 'nothing', note: 'other' })
    assert.equal(space.code(other), 'beyond-cut')
    assert.deepEqual(space.codes(one, left), ['accepted', 'accepted'])
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [], withdrawn: [] })
  })

  it('in a part of the feed that is broken is one, too', () => {
    const { space, one, left } = forked()
    const liar = space.receive(altered(left, { prev: space.write('ed').id }))
    assert.equal(space.code(liar), 'broken-chain')
    assert.deepEqual(space.codes(one, left), ['forked', 'forked'])
  })
})

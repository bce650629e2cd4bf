/** Which entries count, by themselves and by what they build on; what is told about that, and when. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { altered, header } from '../../../test/simulation/acceptance/author.js'
import { Space } from '../../../test/simulation/acceptance/space.js'
import {
  admit,
  device,
  identity,
  profile,
  remove,
  Scribe,
  setRole,
  words as wordsOf,
} from '../../../test/simulation/membership/scribe.js'
import type { LogEntryId } from '../membership/actions.js'
import { Acceptance } from './acceptance.js'
import type { EntryHeader, EntryId } from './header.js'

const spaces: Space[] = []
function kitchen(salt?: string): Space {
  const space = new Space(salt)
  spaces.push(space)
  return space
}
afterEach(() => spaces.splice(0).forEach((space) => space.check()))

const ids = (...entries: EntryHeader[]) => entries.map(({ id }) => id)
const NOTHING = { accepted: [], withdrawn: [] }

describe('an entry', () => {
  it('of an editor, an admin or the owner is accepted', () => {
    const space = kitchen()
    for (const who of ['ed', 'adam', 'olga']) assert.equal(space.code(space.write(who)), 'accepted')
  })

  it('of a reader is not, and not of somebody who is not in', () => {
    const space = kitchen()
    assert.equal(space.code(space.write('rita')), 'reader')
    assert.equal(space.code(space.write('zoe')), 'no-member')
  })

  it('of the recovery key of an identity is not', () => {
    const scribe = new Scribe('ed', '', 'identity')
    const acceptance = new Acceptance(scribe.read())
    const { heads } = scribe.read()
    const [own, words] = [header('ed/1', undefined, heads), header(wordsOf('ed'), undefined, heads)]
    for (const one of [own, words]) acceptance.add(one)
    assert.deepEqual(acceptance.verdictOf(own.id), { t: 'accepted' })
    assert.deepEqual(acceptance.verdictOf(words.id), { t: 'quarantined', reason: { code: 'no-member' } })
  })

  it('is judged by the role that its author had where it wrote', () => {
    const space = kitchen()
    const promotion = space.decree('olga', setRole('rita', 'editor'))
    const early = space.write('rita', { knows: [space.top], note: 'early' })
    const late = space.write('rita', { knows: [promotion], after: 'nothing', note: 'late' })
    assert.deepEqual(space.codes(early, late), ['reader', 'forked'])
    assert.equal(space.code(space.write('ed', { knows: [space.top] })), 'accepted')
  })

  it('that is here is not taken again', () => {
    const space = kitchen()
    const entry = space.write('ed')
    space.receive(entry)
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [entry.id], withdrawn: [] })
    assert.equal(space.acceptance.has(entry.id), true)
    assert.equal(space.acceptance.verdictOf('unheard of' as EntryId), undefined)
  })

  it('builds on what is not accepted, and is not accepted itself', () => {
    const space = kitchen()
    const bad = space.write('rita')
    const on = space.write('ed', { deps: [bad] })
    const further = space.write('anna', { deps: [on] })
    assert.deepEqual(space.reason(on), { code: 'dependency', on: bad.id })
    assert.deepEqual(space.reason(further), { code: 'dependency', on: on.id })
    assert.deepEqual(
      space.acceptance.quarantined().map(({ feed, seq, reason }) => [feed, seq, reason.code]),
      [
        ['rita/1', 1, 'reader'],
        ['ed/1', 1, 'dependency'],
        ['anna/1', 1, 'dependency'],
      ],
    )
  })

  it('goes on from the one before of its own feed, and from nothing else', () => {
    const space = kitchen()
    const [mine, other] = [space.write('mallory'), space.write('ed')]
    const others = space.receive(altered(space.draft('mallory', { note: 'others' }), { prev: other.id }))
    assert.equal(space.code(others), 'broken-chain')
    const gap = space.receive(altered(space.draft('mallory', { after: mine }), { seq: 3 }))
    assert.equal(space.code(gap), 'broken-chain')
    const own = space.write('mallory', { after: mine, deps: [mine] })
    assert.equal(space.code(own), 'broken-chain')
  })

  it('knows all of the log that is known to what it builds on', () => {
    const space = kitchen()
    const news = space.decree('olga', profile)
    const first = space.write('mallory', { knows: [news] })
    const back = space.write('mallory', { knows: [space.top] })
    assert.deepEqual(space.codes(first, back), ['accepted', 'older-heads'])
    const dep = space.write('ed', { knows: [space.top], deps: [first] })
    assert.equal(space.code(dep), 'older-heads')
    const more = space.decree('anna', profile, [news])
    assert.equal(space.code(space.write('anna', { knows: [more], deps: [first] })), 'accepted')
  })

  it('is of a shape that entries have', () => {
    const space = kitchen()
    const [a, b] = [space.write('ed'), space.write('anna')].map(({ id }) => id).sort() as [EntryId, EntryId]
    const good = space.draft('ed')
    const wrong: [Partial<EntryHeader>, RegExp][] = [
      [{ seq: 0 }, /from 1/],
      [{ seq: 1.5 }, /from 1/],
      [{ prev: null }, /one before/],
      [{ seq: 1 }, /one before/],
      [{ heads: [] }, /knew of the log/],
      [{ heads: ['b', 'a'] as LogEntryId[] }, /sorted/],
      [{ deps: [b, a] }, /sorted/],
      [{ deps: [a, a] }, /sorted/],
    ]
    for (const [change, message] of wrong)
      assert.throws(() => space.acceptance.add(altered(good, change)), message)
  })
})

describe('an entry waits', () => {
  it('for the part of the log that its author knew', () => {
    const space = kitchen()
    const elsewhere = new Space()
    const news = elsewhere.decree('olga', profile)
    const entry = space.write('ed', { knows: [news] })
    const next = space.write('ed', { knows: [news] })
    const lacking = { log: [news.id], entries: [] }
    assert.deepEqual(space.acceptance.verdictOf(entry.id), { t: 'waiting', ...lacking })
    assert.deepEqual(space.acceptance.verdictOf(next.id), { t: 'waiting', ...lacking })
    assert.deepEqual(space.acceptance.waiting(), lacking)
    assert.deepEqual(space.acceptance.takeChanges(), NOTHING)
    assert.equal(space.decree('olga', profile).id, news.id)
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: ids(entry, next), withdrawn: [] })
    assert.deepEqual(space.acceptance.waiting(), { log: [], entries: [] })
  })

  it('for other news than those that came', () => {
    const space = kitchen()
    const news = new Space().decree('olga', profile)
    const entry = space.write('ed', { knows: [news] })
    space.decree('anna', profile)
    assert.equal(space.code(entry), 'waiting')
  })

  it('for what it builds on, and names what is not here and not what waits, too', () => {
    const space = kitchen()
    const [one, two] = [space.draft('ed'), space.draft('ed')]
    const other = space.draft('anna', { deps: [two] })
    const last = space.draft('adam', { deps: [other] })
    for (const entry of [last, two, other]) space.receive(entry)
    assert.deepEqual(space.codes(two, other, last), ['waiting', 'waiting', 'waiting'])
    assert.deepEqual(space.acceptance.waiting(), { log: [], entries: [one.id] })
    space.receive(one)
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: ids(one, two, other, last), withdrawn: [] })
  })

  it('for everything that it lacks, whatever comes first', () => {
    const space = kitchen()
    const [one, two] = [space.draft('ed'), space.draft('anna')]
    const entry = space.write('adam', { deps: [one, two] })
    space.receive(two)
    assert.equal(space.code(entry), 'waiting')
    space.receive(one)
    assert.equal(space.code(entry), 'accepted')
  })
})

describe('changes', () => {
  it('are told once, parents before children, and back children before parents', () => {
    const space = kitchen()
    const one = space.write('ed', { knows: [space.top] })
    const two = space.write('ed', { knows: [space.top] })
    const three = space.write('ed', { knows: [space.top] })
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: ids(one, two, three), withdrawn: [] })
    assert.deepEqual(space.acceptance.takeChanges(), NOTHING)
    space.decree('olga', remove('ed', []))
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [], withdrawn: ids(three, two, one) })
    assert.deepEqual(space.acceptance.takeChanges(), NOTHING)
  })

  it('that were undone before anybody asked are not told', () => {
    const space = kitchen()
    const entry = space.write('ed', { knows: [space.top] })
    assert.equal(space.code(entry), 'accepted')
    space.decree('olga', remove('ed', []))
    assert.equal(space.code(entry), 'beyond-cut')
    assert.deepEqual(space.acceptance.takeChanges(), NOTHING)
  })

  it('of the log that concern nobody who writes change nothing', () => {
    const space = kitchen()
    const entry = space.write('ed')
    space.acceptance.takeChanges()
    space.decree('olga', admit('zoe', 'editor'))
    space.decree('olga', remove('rita'))
    space.decree('olga', setRole('ed', 'admin'))
    assert.deepEqual(space.acceptance.takeChanges(), NOTHING)
    assert.equal(space.code(entry), 'accepted')
    assert.ok(space.scribe.read().state().members.has(identity('zoe')))
  })
})

describe('what a remover says of a device', () => {
  it('is its last accepted entry, and what that knew', () => {
    const space = kitchen()
    assert.deepEqual(space.cutOf('ed'), { device: device('ed/1'), seq: 0, hash: null, heads: [] })
    space.write('ed')
    const last = space.write('ed')
    const news = space.decree('olga', profile)
    space.write('ed', { knows: [news], deps: [space.write('rita')] })
    assert.deepEqual(space.cutOf('ed'), { device: device('ed/1'), seq: 2, hash: last.id, heads: last.heads })
  })
})

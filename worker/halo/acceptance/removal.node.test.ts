/** What counts of a device that is out, or may only read: up to the cut, and what somebody answers for. With what those try who are. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { cutAt, Space } from '../../../test/simulation/acceptance/space.js'
import {
  addDevice,
  admit,
  device,
  rebind,
  remove,
  revoke,
  setRole,
} from '../../../test/simulation/membership/scribe.js'
import type { Action } from '../membership/actions.js'

const spaces: Space[] = []
function kitchen(salt?: string): Space {
  const space = new Space(salt)
  spaces.push(space)
  return space
}
afterEach(() => spaces.splice(0).forEach((space) => space.check()))

const nothingOf = (name: string) => ({ device: device(name), seq: 0, hash: null, heads: [] })

/** What ends the writing of Mallory’s first device, and has a cut. */
const endings: [name: string, action: (cut: ReturnType<Space['cutOf']>) => Action][] = [
  ['is removed', (cut) => remove('mallory', [cut])],
  ['may only read', (cut) => setRole('mallory', 'reader', [cut])],
  ['is revoked', (cut) => revoke('mallory/1', cut)],
]

describe('a device', () => {
  for (const [name, end] of endings)
    it(`that ${name} keeps what was accepted of it, and extends it in vain, under whatever old heads`, () => {
      const space = kitchen()
      const knows = [space.top]
      const kept = [space.write('mallory', { knows }), space.write('mallory', { knows })]
      const removal = space.decree('olga', end(space.cutOf('mallory')))
      const beyond = [space.write('mallory', { knows }), space.write('mallory', { knows })]
      assert.deepEqual(space.codes(...kept), ['accepted', 'accepted'])
      for (const entry of beyond)
        assert.deepEqual(space.reason(entry), { code: 'beyond-cut', by: removal.id })
      // And under the new ones.
      const now = space.code(space.write('mallory'))
      assert.equal(now, name === 'may only read' ? 'reader' : 'no-member')
      assert.deepEqual(space.cutOf('mallory'), cutAt(kept[1]!))
    })

  it('that is removed replays what was accepted: nothing changes', () => {
    const space = kitchen()
    const kept = space.write('mallory')
    space.decree('olga', remove('mallory', [cutAt(kept)]))
    space.acceptance.takeChanges()
    space.receive(kept)
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [], withdrawn: [] })
  })

  it('of which nothing was accepted, or that the remover did not name, has nothing that counts', () => {
    for (const cuts of [[nothingOf('mallory/1')], []]) {
      const space = kitchen()
      const entry = space.write('mallory')
      space.decree('olga', remove('mallory', cuts))
      assert.equal(space.code(entry), 'beyond-cut')
    }
  })

  it('that two removed, who had not heard of each other, counts up to the lower cut', () => {
    const space = kitchen()
    const [one, two, three] = [space.write('mallory'), space.write('mallory'), space.write('mallory')]
    space.decree('olga', remove('mallory', [cutAt(three)]), [space.top])
    assert.deepEqual(space.codes(one, two, three), ['accepted', 'accepted', 'accepted'])
    const lower = space.decree('adam', remove('mallory', [cutAt(one)]), [space.top])
    assert.deepEqual(space.codes(one, two, three), ['accepted', 'beyond-cut', 'beyond-cut'])
    assert.deepEqual(space.reason(three), { code: 'beyond-cut', by: lower.id })
  })

  it('that was removed by somebody who could not is not cut', () => {
    const space = kitchen()
    const entry = space.write('mallory')
    space.decree('ed', remove('mallory', []))
    assert.equal(space.code(entry), 'accepted')
    // Anna could, but was removed meanwhile.
    space.decree('anna', remove('mallory', []), [space.top])
    assert.equal(space.code(entry), 'beyond-cut')
    space.decree('olga', remove('anna', []), [space.top])
    assert.equal(space.code(entry), 'accepted')
  })

  it('goes on where its removal did not count, which counts later: that has ended, too', () => {
    const space = kitchen()
    const both = [
      space.decree('anna', remove('mallory', []), [space.top]),
      space.decree('adam', remove('anna', []), [space.top]),
    ]
    const entry = space.write('mallory', { knows: both })
    assert.equal(space.code(entry), 'accepted')
    space.decree('olga', remove('adam', []), [space.top])
    assert.equal(space.code(entry), 'beyond-cut')
  })

  it('that revokes another of its owner’s goes on itself', () => {
    const space = kitchen()
    space.decree('ed', addDevice('ed/2'))
    const [lost, mine] = [space.write('ed/2'), space.write('ed')]
    space.decree('ed', revoke('ed/2', nothingOf('ed/2')))
    assert.deepEqual(space.codes(lost, mine, space.write('ed')), ['beyond-cut', 'accepted', 'accepted'])
  })
})

describe('a device that was out already', () => {
  it('keeps what it had when its member goes, who is removed without a word about it', () => {
    const space = kitchen()
    space.decree('ed', addDevice('ed/2'))
    const [kept, other] = [space.write('ed'), space.write('ed/2')]
    space.decree('ed/2', revoke('ed/1', cutAt(kept)))
    space.decree('olga', remove('ed', [cutAt(other)]))
    assert.deepEqual(space.codes(kept, other), ['accepted', 'accepted'])
  })

  it('does not, if whoever removes the member did not know', () => {
    const space = kitchen()
    const kept = space.write('ed')
    space.decree('ed', addDevice('ed/2'))
    space.decree('ed/2', revoke('ed/1', cutAt(kept)))
    space.decree('olga', remove('ed', []), [space.top])
    assert.equal(space.code(kept), 'beyond-cut')
  })
})

describe('a cut', () => {
  it('names an entry that is not here: what it keeps is not known before that comes', () => {
    const space = kitchen()
    const one = space.write('mallory')
    const [two, three] = [space.draft('mallory'), space.draft('mallory')]
    const removal = space.decree('olga', remove('mallory', [cutAt(three)]))
    assert.deepEqual(space.reason(one), { code: 'cut-unknown', by: removal.id, entry: three.id })
    assert.deepEqual(space.acceptance.waiting(), { log: [], entries: [three.id] })
    space.receive(three)
    assert.deepEqual(space.reason(one), { code: 'cut-unknown', by: removal.id, entry: two.id })
    assert.deepEqual(space.acceptance.waiting(), { log: [], entries: [two.id] })
    space.receive(two)
    assert.deepEqual(space.codes(one, two, three), ['accepted', 'accepted', 'accepted'])
    assert.deepEqual(space.acceptance.waiting(), { log: [], entries: [] })
  })

  it('is not filled up with other entries at its positions', () => {
    const space = kitchen()
    const knows = [space.top]
    const one = space.write('mallory', { knows })
    const [two, three] = [space.draft('mallory', { knows }), space.draft('mallory', { knows })]
    const removal = space.decree('olga', remove('mallory', [cutAt(three)]))
    const other = space.write('mallory', { knows, after: one, note: 'other' })
    const last = space.write('mallory', { knows, note: 'other' })
    assert.deepEqual(space.codes(other, last), ['cut-unknown', 'cut-unknown'])
    for (const entry of [two, three]) space.receive(entry)
    assert.deepEqual(space.codes(one, two, three), ['accepted', 'accepted', 'accepted'])
    for (const entry of [other, last])
      assert.deepEqual(space.reason(entry), { code: 'beyond-cut', by: removal.id })
  })

  it('is known to be below some entries before all that it names has come', () => {
    const space = kitchen()
    const [one, two] = [space.draft('mallory'), space.draft('mallory')]
    space.receive(two)
    const other = space.write('mallory', { after: 'nothing', note: 'other' })
    const further = space.write('mallory', { after: other, note: 'further' })
    const removal = space.decree('olga', remove('mallory', [cutAt(two)]))
    assert.deepEqual(space.reason(other), { code: 'cut-unknown', by: removal.id, entry: one.id })
    assert.deepEqual(space.reason(further), { code: 'beyond-cut', by: removal.id })
  })

  it('that names an entry of another feed, or of a broken one, keeps nothing of this one', () => {
    const space = kitchen()
    const [mine, other] = [space.write('mallory'), space.write('ed')]
    space.decree('olga', remove('mallory', [{ ...cutAt(other), device: device('mallory/1') }]))
    assert.equal(space.code(mine), 'beyond-cut')
  })

  it('of two that name different branches keeps what they have in common', () => {
    const space = kitchen()
    const one = space.write('mallory')
    const [left, right] = ['left', 'right'].map((note) => space.write('mallory', { after: one, note })) as [
      typeof one,
      typeof one,
    ]
    space.decree('olga', remove('mallory', [cutAt(left)]), [space.top])
    assert.deepEqual(space.codes(one, left, right), ['accepted', 'accepted', 'beyond-cut'])
    space.decree('adam', remove('mallory', [cutAt(right)]), [space.top])
    assert.deepEqual(space.codes(one, left, right), ['accepted', 'beyond-cut', 'beyond-cut'])
  })

  it('of somebody who leaves is their own word', () => {
    const space = kitchen()
    const [one, two] = [space.write('ed'), space.write('ed')]
    space.decree('ed', remove('ed', [cutAt(one)]))
    assert.deepEqual(space.codes(one, two), ['accepted', 'beyond-cut'])
  })
})

describe('who built on an entry beyond a cut', () => {
  for (const [name, end] of endings)
    it(`without having heard that its author ${name} answers for it, and for what it builds on`, () => {
      const space = kitchen()
      const knows = [space.top]
      const chain = [space.write('mallory', { knows }), space.write('mallory', { knows })]
      space.decree('olga', end(nothingOf('mallory/1')))
      assert.deepEqual(space.codes(...chain), ['beyond-cut', 'beyond-cut'])
      const adopter = space.write('ed', { knows, deps: chain })
      assert.deepEqual(space.codes(adopter, ...chain), ['accepted', 'accepted', 'accepted'])
      // What comes later has nobody who answers for it.
      assert.equal(space.code(space.write('mallory', { knows })), 'beyond-cut')
      // Others who have heard may build on both.
      assert.equal(space.code(space.write('anna', { deps: [adopter, ...chain] })), 'accepted')
      assert.equal(space.code(space.write('ed', { deps: chain })), 'accepted')
    })

  it('having heard of it does not answer for it, and is not accepted', () => {
    const space = kitchen()
    const beyond = space.write('mallory', { knows: [space.top] })
    space.decree('olga', remove('mallory', []))
    const careless = space.write('ed', { deps: [beyond, space.write('adam')] })
    const further = space.write('ed')
    assert.deepEqual(space.codes(beyond, careless, further), ['beyond-cut', 'dependency', 'dependency'])
    assert.deepEqual(space.reason(further), { code: 'dependency', on: beyond.id })
    // Not even if somebody else does answer: it was not so when it was written.
    const adopter = space.write('anna', { knows: [space.top], deps: [beyond] })
    assert.deepEqual(space.codes(adopter, beyond, careless), ['accepted', 'accepted', 'dependency'])
  })

  it('and was removed by the same entry does not answer for it, nor do both for each other', () => {
    const space = kitchen()
    space.decree('mallory', addDevice('mallory/2'))
    const knows = [space.scribe.entries.at(-1)!]
    const first = space.write('mallory', { knows })
    space.decree('olga', remove('mallory', [nothingOf('mallory/1'), nothingOf('mallory/2')]))
    const second = space.write('mallory/2', { knows, deps: [first] })
    const third = space.write('mallory', { knows, deps: [second] })
    assert.deepEqual(space.codes(first, second, third), ['beyond-cut', 'beyond-cut', 'beyond-cut'])
  })

  it('and was removed by another entry does not answer for it, whoever has not heard of whose', () => {
    const space = kitchen()
    const knows = [space.top]
    const [m, e] = [space.write('mallory', { knows }), space.write('ed', { knows })]
    space.decree('olga', remove('mallory', []), [space.top])
    space.decree('adam', remove('ed', []), [space.top])
    const [m2, e2] = [space.write('mallory', { knows, deps: [e] }), space.write('ed', { knows, deps: [m] })]
    const [m3, e3] = [space.write('mallory', { knows, deps: [e2] }), space.write('ed', { knows, deps: [m2] })]
    for (const entry of [m, e, m2, e2, m3, e3]) assert.equal(space.code(entry), 'beyond-cut')
    assert.equal(space.code(space.write('adam', { deps: [m3] })), 'dependency')
    // To somebody who has heard of Ed's removal only, Mallory was in, and had not: they were right to believe her.
    const half = space.write('anna', { knows: [space.scribe.entries.at(-1)!], deps: [m3] })
    assert.deepEqual(space.codes(half, m3, e2, m), ['accepted', 'accepted', 'accepted', 'accepted'])
    assert.equal(space.code(e3), 'beyond-cut')
  })

  it('answers although removed, if somebody answers for them', () => {
    const space = kitchen()
    const knows = [space.top]
    const beyond = space.write('mallory', { knows })
    const between = space.write('ed', { knows, deps: [beyond] })
    const removal = space.decree('olga', remove('mallory', []), [space.top])
    space.decree('olga', remove('ed', []), [removal])
    assert.deepEqual(space.codes(beyond, between), ['beyond-cut', 'beyond-cut'])
    // Anna has heard that Mallory was removed, and not that Ed was, on whose word she has it.
    const adopter = space.write('anna', { knows: [removal], deps: [between, beyond] })
    assert.deepEqual(space.codes(beyond, between, adopter), ['accepted', 'accepted', 'accepted'])
  })

  it('and was removed afterwards does not answer any longer', () => {
    const space = kitchen()
    const knows = [space.top]
    const beyond = space.write('mallory', { knows })
    const adopter = space.write('ed', { knows, deps: [beyond] })
    space.decree('olga', remove('mallory', []), [space.top])
    assert.equal(space.code(beyond), 'accepted')
    space.acceptance.takeChanges()
    space.decree('olga', remove('ed', []), [space.top])
    assert.deepEqual(space.acceptance.takeChanges(), { accepted: [], withdrawn: [adopter.id, beyond.id] })
  })

  it('and on many of them, one after the other, is looked at once for each', () => {
    const space = kitchen()
    const knows = [space.top]
    const entries = []
    for (let n = 0; n < 20; n++) {
      const beyond = space.write('mallory', { knows })
      entries.push(
        beyond,
        space.write('ed', { knows, deps: [beyond] }),
        space.write('anna', { knows, deps: [beyond] }),
      )
    }
    space.decree('olga', remove('mallory', []))
    for (const entry of entries) assert.equal(space.code(entry), 'accepted')
  })
})

describe('a device that is in again', () => {
  const again = () => {
    const space = kitchen()
    const knows = [space.top]
    const kept = space.write('mallory', { knows })
    space.decree('olga', remove('mallory', [cutAt(kept)]))
    return { space, knows, kept, back: space.decree('olga', admit('mallory', 'editor')) }
  }

  it('writes as a member that it is now, after what was kept', () => {
    const { space, kept } = again()
    assert.deepEqual(space.codes(kept, space.write('mallory'), space.write('mallory')), [
      'accepted',
      'accepted',
      'accepted',
    ])
  })

  it('does not get in by that what it goes on writing as the one it was', () => {
    const { space, knows } = again()
    assert.equal(space.code(space.write('mallory', { knows })), 'beyond-cut')
  })

  it('stands for what it wrote in between, if it goes on from there', () => {
    const { space, knows } = again()
    const tail = space.write('mallory', { knows })
    assert.equal(space.code(tail), 'beyond-cut')
    const next = space.write('mallory')
    assert.deepEqual(space.codes(tail, next), ['accepted', 'accepted'])
  })

  it('is cut again when it goes again, and the earlier cut is not about its second stay', () => {
    const { space, kept, back } = again()
    const [one, two] = [space.write('mallory', { knows: [back] }), space.write('mallory', { knows: [back] })]
    space.decree('olga', remove('mallory', [cutAt(one)]))
    assert.deepEqual(space.codes(kept, one, two), ['accepted', 'accepted', 'beyond-cut'])
  })

  it('may write again after it was to read only, and what it wrote in between counts no more than it did', () => {
    const space = kitchen()
    const knows = [space.top]
    const kept = space.write('mallory', { knows })
    space.decree('olga', setRole('mallory', 'reader', [cutAt(kept)]))
    space.decree('olga', setRole('mallory', 'editor'))
    const old = space.write('mallory', { knows })
    assert.deepEqual(space.codes(kept, old), ['accepted', 'beyond-cut'])
    assert.equal(space.code(space.write('mallory')), 'accepted')
  })
})

describe('a member that goes on as another identity', () => {
  it('goes on with its feed, and what ends it ends what it wrote as the one it was', () => {
    const space = kitchen()
    const knows = [space.top]
    const one = space.write('mallory', { knows })
    space.decree('mallory', rebind('mallory', 'molly'))
    const two = space.write('mallory')
    const removal = space.decree('olga', remove('molly', [cutAt(two)]))
    const [old, late] = [space.write('mallory', { knows, after: one }), space.write('mallory')]
    assert.deepEqual(space.codes(one, two, old, late), ['accepted', 'accepted', 'beyond-cut', 'no-member'])
    assert.deepEqual(space.reason(old), { code: 'beyond-cut', by: removal.id })
  })

  it('has devices that whoever ends it did not name, under whatever identity they came', () => {
    const space = kitchen()
    const added = space.decree('mallory', addDevice('mallory/2'))
    const entry = space.write('mallory/2', { knows: [added] })
    space.decree('mallory', rebind('mallory', 'molly'))
    space.decree('olga', setRole('molly', 'reader', []))
    assert.equal(space.code(entry), 'beyond-cut')
    space.decree('mallory/2', revoke('mallory/2', cutAt(entry)), [added])
    assert.equal(space.code(entry), 'beyond-cut')
  })

  it('is still the reader that somebody who had more to say let in', () => {
    const space = kitchen()
    const [editor] = [
      space.decree('anna', admit('zoe', 'editor'), [space.top]),
      space.decree('adam', admit('zoe', 'reader'), [space.top]),
    ]
    const entry = space.write('zoe', { knows: [editor!] })
    space.decree('zoe', rebind('zoe', 'zora'))
    space.decree('zoe', revoke('zoe/1', cutAt(entry)), [editor!])
    assert.equal(space.code(entry), 'lapsed')
  })
})

describe('who was let in by somebody who was removed meanwhile', () => {
  const puppet = () => {
    const space = kitchen()
    const admission = space.decree('adam', admit('zoe', 'editor'), [space.top])
    const entries = [space.write('zoe', { knows: [admission] }), space.write('zoe', { knows: [admission] })]
    return { space, admission, entries }
  }

  it('has nothing that counts, but for what others built on without having heard', () => {
    const { space, admission, entries } = puppet()
    const [one, two] = entries as [(typeof entries)[0], (typeof entries)[0]]
    assert.deepEqual(space.codes(one, two), ['accepted', 'accepted'])
    space.decree('olga', remove('adam', []), [space.top])
    assert.deepEqual(space.codes(one, two), ['lapsed', 'lapsed'])
    const adopter = space.write('ed', { knows: [admission], deps: [one] })
    assert.deepEqual(space.codes(adopter, one, two), ['accepted', 'accepted', 'lapsed'])
    assert.equal(space.code(space.write('ed', { deps: [two] })), 'dependency')
  })

  it('does not get in by revoking itself, with a cut of its own', () => {
    const { space, admission, entries } = puppet()
    space.decree('olga', remove('adam', []), [space.top])
    space.decree('zoe', revoke('zoe/1', cutAt(entries[1]!)), [admission])
    assert.deepEqual(space.codes(...entries), ['lapsed', 'lapsed'])
  })

  it('is in if somebody lets it in who may, and what it did counts', () => {
    const { space, entries } = puppet()
    const removal = space.decree('olga', remove('adam', []), [space.top])
    space.decree('olga', admit('zoe', 'editor'), [removal])
    assert.deepEqual(space.codes(...entries), ['accepted', 'accepted'])
  })

  it('and has come in again stands for what was written before, also for who hears later that this fell, too', () => {
    const { space, admission, entries } = puppet()
    const removal = space.decree('olga', remove('adam', []), [space.top])
    const back = space.decree('anna', admit('zoe', 'editor'), [removal, admission])
    const next = space.write('zoe', { knows: [back] })
    const gone = space.decree('anna', remove('zoe', [cutAt(next)]), [back])
    assert.deepEqual(space.codes(...entries, next), ['accepted', 'accepted', 'accepted'])
    const adopter = space.write('ed', { knows: [gone], deps: [...entries, next] })
    space.decree('olga', remove('anna', []), [removal])
    assert.deepEqual(space.codes(...entries, next, adopter), ['accepted', 'accepted', 'accepted', 'accepted'])
    assert.equal(space.code(space.write('zoe', { knows: [back] })), 'lapsed')
  })

  it('or was given a role by them, has what it would have without', () => {
    const space = kitchen()
    const [promotion, higher] = [
      space.decree('adam', setRole('rita', 'editor'), [space.top]),
      space.decree('adam', setRole('ed', 'admin'), [space.top]),
    ]
    const [reader, editor] = [
      space.write('rita', { knows: [promotion] }),
      space.write('ed', { knows: [higher] }),
    ]
    space.decree('olga', remove('adam', []), [space.top])
    assert.deepEqual(space.codes(reader, editor), ['lapsed', 'accepted'])
    space.decree('rita', remove('rita', [cutAt(reader)]), [promotion])
    assert.equal(space.code(reader), 'lapsed')
  })
})

describe('who may only read', () => {
  it('lets no device in that writes what the other one may not, not even by revoking it at once', () => {
    const space = kitchen()
    space.decree('olga', setRole('mallory', 'reader', [nothingOf('mallory/1')]), [space.top])
    const added = space.decree('mallory', addDevice('mallory/2'), [space.top])
    const entry = space.write('mallory/2', { knows: [added] })
    assert.equal(space.code(entry), 'beyond-cut')
    space.decree('mallory/2', revoke('mallory/2', cutAt(entry)), [added])
    assert.equal(space.code(entry), 'beyond-cut')
  })

  it('by whoever had more to say, of two who let them in at the same time, has written nothing that counts', () => {
    const space = kitchen()
    const [editor] = [
      space.decree('anna', admit('zoe', 'editor'), [space.top]),
      space.decree('adam', admit('zoe', 'reader'), [space.top]),
    ]
    const entry = space.write('zoe', { knows: [editor!] })
    assert.equal(space.code(entry), 'lapsed')
    space.decree('zoe', setRole('zoe', 'reader', [cutAt(entry)]), [editor!])
    space.decree('zoe', revoke('zoe/1', cutAt(entry)), [editor!])
    assert.equal(space.code(entry), 'lapsed')
  })

  it('keeps what was accepted, also when it goes after that', () => {
    const space = kitchen()
    const [one, two] = [space.write('mallory'), space.write('mallory')]
    space.decree('olga', setRole('mallory', 'reader', [cutAt(two)]))
    assert.deepEqual(space.codes(one, two), ['accepted', 'accepted'])
    space.decree('olga', remove('mallory', [cutAt(two)]))
    assert.deepEqual(space.codes(one, two), ['accepted', 'accepted'])
  })
})

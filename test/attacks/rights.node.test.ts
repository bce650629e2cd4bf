/** What somebody writes into a membership log without the right to it, having heard of everything. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Action } from '../../worker/halo/membership/actions.js'
import { MembershipLog } from '../../worker/halo/membership/log.js'
import { before, isVoid, kitchen } from '../simulation/membership/kitchen.js'
import {
  addDevice,
  admit,
  cutOf,
  device,
  devicesIn,
  first,
  identity,
  invite,
  profile,
  remove,
  revoke,
  rolesIn,
  rotate,
  Scribe,
  setRole,
  words,
} from '../simulation/membership/scribe.js'

type Attempt = readonly [author: string, action: Action]

/** Each alone counts for nothing, and changes nothing. */
function inVain(what: string, ...attempts: Attempt[]): void {
  for (const [author, action] of attempts)
    it(`${what}: ${author}, ${JSON.stringify(action).slice(0, 90)}`, () => {
      const { scribe } = kitchen()
      const devices = devicesIn(scribe.read())
      const entry = scribe.write(author, action)
      assert.deepEqual(rolesIn(scribe.read()), before)
      assert.deepEqual(devicesIn(scribe.read()), devices)
      assert.equal(isVoid(scribe, entry), true)
    })
}

/** A device that is one of the member's, whatever it is called. */
const foreign = (member: string, name: string): Action => ({
  ...{ t: 'admit-device', member: identity(member), device: device(name) },
})

describe('an author field unlike the key', () => {
  it('begins no log in the name of somebody else', () => {
    const { genesis } = new Scribe('olga')
    assert.throws(() => new MembershipLog({ ...genesis, author: device('mallory/1') }), RangeError)
  })
  inVain('is no help: only whose key has signed is asked', ['mallory/1', setRole('ed', 'admin')])
})

describe('a relay', () => {
  inVain(
    'does not admit itself',
    ['relay/1', admit('relay', 'reader')],
    ['relay/1', addDevice('relay/2')],
    ['relay/1', foreign('ed', 'relay/1')],
  )
  inVain('does nothing else', ['relay/1', profile], ['relay/1', remove('ed')], ['relay/1', rotate])
})

describe('a member', () => {
  inVain(
    'does not promote itself',
    ['rita/1', setRole('rita', 'editor')],
    ['ed/1', setRole('ed', 'admin')],
    ['adam/1', setRole('adam', 'owner')],
  )
  inVain(
    'does not give more than it has',
    ['ed/1', setRole('rita', 'editor')],
    ['ed/1', admit('zoe', 'reader')],
    ['ed/1', invite('reader')],
    ['ed/1', remove('rita')],
    ['ed/1', revoke('rita/1')],
    ['adam/1', setRole('ed', 'owner')],
    ['adam/1', admit('zoe', 'owner')],
    ['adam/1', invite('owner')],
  )
  inVain('does not rotate keys without the right', ['ed/1', rotate], ['rita/1', rotate])
  inVain(
    'does not remove, demote or cut off who outranks it',
    ...['olga', 'adam'].flatMap((who): Attempt[] => [
      ['anna/1', remove(who)],
      ['anna/1', setRole(who, 'reader')],
      ['anna/1', revoke(`${who}/1`)],
    ]),
  )
  inVain('does not demote by admitting again', ['adam/1', admit('olga', 'reader', [device('olga/2')])])
  inVain('does not begin the log again', ['ed/1', new Scribe('ed').genesis.action])

  it('does not demote who came later with the same role', () => {
    const { scribe } = kitchen()
    scribe.write('olga/1', admit('zoe', 'editor'))
    assert.equal(isVoid(scribe, scribe.write('ed/1', setRole('zoe', 'reader'))), true)
    assert.deepEqual(rolesIn(scribe.read()), { ...before, zoe: 'editor' })
  })
  it('of equal role outranks nobody by trying until the hash is small', () => {
    for (let n = 0; n < 16; n++) {
      const { scribe } = kitchen(String(n))
      scribe.write('anna/1', remove('adam'))
      assert.deepEqual(rolesIn(scribe.read()), before)
    }
  })
})

describe('who leaves', () => {
  it('cuts off nobody else', () => {
    const { scribe } = kitchen()
    const cuts = [first('rita'), first('olga')].map(cutOf)
    const leave = { t: 'remove-member', member: identity('rita'), cuts } as const
    assert.equal(isVoid(scribe, scribe.write('rita/1', leave)), true)
    assert.deepEqual([...scribe.read().state().cuts], [])
  })
})

describe('a device', () => {
  inVain(
    'is not added under another’s identity',
    ['adam/1', addDevice('ed/2')],
    ['olga/1', addDevice('adam/2')],
  )
  inVain(
    'is not taken over by admitting its key again',
    ['adam/1', admit('zoe', 'editor', [device('ed/1')])],
    ['adam/1', foreign('adam', 'olga/1')],
  )
  inVain('is not revoked as that of somebody of lower rank', [
    'adam/1',
    { ...revoke('rita/1'), cut: { device: device('olga/1'), seq: 0, hash: null, heads: [] } } as Action,
  ])
})

describe('the words on paper', () => {
  const inVainToo = (what: string, ...attempts: Attempt[]): void => {
    for (const [author, action] of attempts)
      it(`${what}: ${author}, ${JSON.stringify(action).slice(0, 90)}`, () => {
        const scribe = new Scribe('ed', '', 'identity')
        assert.equal(isVoid(scribe, scribe.write(author, action)), true)
        assert.deepEqual(rolesIn(scribe.read()), { ed: 'owner' })
        assert.deepEqual(devicesIn(scribe.read()), ['ed/1'])
      })
  }
  inVainToo(
    'do nothing but to add and revoke devices',
    [words('ed'), rotate],
    [words('ed'), profile],
    [words('ed'), setRole('ed', 'reader')],
    [words('ed'), remove('ed')],
    [words('ed'), admit('zoe', 'owner')],
    [words('ed'), foreign('zoe', 'zoe/1')],
  )
  inVainToo('are no device', ['ed/1', foreign('ed', words('ed'))])
})

describe('a stolen device', () => {
  for (const action of [setRole('ed', 'reader'), remove('ed')])
    it(`does not make an identity nobody’s: ${action.t}`, () => {
      const scribe = new Scribe('ed', '', 'identity')
      assert.equal(isVoid(scribe, scribe.write('ed/1', action)), true)
      assert.deepEqual(rolesIn(scribe.read()), { ed: 'owner' })
    })
  it('lets nobody else into an identity', () => {
    const scribe = new Scribe('ed', '', 'identity')
    assert.equal(isVoid(scribe, scribe.write('ed/1', admit('mallory', 'owner'))), true)
    assert.deepEqual(rolesIn(scribe.read()), { ed: 'owner' })
  })
})

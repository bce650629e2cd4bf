/** What somebody who is out, or about to be, writes as if it had not heard of that. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { before, isVoid, kitchen, without } from '../simulation/membership/kitchen.js'
import {
  addDevice,
  admit,
  device,
  devicesIn,
  rebind,
  remove,
  revoke,
  rolesIn,
  rotate,
  Scribe,
  setRole,
} from '../simulation/membership/scribe.js'

const devicesOf = (scribe: Scribe, member: string) =>
  devicesIn(scribe.read()).filter((name) => name.startsWith(`${member}/`))

/** Ed has two devices, and one of them is revoked by the other. */
function revoked() {
  const { scribe } = kitchen()
  scribe.write('ed/1', addDevice('ed/2'))
  const top = scribe.entries.at(-1)!
  return { scribe, top, end: scribe.write('ed/2', revoke('ed/1')) }
}

describe('a revoked device', () => {
  it('is out', () => {
    const { scribe } = revoked()
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/2'])
  })
  it('does not extend the log', () => {
    const { scribe } = revoked()
    assert.equal(isVoid(scribe, scribe.write('ed/1', addDevice('ed/thief'))), true)
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/2'])
  })
  it('does not extend it under old parents, nor do devices that it adds there', () => {
    const { scribe, top } = revoked()
    const thief = scribe.write('ed/1', addDevice('ed/thief'), [top])
    const second = scribe.write('ed/thief', addDevice('ed/second'), [thief])
    for (const entry of [thief, second]) assert.equal(isVoid(scribe, entry), true)
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/2'])
  })
  it('does not come in by another that it added there, when its member gets a role later', () => {
    const { scribe, top } = revoked()
    scribe.write('ed/1', addDevice('ed/thief'), [top])
    scribe.write('olga/1', setRole('ed', 'admin'))
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/2'])
  })
  it('does not read on', () => {
    const { scribe, end } = revoked()
    assert.deepEqual(scribe.read().state().epochs, [end.id])
  })
  it('is not let in again by what let it in once', () => {
    const { scribe } = revoked()
    const admission = scribe.entries.find(
      ({ action }) => action.t === 'admit-member' && action.member === 'ed',
    )!
    const log = scribe.read()
    const { size, heads } = log
    log.add(admission)
    assert.deepEqual([log.size, log.heads], [size, heads])
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/2'])
  })
  it('that ends the one which has ended it does not stay by that', () => {
    for (const salt of ['1', '2', '3', '4']) {
      const scribe = new Scribe('ed', salt)
      for (const name of ['ed/2', 'ed/3']) scribe.write('ed/1', addDevice(name))
      const top = scribe.entries.at(-1)!
      scribe.write('ed/1', revoke('ed/2'), [top])
      scribe.write('ed/2', revoke('ed/1'), [top])
      assert.deepEqual(devicesIn(scribe.read()), ['ed/3'])
    }
  })
})

describe('a backdated admission', () => {
  it('by who is out lets nobody in, whatever was built on it', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', remove('adam'), [top])
    const admission = scribe.write('adam/1', admit('mallory', 'admin'), [top])
    const more = scribe.write('mallory/1', admit('trudy', 'admin'), [admission])
    const worse = scribe.write('trudy/1', remove('anna'), [more])
    for (const entry of [admission, more, worse]) assert.equal(isVoid(scribe, entry), true)
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))
    assert.deepEqual(devicesOf(scribe, 'mallory'), [])
  })
  it('of a right, by who is out, gives none', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', remove('adam'), [top])
    const promotion = scribe.write('adam/1', setRole('ed', 'admin'), [top])
    const admission = scribe.write('ed/1', admit('zoe', 'reader'), [promotion])
    assert.equal(isVoid(scribe, admission), true)
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))
  })
  it('by a right that a friend gave at the same time, without the knowledge of who removed, lets nobody in', () => {
    const { scribe, top } = kitchen()
    const promotion = scribe.write('adam/1', setRole('ed', 'admin'), [top])
    const admission = scribe.write('ed/1', admit('zoe', 'reader'), [promotion])
    scribe.write('olga/1', remove('ed'), [top])
    assert.equal(isVoid(scribe, admission), true)
    assert.deepEqual(rolesIn(scribe.read()), without('ed'))
  })
  it('by who is out lets no device in behind a role that was given on another admission', () => {
    const { scribe, top } = kitchen()
    const honest = scribe.write('anna/1', admit('zoe', 'reader'), [top])
    scribe.write('anna/1', setRole('zoe', 'editor'), [honest])
    scribe.write('olga/1', remove('adam'), [top])
    scribe.write('adam/1', admit('zoe', 'reader', [device('mallory/1')]), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...without('adam'), zoe: 'editor' })
    assert.deepEqual(devicesOf(scribe, 'mallory'), [])
  })
  it('by a device that was let in so does not count either', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', revoke('anna/1'), [top])
    const second = scribe.write('anna/1', addDevice('anna/2'), [top])
    const admission = scribe.write('anna/2', admit('zoe', 'reader'), [second])
    assert.equal(isVoid(scribe, admission), true)
    assert.deepEqual(rolesIn(scribe.read()), before)
  })
  it('by a right that was greater once, and given up since, lets nobody in and ends nobody', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', setRole('adam', 'owner'), [top])
    scribe.write('olga/1', setRole('olga', 'admin'))
    scribe.write('olga/1', remove('olga'))
    const admission = scribe.write('olga/1', admit('zoe', 'owner'), [top])
    const removal = scribe.write('olga/1', remove('anna'), [top])
    for (const entry of [admission, removal]) assert.equal(isVoid(scribe, entry), true)
    assert.deepEqual(rolesIn(scribe.read()), { ...without('olga'), adam: 'owner' })
  })
  it('of a device by a member that is out, and in again, does not come back with the member', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', addDevice('ed/2'))
    const inside = scribe.entries.at(-1)!
    const removal = scribe.write('adam/1', remove('ed'), [inside])
    scribe.write('ed/1', addDevice('ed/3'), [inside])
    scribe.write('adam/1', admit('ed', 'reader', [device('ed/9')]), [removal])
    assert.deepEqual(devicesOf(scribe, 'ed'), ['ed/9'])
  })
  it('of a key that is another member’s meanwhile does not take it over', () => {
    for (const salt of ['1', '2', '3', '4']) {
      const { scribe, top } = kitchen(salt)
      const shared = device('both/1')
      const entries = [
        scribe.write('adam/1', admit('yann', 'reader', [shared]), [top]),
        scribe.write('anna/1', admit('zoe', 'reader', [shared]), [top]),
      ]
      // Neither was first, so the smaller hash was.
      const [winner] = entries.map(({ id }) => id).sort()
      assert.equal(scribe.read().state().devices.get(shared)?.admission.id, winner)
    }
  })
  it('without parents, as if it came before everything, is taken by nobody', () => {
    const { scribe } = kitchen()
    const { genesis } = new Scribe('olga', 'other')
    assert.throws(() => scribe.read().add({ ...genesis, action: admit('zoe', 'admin') }), RangeError)
  })
})

describe('who is removed', () => {
  it('does not read on', () => {
    const { scribe } = kitchen()
    const removal = scribe.write('olga/1', remove('ed'))
    assert.deepEqual(scribe.read().state().epochs, [removal.id])
  })
  it('revokes no device of others under old parents', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', remove('adam'), [top])
    assert.equal(isVoid(scribe, scribe.write('adam/1', revoke('anna/1'), [top])), true)
    assert.deepEqual(devicesOf(scribe, 'anna'), ['anna/1'])
  })
  it('has no device left', () => {
    const { scribe } = kitchen()
    scribe.write('olga/1', remove('ed'))
    assert.deepEqual(devicesOf(scribe, 'ed'), [])
  })
  it('knows none of the keys that are written under', () => {
    const { scribe } = kitchen()
    scribe.write('adam/1', addDevice('adam/2'))
    const top = scribe.entries.at(-1)!
    const removal = scribe.write('olga/1', remove('adam'), [top])
    scribe.write('adam/1', rotate, [top])
    scribe.write('adam/1', revoke('adam/2'), [top])
    assert.deepEqual(scribe.read().state().epochs, [removal.id])
  })
  for (const end of [remove('adam'), revoke('adam/1')])
    it(`by itself, does not bring the next key: ${end.t}`, () => {
      const { scribe } = kitchen()
      scribe.write('adam/1', end)
      const { epochs, owesEpoch } = scribe.read().state()
      assert.deepEqual([epochs, owesEpoch], [[scribe.genesis.id], true])
    })
})

describe('an identity that is given up', () => {
  it('is one member afterwards, whatever each of its devices made of it', () => {
    const { scribe, top } = kitchen()
    const second = scribe.write('ed/1', addDevice('ed/2'), [top])
    const [one, two] = [rebind('ed', 'ed+'), rebind('ed', 'ed++')]
    const both = [scribe.write('ed/1', one, [second]), scribe.write('ed/2', two, [second])]
    assert.equal(both.filter((entry) => isVoid(scribe, entry)).length, 1)
  })
})

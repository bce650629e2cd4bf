/** Who may do what in a membership log, and what comes of it where nobody knew of the others. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  addDevice,
  admit,
  deletion,
  device,
  devicesIn,
  first,
  identity,
  invite,
  profile,
  rebind,
  remove,
  rename,
  reseal,
  revoke,
  rolesIn,
  rotate,
  Scribe,
  setRole,
  words,
} from '../../../test/simulation/membership/scribe.js'
import { before, isVoid, kitchen, without } from '../../../test/simulation/membership/kitchen.js'
import type { Action, Role } from './actions.js'
import { MembershipLog } from './log.js'

describe('a member', () => {
  const refused: [who: string, what: string, action: Action][] = [
    ['rita', 'a reader admits nobody', admit('zoe', 'reader')],
    ['ed', 'an editor admits nobody', admit('zoe', 'reader')],
    ['ed', 'an editor invites nobody', invite('reader')],
    ['ed', 'an editor does not begin an epoch', rotate],
    ['ed', 'an editor removes nobody', remove('rita')],
    ['ed', 'an editor revokes no device of others', revoke('rita/1')],
    ['ed', 'an editor does not promote itself', setRole('ed', 'admin')],
    ['adam', 'an admin does not promote itself', setRole('adam', 'owner')],
    ['adam', 'an admin makes no owner', setRole('ed', 'owner')],
    ['adam', 'an admin admits no owner', admit('zoe', 'owner')],
    ['adam', 'an admin invites no owner', invite('owner')],
    ['adam', 'an admin does not remove the owner', remove('olga')],
    ['adam', 'an admin does not demote the owner', setRole('olga', 'reader')],
    ['adam', 'an admin revokes no device of the owner’s', revoke('olga/1')],
    ['anna', 'of two admins, the later one does not remove the earlier one', remove('adam')],
    ['anna', 'nor demotes', setRole('adam', 'reader')],
    ['anna', 'nor revokes the device of', revoke('adam/1')],
    ['adam', 'nobody gives a role that is there', setRole('ed', 'editor')],
    ['adam', 'nobody admits who is in', admit('ed', 'editor')],
    ['adam', 'nobody admits without a device', admit('zoe', 'editor', [])],
    ['adam', 'nobody admits the same device twice', admit('zoe', 'editor', [device('z'), device('z')])],
    [
      'adam',
      'nobody admits a device of somebody else’s as another’s',
      admit('zoe', 'editor', [device('ed/1')]),
    ],
    ['adam', 'nobody removes who is not in', remove('zoe')],
    ['adam', 'nobody gives a role to who is not in', setRole('zoe', 'reader')],
    ['adam', 'nobody revokes a device that is not in', revoke('ed/7')],
    ['adam', 'nobody revokes a device of a member that is not in', revoke('zoe/1')],
    ['adam', 'nobody adds a device to somebody else’s', addDevice('ed/2')],
    ['ed', 'nobody adds a device that is there', addDevice('ed/1')],
    ['zoe', 'who is not in does nothing', profile],
    ['olga', 'a log begins once', new Scribe('olga').genesis.action],
  ]
  for (const [who, what, action] of refused)
    it(`has no right to it: ${what}`, () => {
      const { scribe } = kitchen()
      const entry = scribe.write(`${who}/1`, action)
      assert.equal(true, isVoid(scribe, entry))
      assert.deepEqual(rolesIn(scribe.read()), before)
    })

  const allowed: [who: string, action: Action, roles: Record<string, string>][] = [
    ['adam', admit('zoe', 'admin'), { ...before, zoe: 'admin' }],
    ['adam', setRole('ed', 'admin'), { ...before, ed: 'admin' }],
    ['adam', setRole('anna', 'reader'), { ...before, anna: 'reader' }],
    ['adam', remove('anna'), without('anna')],
    ['adam', revoke('ed/1'), before],
    ['adam', rotate, before],
    ['adam', invite('admin'), before],
    ['olga', setRole('adam', 'owner'), { ...before, adam: 'owner' }],
    ['rita', remove('rita'), without('rita')],
    ['adam', setRole('adam', 'reader'), { ...before, adam: 'reader' }],
    ['ed', setRole('ed', 'reader'), { ...before, ed: 'reader' }],
    ['rita', profile, before],
    ['rita', addDevice('rita/2'), before],
    ['rita', revoke('rita/1'), before],
  ]
  for (const [who, action, roles] of allowed)
    it(`may, as ${who}: ${JSON.stringify(action).slice(0, 70)}`, () => {
      const { scribe } = kitchen()
      const entry = scribe.write(`${who}/1`, action)
      assert.equal(false, isVoid(scribe, entry))
      assert.deepEqual(rolesIn(scribe.read()), roles)
    })

  it('has the rights that it had when it wrote, and no others', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', setRole('ed', 'admin'))
    const early = scribe.write('ed/1', admit('zoe', 'reader'), [top])
    const late = scribe.write('ed/1', admit('zoe', 'reader'))
    assert.equal(true, isVoid(scribe, early))
    assert.equal(false, isVoid(scribe, late))
  })
})

describe('a removal', () => {
  it('ends what the removed one wrote under old parents, and all that was built on it', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', remove('adam'), [top])
    const admission = scribe.write('adam/1', admit('mallory', 'admin'), [top])
    const more = scribe.write('mallory/1', admit('trudy', 'admin'), [admission])
    const worse = scribe.write('trudy/1', remove('anna'), [more])
    for (const entry of [admission, more, worse]) assert.equal(true, isVoid(scribe, entry))
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))
    assert.ok(!devicesIn(scribe.read()).includes('mallory/1'))
  })

  it('leaves what it knew of', () => {
    const { scribe } = kitchen()
    scribe.write('adam/1', admit('zoe', 'reader'))
    scribe.write('olga/1', remove('adam'))
    assert.deepEqual(rolesIn(scribe.read()), { ...without('adam'), zoe: 'reader' })
  })

  it('by who outranks stands, and the one back does not', () => {
    for (const salt of ['1', '2', '3', '4']) {
      const { scribe, top } = kitchen(salt)
      scribe.write('olga/1', setRole('adam', 'owner'), [top])
      const owners = scribe.entries.at(-1)!
      scribe.write('olga/1', remove('adam'), [owners])
      scribe.write('adam/1', remove('anna'), [owners])
      const back = scribe.write('adam/1', remove('olga'), [owners])
      assert.equal(true, isVoid(scribe, back))
      assert.deepEqual(rolesIn(scribe.read()), without('adam'))
    }
  })

  it('does not count if its author was removed meanwhile by somebody of higher rank', () => {
    for (const salt of ['1', '2', '3', '4', '5', '6']) {
      const { scribe, top } = kitchen(salt)
      scribe.write('anna/1', remove('ed'), [top])
      scribe.write('adam/1', remove('anna'), [top])
      assert.deepEqual(rolesIn(scribe.read()), without('anna'))
      scribe.write('olga/1', remove('adam'), [top])
      // Adam's removal of Anna is beyond the cut now, so Anna's of Ed counts.
      assert.deepEqual(rolesIn(scribe.read()), without('adam', 'ed'))
    }
  })

  it('gives way to a role that somebody of higher rank gave meanwhile, and to no lower one', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', remove('ed'), [top])
    const promotion = scribe.write('anna/1', setRole('ed', 'admin'), [top])
    assert.deepEqual(rolesIn(scribe.read()), without('ed'))
    scribe.write('olga/1', setRole('ed', 'admin'), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...before, ed: 'admin' })
    assert.equal(false, isVoid(scribe, promotion))
    assert.deepEqual([...scribe.read().state().cuts.keys()], [])
  })

  it('is not undone by a lower role that somebody of higher rank gave meanwhile', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', remove('ed'), [top])
    scribe.write('olga/1', setRole('ed', 'reader'), [top])
    assert.deepEqual(rolesIn(scribe.read()), without('ed'))
  })

  it('is followed by an admission, and devices of the time before do not come back', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', addDevice('ed/2'))
    const inside = scribe.entries.at(-1)!
    scribe.write('adam/1', remove('ed'), [inside])
    const removal = scribe.entries.at(-1)!
    scribe.write('ed/1', addDevice('ed/3'), [inside])
    scribe.write('adam/1', admit('ed', 'reader', [device('ed/9')]), [removal])
    assert.deepEqual(rolesIn(scribe.read()), { ...before, ed: 'reader' })
    const devices = devicesIn(scribe.read()).filter((name) => name.startsWith('ed'))
    assert.deepEqual(devices, ['ed/9'])
    assert.equal(false, isVoid(scribe, scribe.write('ed/9', profile)))
    const cuts = scribe.read().state().cuts.get(device('ed/1'))
    assert.deepEqual(
      cuts?.map(({ by }) => by),
      [removal.id],
    )
  })

  it('that did not count where the removed one goes on, and does count now, ends that, too', () => {
    for (const end of [remove('ed'), revoke('ed/1')]) {
      const { scribe, top } = kitchen()
      const promotion = scribe.write('olga/1', setRole('ed', 'admin'), [top])
      const removals = [
        scribe.write('anna/1', end, [promotion]),
        scribe.write('adam/1', remove('anna'), [promotion]),
      ]
      // There, Anna was out, and Ed was not.
      const admission = scribe.write('ed/1', admit('zoe', 'admin'), removals)
      assert.equal(false, isVoid(scribe, admission))
      scribe.write('olga/1', remove('adam'), [promotion])
      assert.equal(true, isVoid(scribe, admission))
      assert.equal(devicesIn(scribe.read()).includes('ed/1'), false)
    }
  })

  it('of oneself ends what one’s other device does meanwhile', () => {
    const { scribe } = kitchen()
    scribe.write('adam/1', addDevice('adam/2'))
    const top = scribe.entries.at(-1)!
    scribe.write('adam/1', remove('adam'), [top])
    const meanwhile = scribe.write('adam/2', admit('zoe', 'reader'), [top])
    assert.equal(true, isVoid(scribe, meanwhile))
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))
  })
})

describe('a role', () => {
  it('that was given by who was removed meanwhile gives no rights', () => {
    const { scribe, top } = kitchen()
    const promotion = scribe.write('adam/1', setRole('ed', 'admin'), [top])
    const admission = scribe.write('ed/1', admit('zoe', 'reader'), [promotion])
    scribe.write('olga/1', remove('adam'), [top])
    assert.equal(true, isVoid(scribe, admission))
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))
  })

  it('by who outranks the one who removes meanwhile gives rights, which stay', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', remove('ed'), [top])
    const promotion = scribe.write('olga/1', setRole('ed', 'admin'), [top])
    const admission = scribe.write('ed/1', admit('zoe', 'reader'), [promotion])
    assert.equal(false, isVoid(scribe, admission))
    assert.deepEqual(rolesIn(scribe.read()), { ...before, ed: 'admin', zoe: 'reader' })
  })

  it('that who removes did not know of ends with the member, unless who gave it outranks them', () => {
    const { scribe, top } = kitchen()
    const promotion = scribe.write('adam/1', setRole('ed', 'admin'), [top])
    const admission = scribe.write('ed/1', admit('zoe', 'reader'), [promotion])
    scribe.write('olga/1', remove('ed'), [top])
    assert.equal(true, isVoid(scribe, admission))
    assert.deepEqual(rolesIn(scribe.read()), without('ed'))
  })

  it('that was greater once ends nobody under old parents, by who has stepped down and left since', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', setRole('adam', 'owner'), [top])
    scribe.write('olga/1', setRole('olga', 'admin'))
    scribe.write('olga/1', remove('olga'))
    const old = scribe.write('olga/1', admit('zoe', 'owner'), [top])
    const removal = scribe.write('olga/1', remove('anna'), [top])
    for (const entry of [old, removal]) assert.equal(true, isVoid(scribe, entry))
    assert.deepEqual(rolesIn(scribe.read()), { ...without('olga'), adam: 'owner' })
  })
})

describe('two roles that one author gave on two devices', () => {
  const given = (...roles: Role[]) => {
    const { scribe } = kitchen()
    scribe.write('olga/1', addDevice('olga/2'))
    const top = scribe.entries.at(-1)!
    const entries = roles.map((role, n) => scribe.write(`olga/${n + 1}`, setRole('ed', role), [top]))
    return { entries, ed: scribe.read().state().members.get(identity('ed'))! }
  }

  it('come to the lower one', () => {
    assert.equal(given('owner', 'admin').ed.role, 'admin')
    assert.equal(given('admin', 'owner').ed.role, 'admin')
  })

  it('come to the one with the smaller hash, if they are equal', () => {
    for (const role of ['admin', 'reader'] as const) {
      const { entries, ed } = given(role, role)
      assert.equal(ed.grant.id, entries.map(({ id }) => id).sort()[0])
    }
  })
})

describe('a lower role', () => {
  it('ends what it does not allow of what was written meanwhile, and nothing else', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', setRole('adam', 'editor'), [top])
    const admission = scribe.write('adam/1', admit('zoe', 'reader'), [top])
    const words = scribe.write('adam/1', profile, [top])
    assert.equal(true, isVoid(scribe, admission))
    assert.equal(false, isVoid(scribe, words))
    assert.deepEqual(rolesIn(scribe.read()), { ...before, adam: 'editor' })
  })

  it('leaves what it still allows', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', setRole('adam', 'owner'), [top])
    const owners = scribe.entries.at(-1)!
    scribe.write('olga/1', setRole('adam', 'admin'), [owners])
    const admission = scribe.write('adam/1', admit('zoe', 'reader'), [owners])
    const owner = scribe.write('adam/1', admit('yann', 'owner'), [owners])
    assert.equal(false, isVoid(scribe, admission))
    assert.equal(true, isVoid(scribe, owner))
  })

  it('and a higher one by authors who did not know of each other: the higher rank decides', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', setRole('ed', 'reader'), [top])
    scribe.write('anna/1', setRole('ed', 'admin'), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...before, ed: 'reader' })
    scribe.write('olga/1', setRole('ed', 'owner'), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...before, ed: 'owner' })
  })

  it('or a higher one keeps in who was let in by somebody who was removed meanwhile', () => {
    const { scribe, top } = kitchen()
    const admission = scribe.write('adam/1', admit('zoe', 'reader'), [top])
    const promotion = scribe.write('anna/1', setRole('zoe', 'editor'), [admission])
    scribe.write('zoe/1', addDevice('zoe/2'), [promotion])
    scribe.write('olga/1', remove('adam'), [top])
    assert.deepEqual(rolesIn(scribe.read()), { ...without('adam'), zoe: 'editor' })
    assert.deepEqual(
      devicesIn(scribe.read()).filter((name) => name.startsWith('zoe')),
      ['zoe/1', 'zoe/2'],
    )
    // Unless who gave it was removed, too.
    scribe.write('olga/1', remove('anna'), [top])
    assert.deepEqual(rolesIn(scribe.read()), without('adam', 'anna'))
  })
})

describe('the cuts', () => {
  const cut = (name: string, seq: number) => ({ device: device(name), seq, hash: `hash ${seq}`, heads: [] })
  const cutsIn = (scribe: Scribe) =>
    Object.fromEntries(
      [...scribe.read().state().cuts].map(([name, all]) => [name, all.map(({ cut }) => cut.seq)]),
    )

  it('of a removal are those that it names, and before the first entry for any other device', () => {
    const { scribe } = kitchen()
    const second = scribe.write('ed/1', addDevice('ed/2'))
    scribe.write('olga/1', remove('ed', [cut('ed/1', 7)]))
    scribe.write('ed/1', addDevice('ed/3'), [second])
    assert.deepEqual(cutsIn(scribe), { 'ed/1': [7], 'ed/2': [0], 'ed/3': [0] })
  })

  it('of a later stay are not those of a removal', () => {
    const { scribe } = kitchen()
    scribe.write('olga/1', remove('ed', [cut('ed/1', 7)]))
    scribe.write('olga/1', admit('ed', 'editor', [device('ed/9')]))
    assert.deepEqual(cutsIn(scribe), { 'ed/1': [7] })
  })

  it('are made by who lets somebody read only, and stay when they may write again', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', setRole('ed', 'reader', [cut('ed/1', 7)]), [top])
    assert.deepEqual(cutsIn(scribe), { 'ed/1': [7] })
    scribe.write('olga/1', setRole('ed', 'editor', [cut('ed/1', 3)]))
    assert.deepEqual(cutsIn(scribe), { 'ed/1': [7] })
  })

  it('of a lower role that somebody of higher rank has overruled count for nothing', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', setRole('ed', 'reader', [cut('ed/1', 7)]), [top])
    scribe.write('olga/1', setRole('ed', 'admin'), [top])
    assert.deepEqual(cutsIn(scribe), {})
  })

  it('of several who end the same one are all kept', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', remove('ed', [cut('ed/1', 7)]), [top])
    scribe.write('olga/1', revoke('ed/1', cut('ed/1', 5)), [top])
    scribe.write('anna/1', setRole('ed', 'reader', [cut('ed/1', 6)]), [top])
    assert.deepEqual(cutsIn(scribe)['ed/1']?.sort(), [5, 6, 7])
  })
})

describe('a device', () => {
  it('that was revoked adds none under old parents', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', addDevice('ed/2'))
    const top = scribe.entries.at(-1)!
    scribe.write('ed/2', revoke('ed/1'), [top])
    scribe.write('ed/1', addDevice('ed/thief'), [top])
    const thief = scribe.entries.at(-1)!
    scribe.write('ed/thief', addDevice('ed/thief2'), [thief])
    assert.deepEqual(
      devicesIn(scribe.read()).filter((name) => name.startsWith('ed')),
      ['ed/2'],
    )
    assert.equal(rolesIn(scribe.read())['ed'], 'editor')
  })

  it('that revokes another, which revokes it: both are out', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', addDevice('ed/2'))
    scribe.write('ed/1', addDevice('ed/3'))
    const top = scribe.entries.at(-1)!
    scribe.write('ed/1', revoke('ed/2'), [top])
    scribe.write('ed/2', revoke('ed/1'), [top])
    assert.deepEqual(
      devicesIn(scribe.read()).filter((name) => name.startsWith('ed')),
      ['ed/3'],
    )
  })

  it('of somebody of lower rank is revoked by an admin, and what it wrote meanwhile counts for nothing', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', revoke('anna/1'), [top])
    const admission = scribe.write('anna/1', admit('zoe', 'reader'), [top])
    assert.equal(true, isVoid(scribe, admission))
    assert.ok(!devicesIn(scribe.read()).includes('anna/1'))
    assert.deepEqual(rolesIn(scribe.read()), before)
  })

  it('that was revoked can be admitted again by another one, later', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', addDevice('ed/2'))
    scribe.write('ed/1', revoke('ed/2'))
    scribe.write('ed/1', addDevice('ed/2'))
    assert.ok(devicesIn(scribe.read()).includes('ed/2'))
    assert.equal(false, isVoid(scribe, scribe.write('ed/2', profile)))
  })

  it('that two members claim is that of the one who was first', () => {
    for (const salt of ['1', '2', '3', '4']) {
      const { scribe, top } = kitchen(salt)
      const shared = device('both/1')
      const entries = [
        scribe.write('adam/1', admit('yann', 'reader', [shared]), [top]),
        scribe.write('anna/1', admit('zoe', 'reader', [shared]), [top]),
      ]
      const [winner] = entries.map(({ id }) => id).sort()
      const standing = scribe.read().state().devices.get(shared)
      assert.equal(standing?.admission.id, winner)
    }
  })
})

describe('an identity’s own log', () => {
  const own = () => new Scribe('ed', '', 'identity')

  it('has nobody else in it', () => {
    for (const action of [admit('zoe', 'owner'), remove('ed'), invite('reader'), setRole('ed', 'reader')]) {
      const scribe = own()
      assert.equal(true, isVoid(scribe, scribe.write('ed/1', action)))
      assert.deepEqual(rolesIn(scribe.read()), { ed: 'owner' })
    }
  })

  it('gives its devices back by recovery, when all were lost', () => {
    const scribe = own()
    scribe.write('ed/1', revoke('ed/1'))
    assert.deepEqual(devicesIn(scribe.read()), [])
    scribe.write(words('ed'), addDevice('ed/new'))
    assert.deepEqual(devicesIn(scribe.read()), ['ed/new'])
    scribe.write(words('ed'), revoke('ed/new'))
    assert.deepEqual(devicesIn(scribe.read()), [])
  })

  it('takes nothing else from recovery', () => {
    const actions = [
      rotate,
      profile,
      setRole('ed', 'reader'),
      addDevice('zoe/1'),
      addDevice('ed/1'),
      revoke('ed/9'),
    ]
    for (const action of actions) {
      const scribe = own()
      assert.equal(true, isVoid(scribe, scribe.write(words('ed'), action)), JSON.stringify(action))
    }
    const scribe = own()
    const entry: Action = { t: 'admit-device', member: identity('ed'), device: words('ed') }
    assert.equal(true, isVoid(scribe, scribe.write('ed/1', entry)), 'recovery is no device')
  })

  it('gives back by recovery what two devices took from each other', () => {
    const scribe = own()
    scribe.write('ed/1', addDevice('ed/2'))
    const top = scribe.entries.at(-1)!
    scribe.write('ed/1', revoke('ed/2'), [top])
    scribe.write('ed/2', revoke('ed/1'), [top])
    assert.deepEqual(devicesIn(scribe.read()), [])
    scribe.write(words('ed'), addDevice('ed/2'))
    assert.deepEqual(devicesIn(scribe.read()), ['ed/2'])
    // An owner steps down in vain: it is the only one.
    assert.equal(rolesIn(scribe.read())['ed'], 'owner')
  })
})

describe('a space whose members have lost devices', () => {
  it('lets the words of each member give it devices, and take them', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', revoke('ed/1'))
    scribe.write(words('ed'), addDevice('ed/2'))
    assert.equal(devicesIn(scribe.read()).includes('ed/2'), true)
    scribe.write(words('ed'), revoke('ed/2'))
    assert.equal(devicesIn(scribe.read()).includes('ed/2'), false)
  })

  it('lets words do nothing for anybody else', () => {
    for (const action of [addDevice('rita/2'), revoke('rita/1'), profile, rename, admit('zoe', 'reader')]) {
      const { scribe } = kitchen()
      assert.equal(true, isVoid(scribe, scribe.write(words('ed'), action)), JSON.stringify(action))
    }
  })

  it('takes nothing from the words of who was removed, also if they had not heard of it', () => {
    const { scribe, top } = kitchen()
    scribe.write('olga/1', remove('ed'), [top])
    assert.equal(true, isVoid(scribe, scribe.write(words('ed'), addDevice('ed/2'), [top])))
    assert.equal(true, isVoid(scribe, scribe.write(words('ed'), addDevice('ed/2'))))
  })

  it('has no device that is the key of somebody’s words', () => {
    const { scribe } = kitchen()
    const entry: Action = { t: 'admit-device', member: identity('ed'), device: words('rita') }
    assert.equal(true, isVoid(scribe, scribe.write('ed/1', entry)))
  })
})

describe('a member that goes on as another identity', () => {
  it('keeps its role, its rank and its devices', () => {
    const { scribe } = kitchen()
    const rank = scribe.read().state().members.get(identity('adam'))!.rank
    scribe.write('adam/1', rebind('adam'))
    const state = scribe.read().state()
    assert.equal(state.members.has(identity('adam')), false)
    assert.deepEqual(state.members.get(identity('adam+'))!.rank, rank)
    assert.equal(state.members.get(identity('adam+'))!.recovery, words('adam+'))
    assert.equal(state.devices.get(first('adam'))!.member, 'adam+')
    // And is as much of an admin as before.
    scribe.write('adam/1', remove('anna'))
    assert.equal(scribe.read().state().members.has(identity('anna')), false)
  })

  it('does so by its own word, to an identity that is not a member', () => {
    const { scribe } = kitchen()
    assert.equal(true, isVoid(scribe, scribe.write('olga/1', rebind('ed'))), 'by an owner')
    assert.equal(true, isVoid(scribe, scribe.write('ed/1', rebind('ed', 'rita'))), 'as another member')
    const own = new Scribe('ed', '', 'identity')
    assert.equal(true, isVoid(own, own.write('ed/1', rebind('ed'))), 'in its own log')
  })

  it('does not escape a removal or a lower role that did not know of it', () => {
    const { scribe, top } = kitchen()
    scribe.write('adam/1', rebind('adam'), [top])
    scribe.write('olga/1', remove('adam'), [top])
    assert.deepEqual(rolesIn(scribe.read()), without('adam'))

    const other = kitchen()
    const moved = other.scribe.write('adam/1', rebind('adam'), [other.top])
    const promoted = other.scribe.write('adam/1', admit('zoe', 'admin'), [moved])
    other.scribe.write('olga/1', setRole('adam', 'reader'), [other.top])
    assert.equal(rolesIn(other.scribe.read())['adam+'], 'reader')
    assert.equal(true, isVoid(other.scribe, promoted), 'what an admin did under the new name')
  })

  it('is one member, if two of its devices made different ones of it', () => {
    const { scribe, top } = kitchen()
    const second = scribe.write('ed/1', addDevice('ed/2'), [top])
    scribe.write('ed/1', rebind('ed', 'ed+'), [second])
    scribe.write('ed/2', rebind('ed', 'ed++'), [second])
    const names = Object.keys(rolesIn(scribe.read())).filter((name) => name.startsWith('ed'))
    assert.equal(names.length, 1)
    assert.equal(devicesIn(scribe.read()).filter((name) => name.startsWith('ed')).length, 2)
  })

  it('may go back', () => {
    const { scribe } = kitchen()
    scribe.write('ed/1', rebind('ed', 'ed+'))
    scribe.write('ed/1', rebind('ed+', 'ed'))
    assert.deepEqual(rolesIn(scribe.read()), before)
    scribe.write('olga/1', remove('ed'))
    assert.deepEqual(rolesIn(scribe.read()), without('ed'))
  })
})

describe('the name of a space', () => {
  it('is what an admin gave it last', () => {
    const { scribe } = kitchen()
    assert.equal(scribe.read().state().named, scribe.genesis.id)
    const { id } = scribe.write('adam/1', rename)
    assert.equal(true, isVoid(scribe, scribe.write('ed/1', rename)), 'by an editor')
    assert.equal(scribe.read().state().named, id)
  })

  it('is the same everywhere, if two gave one at the same time', () => {
    const { scribe, top } = kitchen()
    const both = [scribe.write('olga/1', rename, [top]), scribe.write('adam/1', rename, [top])]
    assert.equal(scribe.read().state().named, both.map(({ id }) => id).sort()[1])
  })
})

describe('a space that is deleted', () => {
  it('is so by an owner only', () => {
    const { scribe } = kitchen()
    assert.equal(true, isVoid(scribe, scribe.write('adam/1', deletion)), 'by an admin')
    assert.equal(scribe.read().state().deleted, false)
    scribe.write('olga/1', deletion)
    assert.equal(scribe.read().state().deleted, true)
  })

  it('is never an identity’s own', () => {
    const scribe = new Scribe('ed', '', 'identity')
    assert.equal(true, isVoid(scribe, scribe.write('ed/1', deletion)))
  })
})

describe('keys that are sealed once more', () => {
  it('may be by any member, and by nobody else', () => {
    const { scribe } = kitchen()
    assert.equal(false, isVoid(scribe, scribe.write('rita/1', reseal)))
    assert.equal(true, isVoid(scribe, scribe.write('zoe/1', reseal)))
  })
})

describe('an epoch', () => {
  it('is the latest; of those begun at the same time, all are, until another follows', () => {
    const { scribe, top } = kitchen()
    assert.deepEqual(scribe.read().state().epochs, [scribe.genesis.id])
    const two = [scribe.write('olga/1', remove('ed'), [top]), scribe.write('adam/1', remove('rita'), [top])]
    assert.deepEqual(scribe.read().state().epochs, two.map(({ id }) => id).sort())
    const next = scribe.write('anna/1', rotate)
    assert.deepEqual(scribe.read().state().epochs, [next.id])
  })

  it('is not begun by who goes by it, and is owed until somebody begins one', () => {
    for (const end of [remove('adam'), revoke('adam/1')]) {
      const { scribe, top } = kitchen()
      assert.equal(scribe.read().state().owesEpoch, false)
      scribe.write('adam/1', end, [top])
      assert.deepEqual(scribe.read().state().epochs, [scribe.genesis.id])
      assert.equal(scribe.read().state().owesEpoch, true)
      scribe.write('olga/1', rotate)
      assert.equal(scribe.read().state().owesEpoch, false)
    }
  })

  it('is not begun by who was removed meanwhile, with whatever right', () => {
    const { scribe } = kitchen()
    scribe.write('adam/1', addDevice('adam/2'))
    const top = scribe.entries.at(-1)!
    const removal = scribe.write('olga/1', remove('adam'), [top])
    scribe.write('adam/1', rotate, [top])
    scribe.write('adam/1', revoke('adam/2'), [top])
    assert.deepEqual(scribe.read().state().epochs, [removal.id])
  })
})

describe('a log', () => {
  it('begins with a genesis by one of its devices', () => {
    const { genesis } = new Scribe('olga')
    assert.throws(() => new MembershipLog({ ...genesis, action: profile }), /not a genesis/)
    assert.throws(() => new MembershipLog({ ...genesis, parents: [genesis.id] }), /not a genesis/)
    assert.throws(() => new MembershipLog({ ...genesis, author: device('eve/1') }), /somebody else/)
  })

  it('takes an entry once, after its parents, which are sorted', () => {
    const { scribe, top } = kitchen()
    const log = scribe.read()
    const { size } = log
    log.add(top)
    assert.equal(log.size, size)
    const entry = new Scribe('olga', 'other').write('olga/1', profile)
    assert.deepEqual(log.missing(entry), entry.parents)
    assert.throws(() => log.add(entry), /missing/)
    assert.throws(() => log.add({ ...entry, parents: [] }), /sorted/)
    const [a, b] = [top.id, scribe.genesis.id].sort() as [typeof top.id, typeof top.id]
    assert.throws(() => log.add({ ...entry, parents: [b, a] }), /sorted/)
    assert.throws(() => log.add({ ...entry, parents: [a, a] }), /sorted/)
    assert.ok(log.has(top.id))
    assert.throws(() => log.stateAt([entry.id]), /missing/)
  })

  it('has a state for each point of it, and says what builds on what', () => {
    const { scribe, top } = kitchen()
    const removal = scribe.write('olga/1', remove('ed'))
    const log = scribe.read()
    assert.ok(log.stateAt([top.id]).members.has(identity('ed')))
    assert.ok(!log.stateAt([removal.id]).members.has(identity('ed')))
    assert.ok(log.includes([removal.id], top.id))
    assert.ok(log.includes([top.id], top.id))
    assert.ok(!log.includes([top.id], removal.id))
  })

  it('keeps the states of some points only, and has all', () => {
    const scribe = new Scribe('olga')
    for (let n = 0; n < 150; n++) scribe.write('olga/1', n % 2 ? profile : rotate)
    const log = scribe.read()
    for (const { id } of scribe.entries) assert.equal(log.stateAt([id]).epochs.length, 1)
  })
})

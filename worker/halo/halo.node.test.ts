/** Identities, devices and members, from key to log to store: each device here has a disk and keys of its own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedPlatform } from '../../test/simulation/device.js'
import { Disk } from '../../test/simulation/disk.js'
import { Random } from '../../test/e2e/random.js'
import type { HearthError } from '../protocol/errors.js'
import type { DeviceId, IdentityId, SpaceId } from '../protocol/ids.js'
import type { Role } from '../protocol/facts.js'
import { Halo } from './halo.js'

let seeds = 100
interface Device {
  readonly disk: Disk
  halo: Halo
}
const open = (disk: Disk) => Halo.open(simulatedPlatform(disk, new Random(++seeds)), disk.open())
async function fresh(): Promise<Device> {
  const disk = new Disk()
  return { disk, halo: await open(disk) }
}
/** After the power was gone. */
async function again(device: Device): Promise<void> {
  device.disk.crash()
  device.halo = await open(device.disk)
}
const code = (expected: string) => (e: HearthError) => {
  assert.equal(e.code, expected)
  return true
}

/** Everybody who has the space tells everybody else what is in its log. */
async function meet(id: SpaceId, ...devices: Device[]): Promise<void> {
  for (const from of devices)
    for (const to of devices)
      if (from !== to && from.halo.get(id) && to.halo.get(id))
        await to.halo.admissions.receive(id, from.halo.admissions.entriesOf(id))
}

async function admit(host: Device, id: SpaceId, guest: Device, role: Role): Promise<void> {
  await host.halo.admissions.admitMember(id, await guest.halo.admissions.introduce(id, role), role)
  await guest.halo.admissions.join(host.halo.admissions.entriesOf(id))
}

/** A space of the first one, in which the second has a role. */
async function shared(role: Role = 'editor') {
  const [olga, ed] = [await fresh(), await fresh()]
  const { id } = await olga.halo.createSpace('Kitchen')
  await admit(olga, id, ed, role)
  return { olga, ed, id }
}

/** A second device of somebody's. */
async function pair(first: Device): Promise<Device> {
  const second = await fresh()
  const { id } = first.halo.identity
  await first.halo.admissions.admitDevice(await second.halo.admissions.offer(id))
  await second.halo.admissions.become(first.halo.admissions.entriesOf(id as string as SpaceId))
  await meet(id as string as SpaceId, first, second)
  return second
}
const personal = ({ halo }: Device) => halo.identity.id as string as SpaceId
const rolesIn = ({ halo }: Device, id: SpaceId) => halo.get(id)!.members.map(({ role }) => role)

/** Whether what one writes now, the other can read. */
async function canRead(id: SpaceId, writer: Device, reader: Device): Promise<boolean> {
  const space = writer.halo.get(id)!
  const { epochs } = await space.context()
  const clear = new Uint8Array([1, 2, 3])
  const sealed = await space.encrypt('feed-body', epochs, clear, new Uint8Array([42]))
  const text = await reader.halo
    .get(id)!
    .decrypt('feed-body', epochs, clear, sealed)
    .catch(() => undefined)
  return text?.[0] === 42
}

describe('a device that is heard of', () => {
  it('is one of this identity or another member’s, also when it is out of it', async () => {
    const { olga, ed, id } = await shared()
    const phone = await pair(olga)
    assert.ok(olga.halo.isOwn(olga.halo.device) && olga.halo.isOwn(phone.halo.device))
    assert.ok(!olga.halo.isOwn(ed.halo.device))
    await olga.halo.revokeDevice(phone.halo.device)
    await olga.halo.removeMember(id, ed.halo.identity.id)
    assert.ok(olga.halo.isOwn(phone.halo.device))
    assert.ok(!olga.halo.isOwn(ed.halo.device))
  })
})

describe('a first visit', () => {
  it('makes an identity, a device and a personal space, without a question', async () => {
    const { halo } = await fresh()
    const { id, deviceId, displayName, deviceName } = halo.identity
    assert.deepEqual([id.length, deviceId.length, displayName, deviceName], [43, 43, '', 'a simulation'])
    assert.deepEqual(
      halo.spaces.map(({ info }) => [info.id, info.personal, info.role]),
      [[id, true, 'owner']],
    )
    assert.deepEqual(
      halo.devices.map(({ current, revoked, name }) => [current, revoked, name]),
      [[true, false, 'a simulation']],
    )
    assert.equal((await halo.recoveryPhrase()).split(' ').length, 24)
  })

  it('is remembered, keys and all', async () => {
    const device = await fresh()
    const before = [device.halo.identity, await device.halo.recoveryPhrase()]
    await device.halo.createSpace('Kitchen')
    const names = device.halo.spaces.map(({ info }) => info)
    await again(device)
    assert.deepEqual([device.halo.identity, await device.halo.recoveryPhrase()], before)
    assert.deepEqual(
      device.halo.spaces.map(({ info }) => info),
      names,
    )
    assert.equal(await canRead(device.halo.spaces[1]!.id, device, device), true)
  })

  it('is not made twice, when the power fails in it', async () => {
    const disk = new Disk()
    disk.full = true
    await assert.rejects(open(disk), code('store/quota'))
    disk.full = false
    const device = { disk, halo: await open(disk) }
    const { id } = device.halo.identity
    await again(device)
    assert.equal(device.halo.identity.id, id)
  })

  it('never begins another identity because the log of this one cannot be read', async () => {
    const device = await fresh()
    device.disk.damage('log', [personal(device)], new Uint8Array([0]))
    await assert.rejects(open(device.disk), code('store/unavailable'))
  })

  it('opens the others if the log of one space cannot be read, and says so', async () => {
    const device = await fresh()
    const { id } = await device.halo.createSpace('Kitchen')
    await device.halo.createSpace('Garden')
    device.disk.damage('log', [id], new Uint8Array([0]))
    await again(device)
    assert.deepEqual(
      device.halo.spaces.map(({ info }) => info.name),
      ['Personal', 'Garden'],
    )
    assert.deepEqual(
      device.halo.damage.map(({ what, space }) => [what, space]),
      [['space', id]],
    )
  })

  it('opens a space of which only the log is there', async () => {
    const device = await fresh()
    const { id } = await device.halo.createSpace('Kitchen')
    await device.disk.open().write([{ table: 'spaces', key: id, delete: true }], 'strict')
    await again(device)
    assert.equal(device.halo.get(id)?.info.name, 'Kitchen')
  })

  it('says that keys are lost, when they cannot be used any more', async () => {
    const device = await fresh()
    const rows = await device.disk.open().get<{ signing: { publicKey: Uint8Array } }>('keys', 'device')
    const broken = { signing: { ...rows!.signing, secret: new Uint8Array(32) }, agreement: {} }
    await device.disk.open().write([{ table: 'keys', key: 'device', put: broken }], 'strict')
    await again(device)
    await assert.rejects(device.halo.createSpace('Kitchen'), code('halo/keys-lost'))
    await assert.rejects(device.halo.createSpace('Kitchen'), code('halo/keys-lost'), 'and tries again')
  })
})

describe('a profile', () => {
  it('is what a person has said, in every space', async () => {
    const { olga, ed, id } = await shared()
    await olga.halo.setProfile({ displayName: 'Olga' })
    await olga.halo.setProfile({ deviceName: 'Phone' })
    await meet(id, olga, ed)
    assert.deepEqual(ed.halo.profile(olga.halo.identity.id).displayName, 'Olga')
    assert.deepEqual(
      ed.halo
        .get(id)!
        .members.map(({ displayName }) => displayName)
        .sort(),
      ['', 'Olga'],
    )
    assert.deepEqual([olga.halo.identity.displayName, olga.halo.identity.deviceName], ['Olga', 'Phone'])
    await again(olga)
    assert.equal(olga.halo.identity.displayName, 'Olga')
    // What is called what is nobody else's business.
    assert.equal(
      JSON.stringify(ed.halo.get(id)!.log.profile(olga.halo.identity.id)),
      '{"displayName":"Olga"}',
    )
  })

  it('comes with the spaces that are made later', async () => {
    const olga = await fresh()
    await olga.halo.setProfile({ displayName: 'Olga' })
    const { id } = await olga.halo.createSpace('Kitchen')
    assert.equal(olga.halo.get(id)!.members[0]!.displayName, 'Olga')
  })

  it('of nobody known is empty', async () => {
    const olga = await fresh()
    assert.deepEqual(olga.halo.profile('x' as IdentityId), { id: 'x', displayName: '' })
  })

  it('is refused if it is no name', async () => {
    const olga = await fresh()
    for (const displayName of [7 as unknown as string, 'x'.repeat(257)])
      await assert.rejects(olga.halo.setProfile({ displayName }), code('echo/invalid'))
    await olga.halo.setProfile(undefined as never)
  })
})

describe('a space', () => {
  it('is made with a name that is one', async () => {
    const { halo } = await fresh()
    for (const name of ['', ' ', 7 as unknown as string, 'x'.repeat(257), '\ud800'])
      await assert.rejects(halo.createSpace(name), code('echo/invalid'))
  })

  it('lets whoever was admitted read and write, and a reader read', async () => {
    for (const role of ['editor', 'reader'] as const) {
      const { olga, ed, id } = await shared(role)
      await meet(id, olga, ed)
      assert.deepEqual(rolesIn(olga, id).sort(), [role, 'owner'].sort())
      assert.deepEqual(rolesIn(ed, id), rolesIn(olga, id))
      assert.equal(ed.halo.get(id)!.mayWrite, role === 'editor')
      assert.equal(ed.halo.get(id)!.info.role, role)
      assert.equal(await canRead(id, olga, ed), true)
      await again(ed)
      assert.equal(await canRead(id, olga, ed), true)
    }
  })

  it('is renamed for everyone', async () => {
    const { olga, ed, id } = await shared()
    await olga.halo.rename(id, 'Pantry')
    await meet(id, olga, ed)
    assert.equal(ed.halo.get(id)!.info.name, 'Pantry')
    await assert.rejects(ed.halo.rename(id, 'Mine'), code('halo/not-allowed'))
  })

  it('takes away a role from whoever loses it', async () => {
    const { olga, ed, id } = await shared()
    const member = ed.halo.identity.id
    await olga.halo.setRole(id, member, 'reader')
    await meet(id, olga, ed)
    assert.equal(ed.halo.get(id)!.mayWrite, false)
    await olga.halo.setRole(id, member, 'reader')
    await assert.rejects(ed.halo.setRole(id, member, 'admin'), code('halo/not-allowed'))
    await assert.rejects(olga.halo.setRole(id, member, 'king' as Role), code('echo/invalid'))
    await assert.rejects(olga.halo.setRole(id, 'x' as IdentityId, 'reader'), code('halo/unknown-member'))
    await assert.rejects(olga.halo.setRole('x' as SpaceId, member, 'reader'), code('echo/unknown-space'))
  })

  it('is never without an owner', async () => {
    const { olga, ed, id } = await shared()
    const me = olga.halo.identity.id
    await assert.rejects(olga.halo.leaveSpace(id), code('halo/last-owner'))
    await assert.rejects(olga.halo.setRole(id, me, 'admin'), code('halo/last-owner'))
    await olga.halo.setRole(id, ed.halo.identity.id, 'owner')
    await olga.halo.leaveSpace(id)
    assert.equal(olga.halo.get(id), undefined)
    await again(olga)
    assert.equal(olga.halo.get(id), undefined)
  })

  it('shuts out whoever is removed, from what is written afterwards', async () => {
    const { olga, ed, id } = await shared()
    assert.equal(await canRead(id, olga, ed), true)
    await olga.halo.removeMember(id, ed.halo.identity.id)
    assert.equal(await canRead(id, olga, ed), false)
    // Also once it knows of the new epoch.
    await meet(id, olga, ed)
    assert.equal(await canRead(id, olga, ed), false)
    assert.deepEqual([ed.halo.get(id)!.role, ed.halo.get(id)!.info.role], [undefined, 'reader'])
    // Where those meet who are still in, he does not learn; where they met before, he knows.
    const [now, before] = olga.halo.get(id)!.meetings()
    const known = ed.halo.get(id)!.meetings()
    assert.deepEqual(known, [before])
    assert.notDeepEqual(now, before)
    assert.deepEqual(ed.halo.get(id)!.meetings(), known)
    await assert.rejects(ed.halo.get(id)!.context(), code('halo/key-missing'))
    await assert.rejects(
      ed.halo.setProfile({ displayName: 'Ed' }).then(() => ed.halo.rename(id, 'x')),
      code('halo/not-allowed'),
    )
  })

  it('lets who comes later read what was written before', async () => {
    const { olga, ed, id } = await shared()
    const space = olga.halo.get(id)!
    const { epochs } = await space.context()
    const clear = new Uint8Array([9])
    const old = await space.encrypt('feed-body', epochs, clear, new Uint8Array([42]))
    await olga.halo.removeMember(id, ed.halo.identity.id)
    const rita = await fresh()
    await admit(olga, id, rita, 'reader')
    assert.deepEqual([...(await rita.halo.get(id)!.decrypt('feed-body', epochs, clear, old))], [42])
  })

  it('whose members removed others at the same time is read by those who are in, and by them only', async () => {
    const { olga, ed, id } = await shared('admin')
    const [rita, zoe] = [await fresh(), await fresh()]
    await admit(olga, id, rita, 'reader')
    await admit(olga, id, zoe, 'reader')
    await meet(id, olga, ed, rita, zoe)
    await olga.halo.removeMember(id, rita.halo.identity.id)
    await ed.halo.removeMember(id, zoe.halo.identity.id)
    // Each has the key of one of the two epochs: of the one that did not leave it out.
    await meet(id, olga, ed, rita, zoe)
    assert.equal((await olga.halo.get(id)!.context()).epochs.length, 2)
    assert.equal(await canRead(id, olga, ed), true)
    assert.equal(await canRead(id, olga, rita), false)
    assert.equal(await canRead(id, olga, zoe), false)
  })

  it('has a new key when somebody has left, from whoever may make one', async () => {
    const { olga, ed, id } = await shared()
    const rita = await fresh()
    await admit(olga, id, rita, 'reader')
    await meet(id, olga, ed, rita)
    const entries = () => ed.halo.admissions.entriesOf(id)
    const gone = ed.halo.get(id)!
    await ed.halo.leaveSpace(id)
    const leave = [...gone.log.entries].map(({ bytes }) => bytes)
    assert.throws(entries, code('echo/unknown-space'))
    // A reader may not, and waits for who may.
    await rita.halo.admissions.receive(id, leave)
    assert.equal(rita.halo.get(id)!.log.state.owesEpoch, true)
    await olga.halo.admissions.receive(id, leave)
    assert.equal(olga.halo.get(id)!.log.state.owesEpoch, false)
    await meet(id, olga, rita)
    assert.equal(await canRead(id, olga, rita), true)
    const { epochs } = await olga.halo.get(id)!.context()
    assert.equal(gone.keyring.has(epochs[0]!), false)
  })

  it('has a new key when somebody is out who was let in by one that had lost the right to', async () => {
    const { olga, ed, id } = await shared('admin')
    const rita = await fresh()
    await olga.halo.setRole(id, ed.halo.identity.id, 'editor')
    await admit(ed, id, rita, 'reader')
    const gone = rita.halo.get(id)!
    await meet(id, olga, ed)
    await meet(id, olga, ed)
    assert.equal(gone.role !== undefined && olga.halo.get(id)!.log.state.devices.has(rita.halo.device), false)
    const { epochs } = await olga.halo.get(id)!.context()
    assert.deepEqual(
      epochs.map((epoch) => gone.keyring.has(epoch)),
      [false],
    )
    assert.equal(await canRead(id, olga, ed), true)
  })

  it('has a key for whoever was admitted while another epoch began', async () => {
    const { olga, ed, id } = await shared('admin')
    const [rita, zoe] = [await fresh(), await fresh()]
    await admit(olga, id, rita, 'reader')
    await meet(id, olga, ed, rita)
    await olga.halo.removeMember(id, rita.halo.identity.id)
    await admit(ed, id, zoe, 'reader')
    assert.equal(await canRead(id, olga, zoe), false)
    await meet(id, olga, ed, zoe)
    await meet(id, olga, ed, zoe)
    assert.equal(await canRead(id, olga, zoe), true)
    assert.equal(await canRead(id, ed, zoe), true)
    assert.equal(await canRead(id, olga, rita), false)
  })

  it('is deleted by an owner, and the personal one by nobody', async () => {
    const { olga, ed, id } = await shared('admin')
    await assert.rejects(ed.halo.deleteSpace(id), code('halo/not-allowed'))
    await olga.halo.deleteSpace(id)
    assert.equal(olga.halo.get(id), undefined)
    await assert.rejects(olga.halo.deleteSpace(personal(olga)), code('halo/personal-space'))
    await assert.rejects(olga.halo.leaveSpace(personal(olga)), code('halo/personal-space'))
  })

  it('is gone for a member as soon as it hears that an owner has deleted it', async () => {
    const { olga, ed, id } = await shared()
    await olga.halo.deleteSpace(id)
    const farewell = olga.halo.departed.find((space) => space.id === id)!
    await ed.halo.admissions.receive(
      id,
      [...farewell.log.entries].map(({ bytes }) => bytes),
    )
    assert.equal(ed.halo.get(id), undefined)
    assert.ok(ed.halo.left.has(id))
    // Others who have not heard of it are told what ends it.
    assert.equal(farewell.log.farewell(ed.halo.device, []).length, farewell.log.size)
  })

  it('tells a device that is out because its admin was removed earlier what shows that, and nothing after it', async () => {
    const { olga, ed: mia, id } = await shared('admin')
    const [tom, rita] = [await fresh(), await fresh()]
    // Mia has not heard that she is out.
    await admit(mia, id, tom, 'editor')
    const phone = await pair(tom)
    await phone.halo.admissions.join(tom.halo.admissions.entriesOf(id))
    await meet(id, tom, phone, mia)
    await olga.halo.removeMember(id, mia.halo.identity.id)
    const { log } = olga.halo.get(id)!
    const [removal] = [...log.entries].slice(-1)
    await admit(olga, id, rita, 'editor')
    await olga.halo.rename(id, 'Without Tom')
    const logOf = ({ halo }: Device) => halo.get(id)!.log
    await olga.halo.admissions.receive(id, mia.halo.admissions.entriesOf(id))
    for (const guest of [tom, phone]) {
      const told = log.farewell(guest.halo.device, logOf(guest).membership.heads)
      assert.deepEqual(told, [removal!.bytes])
      assert.ok(guest.halo.get(id)!.role)
      await guest.halo.admissions.receive(id, told)
      assert.equal(guest.halo.get(id)!.role, undefined)
    }
    // Who is in, and who never was, is told nothing.
    for (const device of [olga.halo.device, rita.halo.device, (await fresh()).halo.device])
      assert.deepEqual(log.farewell(device, []), [])
  })

  it('tells that also to a device that was out before, and whose admin let it in again', async () => {
    const { olga, ed: mia, id } = await shared('admin')
    const tom = await fresh()
    await admit(olga, id, tom, 'editor')
    await meet(id, olga, mia, tom)
    await olga.halo.removeMember(id, tom.halo.identity.id)
    await meet(id, olga, mia, tom)
    await admit(mia, id, tom, 'editor')
    await olga.halo.setRole(id, mia.halo.identity.id, 'editor')
    const { log } = olga.halo.get(id)!
    const [lowered] = [...log.entries].slice(-1)
    await olga.halo.rename(id, 'Without Tom')
    await olga.halo.admissions.receive(id, mia.halo.admissions.entriesOf(id))
    const told = log.farewell(tom.halo.device, tom.halo.get(id)!.heads)
    assert.deepEqual(told, [lowered!.bytes])
    await tom.halo.admissions.receive(id, told)
    assert.equal(tom.halo.get(id)!.role, undefined)
  })

  it('is left by who was removed from it, without a word to anybody', async () => {
    const { olga, ed, id } = await shared()
    await olga.halo.removeMember(id, ed.halo.identity.id)
    await meet(id, olga, ed)
    await ed.halo.leaveSpace(id)
    assert.equal(ed.halo.get(id), undefined)
  })

  it('is not joined by a device that is not in', async () => {
    const { olga, id } = await shared()
    const mallory = await fresh()
    const entries = olga.halo.admissions.entriesOf(id)
    await assert.rejects(mallory.halo.admissions.join(entries), code('halo/refused'))
    await assert.rejects(mallory.halo.admissions.join([]), code('halo/refused'))
    await assert.rejects(mallory.halo.admissions.join(entries.slice(1)), code('halo/refused'))
  })

  it('knows whoever joins by the name that they have said elsewhere, and is told it once', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    await ed.halo.setProfile({ displayName: 'Ed' })
    const { id } = await olga.halo.createSpace('Kitchen')
    await admit(olga, id, ed, 'editor')
    await meet(id, olga, ed)
    assert.equal(olga.halo.profile(ed.halo.identity.id).displayName, 'Ed')
    const phone = await pair(ed)
    const before = ed.halo.get(id)!.log.size
    await phone.halo.admissions.join(ed.halo.admissions.entriesOf(id))
    assert.equal(phone.halo.get(id)!.log.size, before)
    // An identity's own log has another name for a device than for a person.
    const tablet = await fresh()
    await tablet.halo.setProfile({ displayName: 'Somebody' })
    const former = personal(tablet)
    await ed.halo.admissions.admitDevice(await tablet.halo.admissions.offer(ed.halo.identity.id))
    await tablet.halo.admissions.become(ed.halo.admissions.entriesOf(personal(ed)))
    await meet(personal(ed), ed, tablet)
    assert.equal(ed.halo.profile(ed.halo.identity.id).displayName, 'Ed')
    assert.equal(tablet.halo.get(former)!.info.personal, false)
  })

  it('is joined once', async () => {
    const { olga, ed, id } = await shared()
    const space = ed.halo.get(id)
    assert.equal(await ed.halo.admissions.join(olga.halo.admissions.entriesOf(id)), space)
  })

  it('tells those who listen of every change', async () => {
    const { halo } = await fresh()
    let changes = 0
    halo.onChange(() => changes++)
    const { id } = await halo.createSpace('Kitchen')
    await halo.rename(id, 'Pantry')
    assert.equal(changes, 2)
  })
})

describe('a second device', () => {
  it('is the same person in all spaces, and reads them', async () => {
    const { olga, ed, id } = await shared()
    const phone = await pair(ed)
    await phone.halo.admissions.join(ed.halo.admissions.entriesOf(id))
    await meet(id, olga, ed, phone)
    assert.equal(phone.halo.identity.id, ed.halo.identity.id)
    assert.equal(phone.halo.get(id)!.role, 'editor')
    assert.equal(await canRead(id, olga, phone), true)
    assert.equal(await canRead(personal(ed), ed, phone), true)
    assert.deepEqual(ed.halo.devices.map(({ current, name }) => [current, name]).sort(), [
      [false, 'a simulation'],
      [true, 'a simulation'],
    ])
    await again(phone)
    assert.equal(phone.halo.identity.id, ed.halo.identity.id)
    assert.equal(phone.halo.spaces[0]!.id, personal(ed))
    await assert.rejects(phone.halo.recoveryPhrase(), code('halo/no-words-here'))
  })

  it('brings along the spaces of the identity that it had, and keeps the personal one', async () => {
    const { olga, ed, id } = await shared('admin')
    const [first, second] = [await fresh(), ed]
    const before = personal(second)
    const { rank } = olga.halo.get(id)!.log.state.members.get(second.halo.identity.id)!
    await first.halo.admissions.admitDevice(await second.halo.admissions.offer(first.halo.identity.id))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(personal(first)))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(personal(first)))
    await meet(id, olga, second)
    const member = olga.halo.get(id)!.log.state.members.get(first.halo.identity.id)!
    assert.deepEqual([member.role, member.rank], ['admin', rank])
    assert.deepEqual(
      second.halo.spaces.map(({ info }) => [info.id, info.personal]),
      [
        [personal(first), true],
        [before, false],
        [id, false],
      ],
    )
    assert.equal(await canRead(before, second, second), true)
    // The other device of the person is in, too.
    await first.halo.admissions.join(second.halo.admissions.entriesOf(id))
    assert.equal(await canRead(id, olga, first), true)
  })

  it('has no name before it has said one', async () => {
    const [ed, phone] = [await fresh(), await fresh()]
    await ed.halo.admissions.admitDevice(await phone.halo.admissions.offer(ed.halo.identity.id))
    assert.deepEqual(ed.halo.devices.map(({ name }) => name).sort(), ['', 'a simulation'])
  })

  it('has none either, if the power failed before it said one, and may say one later', async () => {
    const [ed, phone] = [await fresh(), await fresh()]
    const { id } = ed.halo.identity
    await ed.halo.admissions.admitDevice(await phone.halo.admissions.offer(id))
    const log = ed.halo.admissions.entriesOf(id as string as SpaceId)
    const personal = [...log.entries()].map(
      ([n, bytes]) => ({ table: 'log', key: [id, n], put: bytes }) as const,
    )
    await phone.disk.open().write([...personal, { table: 'keys', key: 'identity', put: id }], 'strict')
    await again(phone)
    assert.deepEqual([phone.halo.identity.id, phone.halo.identity.deviceName], [id, ''])
    await phone.halo.setProfile({ deviceName: 'Phone' })
    assert.equal(phone.halo.identity.deviceName, 'Phone')
  })

  it('can revoke the first one, and keeps what it had before', async () => {
    const first = await fresh()
    const second = await pair(first)
    await second.halo.revokeDevice(first.halo.device)
    assert.deepEqual(second.halo.devices.map(({ current, revoked }) => [current, revoked]).sort(), [
      [false, true],
      [true, false],
    ])
    assert.equal(second.halo.spaces.length, 2)
  })

  it('is not taken without its own signature, or by an identity that did not admit it', async () => {
    const [ed, mallory] = [await fresh(), await fresh()]
    const candidate = await mallory.halo.admissions.offer(ed.halo.identity.id)
    const other = await (await fresh()).halo.admissions.offer(ed.halo.identity.id)
    await assert.rejects(
      ed.halo.admissions.admitDevice({ ...candidate, device: other.device }),
      code('halo/refused'),
    )
    await assert.rejects(
      mallory.halo.admissions.become(ed.halo.admissions.entriesOf(personal(ed))),
      code('halo/refused'),
    )
  })

  it('is revoked in all spaces, and reads nothing that is written afterwards', async () => {
    const { olga, ed, id } = await shared()
    const phone = await pair(ed)
    await phone.halo.admissions.join(ed.halo.admissions.entriesOf(id))
    await meet(id, olga, ed, phone)
    const { device } = phone.halo
    await assert.rejects(phone.halo.revokeDevice(device), code('halo/current-device'))
    await assert.rejects(ed.halo.revokeDevice('x' as DeviceId), code('halo/unknown-device'))
    await ed.halo.revokeDevice(device)
    await meet(id, olga, ed, phone)
    await meet(personal(ed), ed, phone)
    assert.deepEqual(ed.halo.devices.map(({ id, revoked }) => [id === device, revoked]).sort(), [
      [false, false],
      [true, true],
    ])
    assert.equal(await canRead(id, ed, olga), true)
    assert.equal(await canRead(id, ed, phone), false)
    assert.equal(await canRead(personal(ed), ed, phone), false)
    assert.equal(phone.halo.get(id)!.mayWrite, false)
  })
})

describe('a device that exists twice', () => {
  it('comes in as another one of the same name, in all spaces, and reads and writes them', async () => {
    const { olga, ed, id } = await shared()
    await ed.halo.setProfile({ displayName: 'Ed', deviceName: 'Laptop' })
    const { device, identity } = ed.halo
    await ed.halo.admissions.enrolAnew()
    await again(ed)
    await meet(id, olga, ed)
    assert.deepEqual(ed.halo.identity, { ...identity, deviceId: ed.halo.device })
    assert.deepEqual(
      new Map(ed.halo.devices.map((one) => [one.id, [one.name, one.current, one.revoked]])),
      new Map([
        [device, ['Laptop', false, false]],
        [ed.halo.device, ['Laptop', true, false]],
      ]),
    )
    assert.deepEqual(new Set(olga.halo.get(id)!.devicesOf(identity.id)), new Set([device, ed.halo.device]))
    for (const [writer, reader] of [
      [ed, olga],
      [olga, ed],
    ] as const)
      assert.equal(await canRead(id, writer, reader), true)
    assert.equal(await canRead(personal(ed), ed, ed), true)
    assert.equal(ed.halo.get(id)!.mayWrite, true)
  })

  it('does so in the personal space of an identity that it had before, too, and not where it is out', async () => {
    const { olga, ed, id } = await shared()
    const { id: other } = await olga.halo.createSpace('Garden')
    await admit(olga, other, ed, 'editor')
    await olga.halo.removeMember(other, ed.halo.identity.id)
    await meet(other, olga, ed)
    const before = personal(ed)
    const first = await fresh()
    await first.halo.admissions.admitDevice(await ed.halo.admissions.offer(first.halo.identity.id))
    await ed.halo.admissions.become(first.halo.admissions.entriesOf(personal(first)))
    await ed.halo.admissions.enrolAnew()
    await again(ed)
    for (const space of [before, id, personal(first)]) {
      assert.equal(ed.halo.get(space)!.mayWrite, true)
      assert.equal(await canRead(space, ed, ed), true)
    }
    assert.equal(ed.halo.get(other)!.mayWrite, false)
  })

  it('stays what it is if that cannot be stored', async () => {
    const ed = await fresh()
    const { identity } = ed.halo
    ed.disk.full = true
    await assert.rejects(ed.halo.admissions.enrolAnew([]), code('store/quota'))
    ed.disk.full = false
    await again(ed)
    assert.deepEqual(ed.halo.identity, identity)
    assert.equal(await canRead(personal(ed), ed, ed), true)
  })

  it('has no name if the power fails before it has said it, and is another one all the same', async () => {
    const ed = await fresh()
    const { device } = ed.halo
    ed.disk.crashAfter(1)
    void ed.halo.admissions.enrolAnew()
    for (let turn = 0; turn < 1_000 && !ed.disk.hasCrashed; turn++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    ed.disk.crashAfter(Infinity)
    await again(ed)
    assert.notEqual(ed.halo.device, device)
    assert.equal(ed.halo.identity.deviceName, '')
    await ed.halo.admissions.enrolAnew()
    await again(ed)
    assert.equal(ed.halo.identity.deviceName, 'a simulation')
  })

  it('does not come in by the word of one that is out', async () => {
    const first = await fresh()
    const second = await pair(first)
    await second.halo.revokeDevice(first.halo.device)
    await meet(personal(first), first, second)
    await assert.rejects(first.halo.admissions.enrolAnew(), code('halo/not-allowed'))
  })
})

/** Devices that meet at KUBEs which keep their spaces, one behaviour after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBase64Url, type SpaceId } from '../../worker/protocol/ids.js'
import type { MeshDevice } from './mesh/device.js'
import { Village } from './mesh/village.js'

const PATIENCE_MS = 60_000

/** A space of the first one's, which the others are in and a KUBE keeps. */
async function keptSpace(village: Village, owner: MeshDevice, ...guests: MeshDevice[]): Promise<SpaceId> {
  const space = await village.share(owner, ...guests)
  const { keeping } = await village.world.done(owner.network())
  await village.world.done(keeping.add(space, village.kubes[0]!.address))
  return space
}

/** The KUBE has all of it, as each of these is told. */
async function isKept(village: Village, space: SpaceId, ...devices: MeshDevice[]): Promise<void> {
  for (const device of devices) {
    const { keeping } = await village.world.done(device.network())
    const states = () => keeping.of(space).map(({ state }) => state)
    const is = await village.world.until(() => states().join() === 'kept', PATIENCE_MS)
    assert.ok(is, `${device.name} is told: ${states().join()}`)
  }
}

test('Bob has from a KUBE what Alice wrote while nobody else was there, and the KUBE has lost power since', async () => {
  await using village = new Village(41, undefined, true)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await keptSpace(village, alice, bob)
  await village.agree(space, [alice, bob])
  bob.crash()
  const note = village.write(alice, space)
  await isKept(village, space, alice)
  alice.crash()
  village.kubes[0]!.restart()
  await bob.start()
  assert.ok(await village.world.until(() => bob.value(note) !== undefined, PATIENCE_MS))
})

test('Bob, of whom something does not count any more, sees that the KUBE and Alice have all that does', async () => {
  await using village = new Village(42, undefined, true)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await keptSpace(village, alice, bob)
  await isKept(village, space, alice, bob)
  village.chaos.walls = new Set(['bob'])
  await village.world.done(alice.planes.halo.setRole(space, bob.identity, 'reader'))
  const late = village.write(bob, space)
  await village.world.pass(1_000)
  village.chaos.walls = new Set()
  assert.ok(await village.world.until(() => bob.value(late) === undefined, PATIENCE_MS))
  await isKept(village, space, alice, bob)
  const isLevel = () => bob.status.sync!.spaces.find((one) => one.space === space)!.level === 1
  assert.ok(await village.world.until(isLevel, PATIENCE_MS))
})

/** What a device is told of where a space is kept, as text. */
async function told(village: Village, device: MeshDevice, space: SpaceId): Promise<() => string> {
  const { keeping } = await village.world.done(device.network())
  return () =>
    keeping
      .of(space)
      .map(({ state, code, all }) => [state, ...(code ? [code] : []), ...(all ? ['all'] : [])].join(' '))
      .join()
}

/** Within a minute, that is what it is told. */
async function hears(village: Village, device: MeshDevice, space: SpaceId, what: string): Promise<void> {
  const now = await told(village, device, space)
  const is = await village.world.until(() => now() === what, PATIENCE_MS)
  assert.ok(is, `${device.name} is told "${now()}", and not "${what}"`)
}

const personalOf = ({ planes }: MeshDevice): SpaceId => planes.halo.spaces[0]!.id

async function keepsAll(village: Village, device: MeshDevice): Promise<void> {
  const { keeping } = await village.world.done(device.network())
  await village.world.done(keeping.add(personalOf(device), village.kubes[0]!.address, true))
}

const made = async (village: Village, { planes }: MeshDevice, name: string): Promise<SpaceId> =>
  (await village.world.done(planes.halo.createSpace(name))).id

test('Alice has everything kept: what she had, and what she makes later, on this device or another one, after a crash, too', async () => {
  await using village = new Village(43, undefined, true)
  const [alice, phone] = await village.people('alice', 'phone')
  const before = await made(village, alice, 'Diary')
  await keepsAll(village, alice)
  await hears(village, alice, personalOf(alice), 'kept all')
  await hears(village, alice, before, 'kept')
  await hears(village, alice, await made(village, alice, 'Kitchen'), 'kept')
  await alice.again()
  await hears(village, alice, await made(village, alice, 'Garden'), 'kept')
  const { invitations } = await village.world.done(alice.network())
  const asked = { space: null, role: 'editor', uses: 1, expiresMs: 3_600_000, code: false } as const
  await phone.join(await village.world.done(invitations.make({ ...asked, kube: village.kubes[0]!.address })))
  alice.crash()
  await hears(village, phone, personalOf(phone), 'kept all')
  await hears(village, phone, await made(village, phone, 'Club'), 'kept')
})

test('a space that Alice joined is kept for her as soon as she is an admin there, and not before', async () => {
  await using village = new Village(44, undefined, true)
  const [alice, bob] = await village.people('alice', 'bob')
  await keepsAll(village, alice)
  const space = await village.share(bob, alice)
  await village.agree(space, [alice, bob])
  await village.world.pass(30_000)
  assert.equal((await told(village, alice, space))(), '')
  await village.world.done(bob.planes.halo.setRole(space, alice.identity, 'admin'))
  await hears(village, alice, space, 'kept')
})

test('what Alice took from the KUBE is not brought back there, in a later life, too, and what she makes still is kept', async () => {
  await using village = new Village(45, undefined, true)
  const alice = await village.person('alice')
  await keepsAll(village, alice)
  const diary = await made(village, alice, 'Diary')
  await hears(village, alice, diary, 'kept')
  const { keeping } = await village.world.done(alice.network())
  await village.world.done(keeping.remove(diary, village.kubes[0]!.address))
  await alice.again()
  await hears(village, alice, await made(village, alice, 'Garden'), 'kept')
  await village.world.pass(PATIENCE_MS)
  assert.equal((await told(village, alice, diary))(), '')
})

test('Alice sees which space a KUBE has no place for, or was not there for, and has it kept once there is', async () => {
  await using village = new Village(46, undefined, true)
  const alice = await village.person('alice')
  const [kube] = village.kubes
  kube!.down()
  kube!.limits = { perKey: 2 }
  kube!.up()
  await keepsAll(village, alice)
  await hears(village, alice, await made(village, alice, 'Diary'), 'kept')
  const garden = await made(village, alice, 'Garden')
  await hears(village, alice, garden, 'refused mesh/host-quota')
  kube!.down()
  const club = await made(village, alice, 'Club')
  await hears(village, alice, club, 'away')
  kube!.limits = {}
  kube!.up()
  await hears(village, alice, garden, 'kept')
  await hears(village, alice, club, 'kept')
})

test('Alice is told that a KUBE has all of it when it has heard, too, whom she let in meanwhile', async () => {
  await using village = new Village(47, undefined, true)
  const [alice, bob] = await village.people('alice', 'bob')
  const [kube, other] = village.kubes
  const space = await keptSpace(village, alice)
  await isKept(village, space, alice)
  kube!.down()
  await hears(village, alice, space, 'away')
  const asked = { space, role: 'editor', uses: 1, expiresMs: 3_600_000, code: false } as const
  const { invitations } = await village.world.done(alice.network())
  await bob.join(await village.world.done(invitations.make({ ...asked, kube: other!.address })))
  kube!.up()
  await isKept(village, space, alice)
  const halo = alice.planes.halo.get(space)!
  const name = toBase64Url(halo.replica())
  const kept = [...kube!.disk!.state.values()].filter(({ key }) => key[0] === 'log' && key[1] === name)
  assert.equal(kept.length, [...halo.log.entries].length)
})

test('Alice has a space kept at one KUBE while it is still to be deleted at another, which is away', async () => {
  await using village = new Village(48, undefined, true)
  const alice = await village.person('alice')
  const [kube, other] = village.kubes
  const space = await keptSpace(village, alice)
  await isKept(village, space, alice)
  kube!.down()
  await hears(village, alice, space, 'away')
  const { keeping } = await village.world.done(alice.network())
  await village.world.done(keeping.remove(space, kube!.address))
  await village.world.done(keeping.add(space, other!.address))
  await isKept(village, space, alice)
  kube!.up()
  const name = toBase64Url(alice.planes.halo.get(space)!.replica())
  assert.ok(await village.world.until(() => !kube!.disk!.has('replica', name), PATIENCE_MS))
  await isKept(village, space, alice)
})

test('what Alice takes from the KUBE while spaces are still on their way there stays away, all of it', async () => {
  await using village = new Village(49, undefined, true)
  const alice = await village.person('alice')
  const [kube] = village.kubes
  await keepsAll(village, alice)
  await hears(village, alice, personalOf(alice), 'kept all')
  const { keeping } = await village.world.done(alice.network())
  const garden = await made(village, alice, 'Garden')
  await village.world.done(keeping.remove(personalOf(alice), kube!.address))
  await village.world.pass(PATIENCE_MS)
  for (const space of [personalOf(alice), garden]) {
    assert.equal((await told(village, alice, space))(), '')
    const name = toBase64Url(alice.planes.halo.get(space)!.replica())
    assert.equal(kube!.disk!.has('replica', name), false)
  }
})

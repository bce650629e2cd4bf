/** Devices that meet at KUBEs, one behaviour after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from 'cborg'
import { toHearthError } from '../../worker/protocol/errors.js'
import { fromBase64Url, toBase64Url, type SpaceId } from '../../worker/protocol/ids.js'
import type { Holdings } from '../../worker/halo/holdings.js'
import { MAX_LOG_ENTRIES } from '../../worker/protocol/wire.js'
import { calm } from './mesh/chaos.js'
import type { MeshDevice } from './mesh/device.js'
import { holdsDurably } from './mesh/holds.js'
import { Village } from './mesh/village.js'

test('Alice and Bob meet through a KUBE, and each has what the other writes', async () => {
  await using village = new Village(1)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  const [a, b] = [village.write(alice, space), village.write(bob, space)]
  await village.agree(space, [alice, bob])
  assert.ok(bob.value(a) && alice.value(b))
  assert.equal(alice.status.sync?.pending, 0)
  const { agreements } = await import('./replay/curves.js')
  assert.ok(agreements > 0, 'their handshakes are computed by the library')
})

test('Bob, who was away when he was removed, is told so when he comes back, and gets nothing that came after it', async () => {
  await using village = new Village(2)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice, bob)
  const before = village.write(alice, space)
  await village.agree(space, [alice, bob])
  bob.crash()
  await village.world.done(alice.planes.halo.removeMember(space, bob.identity))
  await village.letIn(alice, carol, { space })
  const after = village.write(alice, space)
  await village.agree(space, [alice, carol])
  const [kube] = village.kubes
  await bob.start()
  kube!.heard = []
  const isTold = () => bob.planes.halo.get(space)!.role === undefined
  assert.ok(await village.world.until(isTold, 60_000))
  await village.world.pass(30_000)
  assert.ok(bob.value(before) && !bob.value(after))
  assert.equal(bob.planes.halo.profile(carol.identity).displayName, '')
  assert.ok(!bob.planes.halo.get(space)!.log.everyDevice().includes(carol.id))
  // They do not tell each other the same for ever.
  assert.ok(kube!.heard.length < 200, `${kube!.heard.length} messages in a minute`)
})

test('Alice hears that what she wrote is elsewhere when another disk has it, and while nobody is there, that it is not', async () => {
  await using village = new Village(26)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  await village.agree(space, [alice, bob])
  bob.crash()
  village.write(alice, space)
  const { networking } = await village.world.done(alice.network())
  const began = village.world.time
  const code = networking.synced(space, 3_000).catch((e: unknown) => toHearthError(e, 'mesh/closed').code)
  assert.equal(await village.world.done(code), 'mesh/timeout')
  assert.ok(village.world.time - began < 3_200)
  await bob.start()
  await village.world.done(networking.synced(space, 30_000))
  const seq = alice.planes.echo.exchange.positions(space).get(alice.id)!
  assert.ok(await holdsDurably(alice.disk, bob.disk, space, alice.id, seq))
})

const DAY_MS = 24 * 3600_000

/** What a person is told who follows a link. */
async function told(guest: MeshDevice, invitation: { link: string; code: string | null }): Promise<string> {
  return guest.join(invitation).then(
    () => 'in',
    (e: unknown) => toHearthError(e, 'mesh/closed').code,
  )
}

test('an invitation of thirty days is still good on the twenty-ninth', async () => {
  await using village = new Village(4)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  const invitation = await alice.invite({ space, expiresMs: 30 * DAY_MS })
  await village.world.pass(60_000)
  // A month of pings tells nothing new.
  alice.sleep(29 * DAY_MS)
  assert.equal(await told(bob, invitation), 'in')
})

test('each way in which an invitation does not let Bob in has its code', async () => {
  await using village = new Village(5)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice)
  const { invitations } = await alice.planes.network.open()
  const used = await alice.invite({ space })
  assert.equal(await told(carol, used), 'in')
  assert.equal(await told(bob, used), 'halo/invite-used')
  const expired = await alice.invite({ space, expiresMs: 3_000 })
  await village.world.pass(3_500)
  assert.equal(await told(bob, expired), 'halo/invite-expired')
  const cancelled = await alice.invite({ space })
  await village.world.done(invitations.cancel(cancelled.id))
  assert.equal(await told(bob, cancelled), 'halo/invite-cancelled')
  const good = await alice.invite({ space })
  assert.equal(await told(alice, good), 'halo/invite-own')
  assert.equal(await told(bob, { ...good, link: good.link.slice(0, -9) }), 'halo/invite-malformed')
  assert.equal(await told(bob, { ...good, link: 'x' }), 'halo/invite-malformed')
  const [head, payload] = good.link.split('#join=') as [string, string]
  const newer = decode(fromBase64Url(payload)) as unknown[]
  newer[0] = 2
  const link = `${head}#join=${toBase64Url(encode(newer))}`
  assert.equal(await told(bob, { ...good, link }), 'halo/invite-newer')
  // Of one that nobody has made, there is no host.
  const unknown = decode(fromBase64Url(payload)) as unknown[]
  unknown[2] = new Uint8Array(16)
  const nowhere = `${head}#join=${toBase64Url(encode(unknown))}`
  assert.equal(await told(bob, { ...good, link: nowhere }), 'halo/host-away')
  assert.equal(await told(bob, good), 'in')
})

test('three wrong codes are the end of an invitation, over new connections and in a new life of the host, too', async () => {
  await using village = new Village(6)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  const invitation = await alice.invite({ space, code: true })
  const wrong = { ...invitation, code: invitation.code === '123456' ? '654321' : '123456' }
  assert.equal(await told(bob, wrong), 'halo/code-wrong')
  bob.cut('both')
  await bob.again()
  assert.equal(await told(bob, wrong), 'halo/code-wrong')
  await alice.again()
  assert.equal(await told(bob, wrong), 'halo/invite-dead')
  assert.equal(await told(bob, invitation), 'halo/invite-dead')
  await alice.again()
  await village.world.pass(5_000)
  assert.match(await told(bob, invitation), /halo\/(invite-dead|host-away)/)
})

test('an invitation that is open is given again, in a later life of the host, too, and none that is over', async () => {
  await using village = new Village(24)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  const again = (into: SpaceId | null) =>
    village.world.done(alice.planes.network.openInvitation(into)).then(
      ({ link, code, state }) => ({ link, code, at: state.at }),
      (e: unknown) => toHearthError(e, 'mesh/closed').code,
    )
  assert.equal(await again(space), 'halo/invite-unknown')
  const { link, code } = await alice.invite({ space, code: true })
  const forDevice = await alice.invite({ space: null, code: true })
  await alice.again()
  assert.deepEqual(await again(space), { link, code, at: 'waiting' })
  assert.deepEqual(await again(null), { link: forDevice.link, code: forDevice.code, at: 'waiting' })
  assert.equal(await told(bob, { link, code }), 'in')
  assert.equal(await again(space), 'halo/invite-unknown')
  alice.sleep(DAY_MS)
  assert.equal(await again(null), 'halo/invite-unknown')
})

/** So many entries that nobody needs, with so many bytes each, in one write. */
async function lengthen(
  village: Village,
  { planes }: MeshDevice,
  space: SpaceId,
  count: number,
  bytes: number,
) {
  const { held } = planes.halo as unknown as { held: Holdings }
  for (let n = 0; n < count; n++)
    await village.world.done(
      (async () => {
        const enclosed = { terms: new Uint8Array(bytes) }
        await held.write([await held.step(held.known(space), { t: 'invitation', role: 'reader' }, enclosed)])
      })(),
    )
}

test('Bob comes into a space, and a phone into an identity, whose logs are longer than any message', async () => {
  await using village = new Village(31)
  const [alice, bob, phone] = await village.people('alice', 'bob', 'phone')
  const space = await village.share(alice)
  await lengthen(village, alice, space, 60, 250_000)
  await village.letIn(alice, bob, { space, code: true })
  await village.letIn(alice, phone, { space: null })
  village.write(bob, space)
  await village.agree(space, [alice, bob, phone])
})

test('Bob is told that a log is too long to be told, and has used nothing', async () => {
  await using village = new Village(32)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  const { admissions } = alice.planes.halo
  const [genesis] = admissions.entriesOf(space)
  const invitation = await alice.invite({ space })
  const honest = admissions.entriesOf.bind(admissions)
  for (const log of [
    Array.from({ length: MAX_LOG_ENTRIES }, () => genesis!),
    Array.from({ length: 256 }, () => new Uint8Array(256 << 10)),
  ]) {
    admissions.entriesOf = (id) => (id === space ? log : honest(id))
    assert.equal(await told(bob, invitation), 'halo/log-too-large')
  }
  admissions.entriesOf = honest
  assert.equal(alice.planes.halo.get(space)!.members.length, 1)
  assert.equal(await told(bob, invitation), 'in')
})

test('two wrong codes and then the right one let Bob in', async () => {
  await using village = new Village(7)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  const invitation = await alice.invite({ space, code: true })
  const wrong = { ...invitation, code: invitation.code === '123456' ? '654321' : '123456' }
  assert.equal(await told(bob, wrong), 'halo/code-wrong')
  assert.equal(await told(bob, wrong), 'halo/code-wrong')
  assert.equal(await told(bob, invitation), 'in')
})

test('Bob loses power, or the last answer, and may come again', async () => {
  await using village = new Village(8)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice)
  const invitation = await alice.invite({ space })
  const isIn = () => alice.planes.halo.get(space)!.log.state.members.size === 2
  await bob.planes.network.open()
  void bob.follow(invitation.link).catch(() => undefined)
  assert.ok(await village.world.until(isIn, 60_000))
  bob.crash()
  await village.world.pass(3600_000)
  await bob.start()
  assert.equal(bob.planes.halo.get(space), undefined)
  assert.equal(await told(carol, invitation), 'halo/invite-used')
  assert.equal(await told(bob, invitation), 'in')
})

test('Alice loses power while she lets Bob in, and he may come again', async () => {
  for (const writes of [1, 2, 3]) {
    await using village = new Village(9)
    const [alice, bob] = await village.people('alice', 'bob')
    const space = await village.share(alice)
    const invitation = await alice.invite({ space })
    await village.world.pass(1_000)
    alice.disk.crashAfter(writes)
    await bob.planes.network.open()
    void bob.follow(invitation.link).catch(() => undefined)
    await village.world.until(() => alice.disk.hasCrashed, 30_000)
    await alice.again()
    await village.world.pass(60_000)
    assert.equal(await told(bob, invitation), 'in', `after ${writes} writes`)
  }
})

test('of two guests at once on an invitation with one use, one is in and the other is told', async () => {
  await using village = new Village(10)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice)
  for (const code of [false, true]) {
    const invitation = await alice.invite({ space, code })
    const results = Promise.all([told(bob, invitation), told(carol, invitation)])
    const both = await village.world.done(results, 120_000)
    assert.ok(both.includes('in'), both.join())
    if (!code) assert.deepEqual([...both].sort(), ['halo/invite-used', 'in'])
  }
  assert.ok(alice.planes.halo.get(space)!.log.state.members.size <= 3)
})

test('Bob, who was removed, is invited again, and is in at once', async () => {
  await using village = new Village(11)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  await village.agree(space, [alice, bob])
  await village.world.done(alice.planes.halo.removeMember(space, bob.identity))
  await village.world.pass(5_000)
  assert.equal(bob.planes.halo.get(space)!.role, undefined)
  assert.equal(await told(bob, await alice.invite({ space })), 'in')
  assert.equal(bob.planes.halo.get(space)!.role, 'editor')
  village.write(bob, space)
  await village.agree(space, [alice, bob])
})

test('what Alice writes reaches Carol by Bob, though the two are never there together', async () => {
  await using village = new Village(12)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice, bob, carol)
  await village.agree(space, [alice, bob, carol])
  carol.crash()
  const id = village.write(alice, space)
  await village.agree(space, [alice, bob])
  alice.crash()
  await carol.start()
  assert.ok(await village.world.until(() => !!carol.value(id), 60_000))
  const back = village.write(carol, space)
  await village.world.pass(10_000)
  carol.crash()
  await alice.start()
  assert.ok(await village.world.until(() => !!alice.value(back), 60_000))
})

test('Bob, whom Alice let in, and Carol, who has not heard of him, find each other when she is away', async () => {
  await using village = new Village(13)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice, carol)
  await village.agree(space, [alice, carol])
  carol.crash()
  await village.letIn(alice, bob, { space })
  alice.crash()
  await carol.start()
  const ids = [village.write(bob, space), village.write(carol, space)]
  assert.ok(await village.world.until(() => ids.every((id) => bob.value(id) && carol.value(id)), 60_000))
})

/** Olga and Mia are admins of a space and apart. Each has let somebody in since, and these two are there, and nobody else. */
async function twoWhoNeverHeardOfEachOther(
  village: Village,
  meanwhile: {
    olga?(olga: MeshDevice, space: SpaceId): Promise<void>
    mia?(mia: MeshDevice, space: SpaceId): Promise<void>
  } = {},
) {
  const [olga, mia, ed, tom] = await village.people('olga', 'mia', 'ed', 'tom')
  const space = await village.share(olga)
  await village.letIn(olga, mia, { space, role: 'admin' })
  await village.agree(space, [olga, mia])
  mia.crash()
  await meanwhile.olga?.(olga, space)
  await village.letIn(olga, ed, { space })
  ed.crash()
  olga.crash()
  await mia.start()
  await meanwhile.mia?.(mia, space)
  await village.letIn(mia, tom, { space })
  mia.crash()
  await ed.start()
  return { space, ed, tom }
}
const changesTheKey = async (village: Village, admin: MeshDevice, space: SpaceId) => {
  const guest = await village.person(`a guest of ${admin.name}`)
  await village.letIn(admin, guest, { space })
  await village.world.done(admin.planes.halo.removeMember(space, guest.identity))
  guest.crash()
}

test('Ed and Tom, whom two admins let in while they were apart, share with nobody else there', async () => {
  for (const seed of [25, 26]) {
    await using village = new Village(seed)
    const { space, ed, tom } = await twoWhoNeverHeardOfEachOther(village)
    const ids = [village.write(ed, space), village.write(tom, space)]
    await village.agree(space, [ed, tom], 60_000)
    assert.ok(ids.every((id) => ed.value(id) && tom.value(id)))
  }
})

test('they do so if one of the admins has changed the key meanwhile, and not if both have', async () => {
  for (const seed of [27, 28, 29]) {
    await using village = new Village(seed)
    const mia = (admin: MeshDevice, id: SpaceId) => changesTheKey(village, admin, id)
    const { space, ed, tom } = await twoWhoNeverHeardOfEachOther(village, { mia })
    village.write(ed, space)
    village.write(tom, space)
    await village.agree(space, [ed, tom], 60_000)
  }
  await using village = new Village(30)
  const both = (admin: MeshDevice, id: SpaceId) => changesTheKey(village, admin, id)
  const { space, ed, tom } = await twoWhoNeverHeardOfEachOther(village, { olga: both, mia: both })
  const id = village.write(ed, space)
  await village.world.pass(60_000)
  assert.equal(tom.value(id), undefined)
  const [olga] = village.devices
  await olga!.start()
  await village.agree(space, [ed, tom, olga!], 60_000)
})

test('Bob, who was away while the keys were changed five times, is found', async () => {
  await using village = new Village(14)
  const [alice, bob, eve] = await village.people('alice', 'bob', 'eve')
  const space = await village.share(alice, bob)
  await village.agree(space, [alice, bob])
  bob.crash()
  for (let n = 0; n < 5; n++) {
    await village.letIn(alice, eve, { space })
    await village.world.done(alice.planes.halo.removeMember(space, eve.identity))
    village.write(alice, space)
  }
  await bob.start()
  village.write(bob, space)
  await village.agree(space, [alice, bob], 60_000)
})

test('Alice and Bob are together again a moment after their KUBE is', async () => {
  await using village = new Village(15)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  await village.agree(space, [alice, bob])
  const [kube] = village.kubes
  kube!.restart()
  village.write(alice, space)
  await village.agree(space, [alice, bob], 5_000)
  kube!.down()
  await village.world.pass(3600_000)
  kube!.up()
  village.write(bob, space)
  await village.agree(space, [alice, bob], 45_000)
})

test('Bob changes networks, his KUBE does not notice, and Alice has him again in seconds', async () => {
  for (let seed = 16; seed < 36; seed++) {
    await using village = new Village(seed)
    const [alice, bob] = await village.people('alice', 'bob')
    const space = await village.share(alice, bob)
    // Of some, all that there is yet is the session by which Bob was let in, elsewhere than they meet from now on.
    await village.agree(space, [alice, bob])
    // By then each has seen the other where the space meets, and not only at the invitation.
    await village.world.pass(1_000)
    bob.cut('device')
    village.write(bob, space)
    await village.agree(space, [alice, bob], 5_000)
  }
})

/** Longest until devices have each other again of which one has another network, and a server that has not noticed, in milliseconds. */
const MOVED_MS = 8_000

test('Bob’s network swallows all he says, and when he has another one he and Alice have each other again in seconds', async () => {
  for (const silentMs of [1_000, 6_000, 13_000, 17_000, 24_000, 29_000])
    for (const seed of [1, 2, 3, 4]) {
      await using village = new Village(seed)
      const [alice, bob] = await village.people('alice', 'bob')
      const space = await village.share(alice, bob)
      await village.agree(space, [alice, bob])
      await village.world.pass(1_000)
      bob.cut('none')
      village.write(alice, space)
      village.write(bob, space)
      await village.world.pass(silentMs)
      bob.planes.network.hasNetwork(true)
      await village.agree(space, [alice, bob], MOVED_MS)
    }
})

test('a relay that loses, swaps, repeats and spoils costs sessions, and nothing else', async () => {
  await using village = new Village(20)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  for (const worse of [{ lost: 0.3 }, { twice: 0.3 }, { late: 0.3 }, { spoilt: 0.2 }, { replayed: 0.3 }]) {
    Object.assign(village.chaos, calm(), worse)
    for (let n = 0; n < 10; n++) {
      village.write(village.random.pick([alice, bob]), space)
      await village.world.pass(2_000)
    }
    Object.assign(village.chaos, calm())
    await village.agree(space, [alice, bob], 60_000)
  }
})

test('what Bob writes who may only read is refused, and counts nowhere', async () => {
  await using village = new Village(21)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice)
  await village.letIn(alice, bob, { space, role: 'reader' })
  await village.agree(space, [alice, bob])
  const id = village.write(bob, space)
  await village.world.pass(5_000)
  assert.deepEqual(bob.tab.refused, ['echo/not-a-writer'])
  assert.equal(alice.value(id), undefined)
  await village.world.done(alice.planes.halo.setRole(space, bob.identity, 'editor'))
  await village.world.pass(2_000)
  village.write(bob, space)
  await village.agree(space, [alice, bob])
})

test('a phone becomes one of Alice’s devices, and both have what either had', async () => {
  await using village = new Village(22)
  const [alice, phone, bob] = await village.people('alice', 'phone', 'bob')
  const kitchen = await village.share(alice, bob)
  const garden = await village.share(phone, bob)
  const own = village.write(phone, phone.identity as string as SpaceId)
  const there = village.write(phone, garden)
  await village.world.pass(2_000)
  await village.letIn(alice, phone, { space: null, code: true })
  assert.equal(phone.identity, alice.identity)
  assert.ok(await village.world.until(() => !!alice.planes.halo.get(garden)?.role, 60_000))
  await village.agree(kitchen, [alice, phone, bob])
  await village.agree(garden, [alice, phone, bob])
  assert.ok(phone.value(own) && alice.value(there))
})

test('Alice sees when her phone was last there, in a later life, too, and keeps nothing of the kind of others', async () => {
  await using village = new Village(29)
  const { world } = village
  const [alice, phone, bob] = await village.people('alice', 'phone', 'bob')
  await village.share(alice, bob)
  assert.equal(alice.planes.network.lastSeen(phone.id), null)
  await village.letIn(alice, phone, { space: null, code: true })
  const seen = () => alice.planes.network.lastSeen(phone.id)
  const isThere = () => alice.status.links?.some(({ device }) => device === phone.id) ?? false
  assert.ok(await world.until(isThere, 60_000))
  const first = seen()!
  await world.pass(60_000)
  assert.ok(seen()! >= first + 60_000)
  for (const other of [phone, bob]) other.crash()
  assert.ok(await world.until(() => !isThere(), 120_000))
  const last = seen()!
  await world.pass(3600_000)
  assert.equal(seen(), last)
  // What is not urgent is on the disk with what is.
  await world.done(alice.planes.halo.setProfile({ deviceName: 'computer' }))
  await alice.again()
  assert.equal(seen(), last)
  assert.equal(alice.planes.network.lastSeen(bob.id), null)
})

test('Bob leaves while nobody is there, and the others hear of it when he is with them again, in a later life, too', async () => {
  for (const restarts of [false, true]) {
    await using village = new Village(23)
    const [alice, bob] = await village.people('alice', 'bob')
    const space = await village.share(alice, bob)
    await village.agree(space, [alice, bob])
    alice.crash()
    await village.world.done(bob.planes.halo.leaveSpace(space))
    if (restarts) await bob.again()
    await alice.start()
    const members = () => alice.planes.halo.get(space)!.members.map(({ id }) => id)
    assert.ok(await village.world.until(() => members().length === 1, 60_000))
    await village.world.pass(30_000)
    assert.equal(bob.planes.halo.get(space), undefined)
    assert.equal(await told(bob, await alice.invite({ space })), 'in')
    village.write(bob, space)
    await village.agree(space, [alice, bob])
  }
})

test('what Bob wrote as he became a reader counts again when he is an editor again, and does when he has lost power then', async () => {
  await using village = new Village(24)
  const [alice, bob] = await village.people('alice', 'bob')
  const space = await village.share(alice, bob)
  await village.agree(space, [alice, bob])
  const { halo } = alice.planes
  village.chaos.walls = new Set(['bob'])
  await village.world.done(halo.setRole(space, bob.identity, 'reader'))
  const id = village.write(bob, space)
  await village.world.pass(1_000)
  village.chaos.walls = new Set()
  assert.ok(await village.world.until(() => bob.value(id) === undefined, 60_000))
  // Pages are written without it.
  await village.world.pass(20_000)
  await village.world.done(halo.setRole(space, bob.identity, 'editor'))
  assert.ok(await village.world.until(() => bob.value(id) !== undefined, 60_000))
  await bob.again()
  assert.ok(bob.value(id))
  await village.agree(space, [alice, bob])
})

test('what Alice does to Carol’s note after something of Bob’s was taken out is there when he has lost power then', async () => {
  await using village = new Village(25)
  const [alice, bob, carol] = await village.people('alice', 'bob', 'carol')
  const space = await village.share(alice, bob, carol)
  const note = village.write(carol, space)
  await village.agree(space, [alice, bob, carol])
  await village.world.pass(20_000)
  village.chaos.walls = new Set(['bob'])
  await village.world.done(alice.planes.halo.setRole(space, bob.identity, 'reader'))
  const late = village.write(bob, space)
  await village.world.pass(1_000)
  village.chaos.walls = new Set()
  assert.ok(await village.world.until(() => bob.value(late) === undefined, 60_000))
  alice.tab.edit(note, () => ({ t: 'put', at: ['n'], v: 5 }))
  const hasIt = () => (bob.value(note) as { n: number }).n === 5
  assert.ok(await village.world.until(hasIt, 60_000))
  await village.world.done(bob.planes.echo.exchange.durable())
  await bob.again()
  assert.ok(hasIt())
})

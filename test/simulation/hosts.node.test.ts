/** Devices that meet at KUBEs which keep their spaces, one behaviour after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpaceId } from '../../worker/protocol/ids.js'
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

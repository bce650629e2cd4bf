/**
 * Fifty whole devices in one space, each of somebody else: they were let in by invitations, write, lose power and connections. When nothing goes
 * wrong any more, each has eight links at most, and all have the same and know it.
 */
import assert from 'node:assert/strict'
import { MAX_LINKS } from '../../../worker/mesh/topology/rings.js'
import type { Random } from '../../e2e/random.js'
import type { MeshDevice } from '../mesh/device.js'
import { Village } from '../mesh/village.js'

const DEVICES = 50
const STEPS = 15
/** Of the processor's time: to let fifty in takes most of it. */
const LIMIT_MS = 30 * 60_000

/** @returns a digest of every message between devices and KUBEs */
export async function topologyWhole(random: Random): Promise<string> {
  await using village = new Village(random, LIMIT_MS)
  const { world, devices } = village
  const owner = await village.person('olga')
  const space = await village.share(owner)
  while (devices.length < DEVICES) {
    const guest = await village.person(`guest-${devices.length}`)
    await village.letIn(owner, guest, { space })
  }
  // A host has a link more with each guest, for a while.
  await world.pass(20_000)
  for (let step = 0; step < STEPS; step++) {
    const on = devices.filter(({ isOn }) => isOn)
    if (on.length > 0) village.write(random.pick(on), space)
    const device = random.pick(devices)
    const roll = random.next()
    if (!device.isOn) await device.start()
    else if (roll < 0.4) device.crash(random.next() < 0.5)
    else if (roll < 0.7) device.cut(random.pick(['both', 'device', 'kube'] as const))
    await world.pass(random.between(0, 2_000))
    bounded(devices)
  }
  for (const device of devices) if (!device.isOn) await device.start()
  await village.agree(space, devices)
  bounded(devices)
  return world.digest
}

function bounded(devices: readonly MeshDevice[]): void {
  for (const { isOn, name, status } of devices) {
    if (!isOn) continue
    const { peers } = status.sync!.spaces.reduce((most, one) => (one.peers > most.peers ? one : most))
    assert.ok(peers <= MAX_LINKS, `${name} has ${peers} links`)
  }
}

/**
 * Fifty devices in one space, of which some are always coming and going: they are let in by others, lose power (which a KUBE may not
 * notice), lose connections, and are behind walls; KUBEs end and come back. None ever has more links than it may. Whenever it has been quiet
 * for a while, those who are there are connected, have the same, and what any of them writes comes to all.
 */
import assert from 'node:assert/strict'
import type { Random } from '../../e2e/random.js'
import { calm } from '../mesh/chaos.js'
import { A_MOMENT_MS } from './crowd.js'
import type { LightDevice } from './device.js'
import { Town } from './town.js'

const DEVICES = 50
const PHASES = 2
const STEPS = 6
const LONGEST_PAUSE_MS = 2_000
/** An entry comes to a device over some of its links, and not over all of them. */
const MOST_TIMES = 4

class Story {
  constructor(
    readonly town: Town,
    readonly random: Random,
  ) {}

  async step(): Promise<void> {
    const { town, random } = this
    const { kubes, chaos, devices, on, world } = town
    const some = (one: (device: LightDevice) => void, most: number, from = on) => {
      for (let n = random.between(1, most); n > 0 && from.length > 0; n--) one(random.pick(from))
    }
    if (on.length > 0) some(({ space }) => space.write(), 3)
    if (random.next() < 0.5) some((device) => device.goTo(random.pick(['top', 'middle', 'end', null])), 3)
    if (random.next() < 0.5) some((device) => device.say('something'), 3)
    const roll = random.next()
    if (roll < 0.15) some((device) => device.crash(random.next() < 0.5), random.next() < 0.3 ? 12 : 3)
    else if (roll < 0.25) some((device) => device.leave(), 4)
    else if (roll < 0.45)
      some(
        (device) => device.start(),
        8,
        devices.filter(({ isOn }) => !isOn),
      )
    else if (roll < 0.55 && devices.length < DEVICES && on.length > 0) town.join(random.pick(on)).start()
    else if (roll < 0.7) some((device) => device.cut(random.pick(['both', 'device', 'kube'] as const)), 5)
    else if (roll < 0.8) {
      const kube = random.pick(kubes)
      if (kube.isUp) kube.down(random.pick(['both', 'kube'] as const))
      else kube.up()
    } else if (roll < 0.9)
      chaos.walls = new Set(
        random.next() < 0.5 ? [] : devices.filter(() => random.next() < 0.4).map(({ name }) => name),
      )
    else Object.assign(chaos, { lost: random.next() < 0.5 ? 0 : 0.05, delayMs: random.between(1, 200) })
    await world.pass(random.between(A_MOMENT_MS, LONGEST_PAUSE_MS))
    town.bounded()
  }

  async rest(): Promise<void> {
    const { town, random } = this
    Object.assign(town.chaos, calm())
    for (const kube of town.kubes) kube.up()
    if (town.known === 'some' || town.on.length === 0) town.devices[0]!.start()
    await town.settle()
    const { times } = await town.spread(random.pick(town.on))
    assert.ok(!(times > MOST_TIMES), `an entry came to each ${times} times`)
    assert.deepEqual([...town.wrong()], [])
  }
}

/** @returns a digest of every message between devices and KUBEs */
export async function topologyMesh(random: Random): Promise<string> {
  using town = await Town.begin(random, random.pick(['one', 'both', 'some'] as const))
  const story = new Story(town, random)
  town.found(random.between(DEVICES - 10, DEVICES))
  for (const device of town.devices) if (random.next() < 0.85) device.start()
  for (let phase = 0; phase < PHASES; phase++) {
    for (let step = 0; step < STEPS; step++) await story.step()
    await story.rest()
  }
  return town.world.digest
}

/**
 * Fifty devices in one space, of which some are always coming and going: they are let in by others, lose power (which a KUBE may not
 * notice), lose sessions, and are behind walls; KUBEs end and come back. None ever has more links than it may, and whenever it has been
 * quiet for a while, those who are there are connected, and stay so.
 */
import type { Random } from '../../e2e/random.js'
import { Crowd, type CrowdDevice } from './crowd.js'

const DEVICES = 50
const PHASES = 3
const STEPS = 12
const LONGEST_PAUSE_MS = 2_000

type Known = 'one' | 'other' | 'both' | 'some'

class Story {
  readonly crowd: Crowd
  private readonly known: Known

  constructor(readonly random: Random) {
    this.crowd = new Crowd(random)
    this.known = random.pick<Known>(['one', 'both', 'some'])
  }

  /** Which KUBEs it knows: with `some`, each others, and the first both, so that the others are not two crowds. */
  add(): CrowdDevice {
    const { crowd, known, random } = this
    const { kubes, devices } = crowd
    const ways =
      known !== 'some' ? known : devices.length === 0 ? 'both' : random.pick<Known>(['one', 'other', 'both'])
    return crowd.add(ways === 'both' ? kubes : [kubes[ways === 'other' ? 1 : 0]])
  }

  begin(): void {
    const { crowd, random } = this
    const founders = Array.from({ length: random.between(DEVICES - 15, DEVICES) }, () => this.add())
    for (const { members } of founders) for (const { id } of founders) members.add(id)
    for (const device of founders) if (random.next() < 0.85) device.start()
    if (this.known === 'some') crowd.devices[0]!.start()
  }

  private join(host: CrowdDevice): void {
    const guest = this.add()
    for (const member of host.members) guest.members.add(member)
    host.members.add(guest.id)
    guest.start()
  }

  async step(): Promise<void> {
    const { crowd, random } = this
    const { devices, on, kubes } = crowd
    const some = (run: (device: CrowdDevice) => void, most: number, from = on) => {
      for (let n = random.between(1, most); n > 0 && from.length > 0; n--) run(random.pick(from))
    }
    const roll = random.next()
    if (roll < 0.2) some((one) => one.crash(random.next() < 0.5), random.next() < 0.3 ? 15 : 4)
    else if (roll < 0.45) {
      const off = devices.filter(({ isOn }) => !isOn)
      some((one) => one.start(), 10, off)
    } else if (roll < 0.55 && devices.length < DEVICES && on.length > 0) this.join(random.pick(on))
    else if (roll < 0.7)
      some((one) => {
        for (const peer of [...one.peers.keys()]) crowd.breaks(one, crowd.device(peer))
      }, 6)
    else if (roll < 0.8) {
      const kube = random.pick(kubes)
      if (kube.isUp) crowd.down(kube)
      else kube.isUp = true
    } else if (roll < 0.9)
      crowd.walls = new Set(random.next() < 0.5 ? [] : devices.filter(() => random.next() < 0.4))
    else crowd.longestMs = random.between(2, 400)
    await crowd.pass(random.between(0, LONGEST_PAUSE_MS))
  }

  async rest(): Promise<void> {
    const { crowd, random, known } = this
    crowd.walls = new Set()
    crowd.longestMs = 40
    for (const kube of crowd.kubes) kube.isUp = true
    if (known === 'some') crowd.devices[0]!.start()
    else if (crowd.on.length === 0) random.pick(crowd.devices).start()
    await crowd.settle()
  }
}

/** @returns a digest of who was linked with whom, and when */
export async function crowd(random: Random): Promise<string> {
  const story = new Story(random)
  using _ = story.crowd
  story.begin()
  for (let phase = 0; phase < PHASES; phase++) {
    for (let step = 0; step < STEPS; step++) await story.step()
    await story.rest()
  }
  return story.crowd.world.digest
}

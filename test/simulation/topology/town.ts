/** Very many devices in one space, and what must be so of their links whenever it has been quiet for a while. */
import assert from 'node:assert/strict'
import { MAX_LINKS } from '../../../worker/mesh/topology/rings.js'
import { SIGNAL_PATH } from '../../../worker/protocol/signal.js'
import type { DeviceId } from '../../../worker/protocol/ids.js'
import type { Random } from '../../e2e/random.js'
import { calm } from '../mesh/chaos.js'
import { SimulatedKube } from '../mesh/kube.js'
import { World } from '../mesh/world.js'
import { drawn } from '../replay/chance.js'
import { LightDevice, load } from './device.js'
import { SPACE } from './space.js'

/** Longest until all who are there are linked, when nothing goes wrong any more: who lost a KUBE comes back within 30 s. */
export const HEALED_MS = 90_000
/** Longest until what one writes has come to all, over several others. */
export const SPREAD_MS = 10_000

/** Which KUBEs each device knows; with `some`, each others. */
export type Known = 'one' | 'other' | 'both' | 'some'

export class Town {
  readonly world: World
  readonly chaos = calm()
  readonly kubes: SimulatedKube[]
  readonly devices: LightDevice[] = []
  private readonly secrets
  private Loaded!: Awaited<ReturnType<typeof load>>

  private constructor(
    readonly random: Random,
    readonly known: Known,
  ) {
    this.world = new World(random)
    this.kubes = ['one', 'two'].map(
      (name) => new SimulatedKube(this.world, `ws://${name}.example${SIGNAL_PATH}`, this.chaos),
    )
    const draw = () => drawn(random, new Uint8Array(32))
    this.secrets = { ref: draw(), meeting: { topic: draw(), secret: draw() } }
  }

  static async begin(random: Random, known: Known = 'both'): Promise<Town> {
    const Loaded = await load()
    const town = new Town(random, known)
    town.Loaded = Loaded
    return town
  }

  [Symbol.dispose](): void {
    for (const device of this.devices) device.leave()
    this.world.close()
  }

  device(): LightDevice {
    const { random, devices, known, world, secrets } = this
    // The first is at both, so that the others are not two towns.
    const ways = known === 'some' && devices.length > 0 ? random.pick<Known>(['one', 'other', 'both']) : known
    const kubes = ways === 'both' ? this.kubes : [this.kubes[ways === 'other' ? 1 : 0]!]
    const device = new LightDevice(
      { world, secrets, kubes },
      `device-${devices.length}`,
      random.between(1, 2 ** 30),
      this.Loaded,
    )
    devices.push(device)
    return device
  }

  /** All of these know of each other. */
  found(count: number): void {
    const founders = Array.from({ length: count }, () => this.device())
    for (const { space } of founders) space.admit(founders.map(({ admission }) => admission))
  }

  /** One more, whom `host` lets in: it knows whom that one knows, and nobody else has heard of it. */
  join(host: LightDevice): LightDevice {
    const device = this.device()
    device.space.admit([...host.space.members.values(), device.admission])
    host.space.admit([device.admission])
    return device
  }

  get on(): LightDevice[] {
    return this.devices.filter(({ isOn }) => isOn)
  }

  /** What is not as it has to be when it is quiet, in words. */
  *wrong(): Generator<string> {
    const { on } = this
    const ids = new Map(on.map((device) => [device.id, device]))
    for (const { name, links } of on) {
      if (links.length > MAX_LINKS) yield `${name} has ${links.length} links`
      for (const link of links) if (!ids.has(link)) yield `${name} is linked with one that is not there`
    }
    const apart = on.length - reachable(on).size
    if (apart > 0) yield `${apart} of ${on.length} are not connected with ${on[0]!.name}`
    for (const { name, places, id } of on)
      for (const other of this.devices) {
        const place = other.isOn ? other.place : null
        if (other.id !== id && (places.get(other.id) ?? null) !== place)
          return yield `${name} has ${other.name} at ${places.get(other.id)}, which is at ${place}`
      }
    for (const { name, space } of on)
      for (const other of on) {
        const [has, all] = [space.positions.get(other.id) ?? 0, other.space.positions.get(other.id) ?? 0]
        if (has !== all) return yield `${name} has ${has} of ${all} entries of ${other.name}`
      }
  }

  /** At every time. */
  bounded(): void {
    for (const { name, mesh } of this.on) {
      const { peers } = mesh.with(SPACE)
      assert.ok(peers <= MAX_LINKS, `${name} has ${peers} links`)
    }
  }

  async settle(): Promise<void> {
    const { world } = this
    const began = world.time
    while (!this.wrong().next().done && world.time < began + HEALED_MS) {
      await world.pass(500)
      this.bounded()
    }
    const wrong = [...this.wrong()]
    assert.equal(wrong.length, 0, `after ${world.time - began} ms: ${wrong.join('; ')}`)
  }

  /** What one device writes comes to all that are on. @returns how often it came to each, and after how many milliseconds to all */
  async spread(from: LightDevice): Promise<{ readonly times: number; readonly ms: number }> {
    const { world } = this
    from.space.write()
    const seq = from.space.positions.get(from.id)!
    const began = world.time
    const others = this.on.filter((device) => device !== from)
    const isThere = () => others.every(({ space }) => (space.positions.get(from.id) ?? 0) >= seq)
    assert.ok(await world.until(isThere, SPREAD_MS), `what ${from.name} wrote has not come to all`)
    const ms = world.time - began
    await world.pass(1_000)
    const words = `${from.name} ${began}`
    from.say(words)
    await world.pass(3_000)
    for (const other of others) {
      const heard = other.heard.filter(([, said]) => said === words)
      assert.deepEqual(heard, [[from.id, words]], `${other.name} hears once what ${from.name} says`)
    }
    const times = others.reduce((sum, { space }) => sum + space.came.get(`${from.id}/${seq}`)!, 0)
    return { times: times / others.length, ms }
  }
}

/** Who can be reached from the first, over links of which both sides know. */
function reachable(devices: readonly LightDevice[]): Set<LightDevice> {
  const links = new Map(devices.map((device) => [device, new Set<DeviceId>(device.links)]))
  const found = new Set(devices.slice(0, 1))
  for (const one of found)
    for (const other of devices)
      if (links.get(one)!.has(other.id) && links.get(other)!.has(one.id)) found.add(other)
  return found
}

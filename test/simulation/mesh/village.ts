/** A world with people in it, and what tests do with them. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { SIGNAL_PATH } from '../../../worker/protocol/signal.js'
import type { ObjectId, SpaceId } from '../../../worker/protocol/ids.js'
import type { InviteOptions } from '../../../worker/protocol/session-api.js'
import { Random } from '../../e2e/random.js'
import { randomId } from '../script.js'
import { Air } from './air.js'
import { calm } from './chaos.js'
import { MeshDevice, type Checkpointing } from './device.js'
import { SimulatedKube } from './kube.js'
import { KubeDisk } from './kube-disk.js'
import { World } from './world.js'

/** Longest until everybody who is in has everything, once nothing goes wrong any more, in milliseconds. */
export const HEALED_MS = 5 * 60_000

/** Between two looks at whether they have the same, in milliseconds: each takes longer than what happens meanwhile. */
const LOOK_MS = 20

export class Village {
  readonly random: Random
  readonly world: World
  readonly chaos = calm()
  readonly kubes: SimulatedKube[]
  readonly air: Air
  readonly devices: MeshDevice[] = []

  /** @param keeps whether KUBEs keep spaces that they are asked to */
  constructor(
    seed: number | Random,
    limitMs?: number,
    keeps = false,
    readonly checkpoints?: Checkpointing | undefined,
  ) {
    this.random = typeof seed === 'number' ? new Random(seed) : seed
    this.world = new World(this.random, limitMs)
    this.air = new Air(this.world, this.chaos)
    this.kubes = ['one', 'two'].map((name) => {
      const disk = keeps ? new KubeDisk(this.world) : undefined
      return new SimulatedKube(
        this.world,
        `ws://${name}.example${SIGNAL_PATH}`,
        this.chaos,
        disk,
        checkpoints,
      )
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.devices) device.stop()
    this.world.close()
  }

  async person(name: string, skew = 0): Promise<MeshDevice> {
    const device = await MeshDevice.fresh(this, name, this.random.between(1, 2 ** 30), skew)
    this.devices.push(device)
    return device
  }

  async people<const N extends readonly string[]>(...names: N): Promise<{ [K in keyof N]: MeshDevice }> {
    const people: MeshDevice[] = []
    for (const name of names) people.push(await this.person(name))
    return people as { [K in keyof N]: MeshDevice }
  }

  /** A new space of the first one's, which has let the others in. */
  async share(owner: MeshDevice, ...guests: MeshDevice[]): Promise<SpaceId> {
    const { id } = await this.world.done(owner.planes.halo.createSpace('Kitchen'))
    for (const guest of guests) await this.letIn(owner, guest, { space: id })
    return id
  }

  async letIn(
    host: MeshDevice,
    guest: MeshDevice,
    options: Partial<InviteOptions> & Pick<InviteOptions, 'space'>,
  ): Promise<SpaceId> {
    return guest.join(await host.invite(options))
  }

  /** An object of the device's tab's, which all others look at. */
  write(
    device: MeshDevice,
    space: SpaceId,
    value = { notes: { '@text': 'some words' }, list: ['a', 'b'], n: 0 },
  ) {
    const id: ObjectId = randomId(this.random)
    device.add(space, id, value)
    for (const other of this.devices) if (other !== device) other.look(id)
    return id
  }

  /** In bounded time, these have the same, know it, and show it. */
  async agree(space: SpaceId, devices: readonly MeshDevice[], mostMs = HEALED_MS): Promise<void> {
    const { world } = this
    const began = world.time
    let why = `no agreement after ${mostMs} ms`
    const isSo = () => this.missing(space, devices).next().done!
    try {
      await world.pass(0)
      while (!isSo() && world.time < began + mostMs) await world.pass(LOOK_MS)
      if (isSo()) return
    } catch (e) {
      why = `${(e as Error).stack}\nafter ${world.time - began} ms of its own`
    }
    const lines = [
      ...this.missing(space, devices),
      ...this.devices.map((device) => this.describe(device, space)),
    ]
    assert.fail(`${why}:\n${lines.join('\n')}`)
  }

  /** With whom it is connected, and what it holds against whom. */
  private describe({ name, id, isOn, status, planes }: MeshDevice, space: SpaceId): string {
    const nameOf = (device: string) =>
      this.devices.find((one) => one.id === device)?.name ?? device.slice(0, 6)
    const links = status.links?.map(({ device }) => nameOf(device)).join()
    const aside = planes.echo.asides.quarantine.map((one) => JSON.stringify(one).slice(0, 300)).join()
    const lines = this.kubes.map((kube) => [...kube.lines].filter(({ device }) => device === name).length)
    return (
      `${name} (${id.slice(0, 6)}) is ${isOn ? 'on' : 'off'}, ${planes.halo.get(space)?.role ?? 'out'}; ` +
      `KUBE ${status.kube} [${lines.join()}] ${status.refusal?.code ?? ''}; linked to ${links}; ${aside}`
    )
  }

  /** Who lacks what, in words. What takes longer to see comes last, for one who asks again and again whether there is anything. */
  *missing(space: SpaceId, devices: readonly MeshDevice[]): Generator<string> {
    const first = devices[0]!
    for (const device of devices) {
      if (!device.planes.halo.get(space)?.role) yield `${device.name}: is not in`
      if (device.tab.writes.unsaved > 0)
        yield `${device.name}: ${device.tab.writes.unsaved} batches are unsaved`
    }
    const headsOf = ({ planes }: MeshDevice) => [...(planes.halo.get(space)?.heads ?? [])].sort().join()
    const firstHeads = headsOf(first)
    const counts = devices.map(({ planes }) => planes.echo.exchange.counted(space))
    for (const device of devices) {
      if (headsOf(device) !== firstHeads) yield `${device.name}: has another log than ${first.name}`
      const positions = device.planes.echo.exchange.positions(space)
      for (const [i, other] of devices.entries()) {
        const [has, all] = [device === other ? counts[i] : (positions.get(other.id) ?? 0), counts[i]]
        if (has !== all) yield `${device.name}: has ${has} of ${all} entries of ${other.name}`
      }
    }
    for (const { name, status } of devices) {
      const { pending, spaces } = status.sync!
      if (pending > 0) yield `${name}: ${pending} pending: ${JSON.stringify(spaces)}`
    }
    const expected = shown(first, space)
    for (const device of devices) {
      if (device !== first && !isDeepStrictEqual(shown(device, space), expected))
        yield `${device.name}: shows something else than ${first.name}`
      for (const id of device.objects) {
        const value = device.value(id)
        if (value === undefined) continue
        const view = device.tab.get(id)?.view
        if (isDeepStrictEqual(view, value)) continue
        device.tab.load(id)
        yield `${device.name}: its tab does not show ${id} as it is`
      }
    }
  }
}

/** Objects of a space, as a device has them. */
export function shown(device: MeshDevice, space: SpaceId): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const id of [...device.objects].sort()) {
    const record = device.planes.echo.record(id)
    if (record && record.space === space) values[id] = record.value
  }
  return values
}

/**
 * The same people, whose space KUBEs keep: admins ask them to, or to delete it, and are seldom there when others are. A KUBE loses power and comes back, is
 * put back to what it had, or is another one with nothing; somebody leaves for good as soon as others have what they wrote. When nothing goes
 * wrong any more, all have the same, KUBEs have it, too, and hand it from one to the next who never meet.
 */
import assert from 'node:assert/strict'
import { toHearthError } from '../../../worker/protocol/errors.js'
import { toBase64Url, type ObjectId } from '../../../worker/protocol/ids.js'
import type { HostInfo } from '../../../worker/protocol/facts.js'
import type { Random } from '../../e2e/random.js'
import type { MeshDevice } from './device.js'
import { holdsDurably } from './holds.js'
import type { SimulatedKube } from './kube.js'
import type { KubeDisk } from './kube-disk.js'
import { Story, told } from './scenario.js'
import { HEALED_MS } from './village.js'

/** What an admin is told whom a KUBE has not answered, or who is one no more meanwhile. */
const MAY_BE_TOLD: readonly string[] = [
  ...['mesh/host-away', 'mesh/host-denied', 'mesh/host-forgot', 'mesh/closed', 'mesh/timeout'],
  ...['halo/not-allowed', 'echo/not-a-writer'],
]
const SYNCED_MS = 10_000

class HostStory extends Story {
  /** Who has left for good, with their disk. */
  private gone: MeshDevice | undefined
  /** The last entry of theirs that they were told is elsewhere. */
  private lastOfGone = 0
  /** How often something was taken from KUBEs. */
  private losses = 0
  /** What KUBEs had at some time. */
  private readonly backups = new Map<KubeDisk, KubeDisk['state']>()

  constructor(random: Random) {
    super(random, { keeps: true, checkpoints: true })
  }

  override async step(removal: boolean): Promise<void> {
    const { random } = this
    const roll = random.next()
    if (roll < 0.12) this.nobodyBut(random.next() < 0.5 ? undefined : random.pick(this.village.devices))
    else if (roll < 0.22) this.turnBack()
    else if (roll < 0.32) this.host('add')
    else if (roll < 0.33) this.host('remove')
    else if (roll < 0.38) await this.leave()
    await super.step(removal)
    await this.forgetLost()
  }

  /** Power is lost wherever else somebody is. */
  private nobodyBut(one: MeshDevice | undefined): void {
    for (const device of this.village.devices)
      if (device !== one && device.isOn) {
        this.lost(device)
        device.crash(this.random.next() < 0.5)
      }
  }

  /** A KUBE is started with what it had before, or with nothing; or that is kept for later. */
  private turnBack(): void {
    const { random, village } = this
    const kube = random.pick(village.kubes)
    const disk = kube.disk!
    const roll = random.next()
    if (roll < 0.4) return void this.backups.set(disk, disk.state)
    kube.down()
    if (roll < 0.7) disk.become(this.backups.get(disk) ?? new Map())
    else if (roll < 0.8) disk.become(new Map())
    kube.up()
  }

  /** What nobody but a KUBE had of them is lost with what was taken from that, or was deleted there because an admin wanted that. */
  private async forgetLost(): Promise<void> {
    const losses = this.village.kubes.reduce((sum, { disk }) => sum + disk!.losses, 0)
    const isMore = losses > this.losses
    this.losses = losses
    const { gone } = this
    if (!gone || !isMore || (await this.isHere(gone, this.lastOfGone))) return
    for (const [id, by] of this.kept) if (by === gone) this.kept.delete(id)
  }

  /** An admin asks a KUBE to keep the space, or to delete it. */
  private host(what: 'add' | 'remove'): void {
    const { random, village, space } = this
    const admins = village.devices.filter(
      ({ isOn, planes }) => isOn && planes.halo.get(space)?.kept.mayRegister,
    )
    if (admins.length === 0) return
    const device = random.pick(admins)
    void this.asked(what, device, random.pick(village.kubes).address).catch((e: unknown) => {
      const { code } = toHearthError(e, 'mesh/closed')
      // By the time that it asks, it may be no admin any more.
      const mayBegin = device.planes.halo.get(space)?.kept.mayRegister
      if (!MAY_BE_TOLD.includes(code) && (mayBegin || code !== 'mesh/host-unknown'))
        village.world.faults.push(e)
    })
  }

  private async asked(what: 'add' | 'remove', device: MeshDevice, kube: string): Promise<void> {
    const { keeping } = await device.network()
    await keeping[what](this.space, kube)
  }

  /** Somebody who has only been a writer here, and is told that others have all of it, is never there again. */
  private async leave(): Promise<void> {
    const { village, guests, space } = this
    const guest = guests.find(
      ({ device, isIn, of }) =>
        isIn && !of && device.isOn && device !== this.removed && !guests.some((one) => one.of === device),
    )
    if (this.gone || !guest || guests.length < 2) return
    const { device } = guest
    this.note()
    const { networking } = await village.world.done(device.network())
    const last = device.planes.echo.exchange.positions(space).get(device.id) ?? 0
    const code = await village.world.done(
      networking.synced(space, SYNCED_MS).then(
        () => undefined,
        (e: unknown) => toHearthError(e, 'mesh/closed').code,
      ),
    )
    const counted = Math.min(last, device.planes.echo.exchange.counted(space))
    if (code || !(await this.isHere(device, counted))) return
    this.gone = device
    this.lastOfGone = counted
    for (const [id, by] of this.made) if (by === device) this.made.delete(id)
    device.crash()
    guests.splice(guests.indexOf(guest), 1)
    village.devices.splice(village.devices.indexOf(device), 1)
  }

  /** Whether somebody has it now who will hand it on. */
  private async isHere({ id, disk }: MeshDevice, seq: number): Promise<boolean> {
    const { village, space, removed } = this
    const others = village.devices.filter((device) => device.id !== id && device !== removed)
    for (const kube of village.kubes)
      if ((await kube.disk!.holds(this.name, id, seq)) && (await this.isKnown(kube, others))) return true
    const has = await Promise.all(others.map((other) => holdsDurably(disk, other.disk, space, id, seq)))
    return has.includes(true)
  }

  /** Of a KUBE of which nobody else has heard, nobody else asks for anything: that a space is kept there stands in the space. */
  private async isKnown({ address }: SimulatedKube, devices: readonly MeshDevice[]): Promise<boolean> {
    for (const { disk } of devices) {
      const hosts = await disk.open().get<Record<string, readonly string[]>>('meta', 'hosts')
      if (hosts?.[this.space]?.includes(address)) return true
    }
    return false
  }

  protected override async isElsewhere(device: MeshDevice, seq: number): Promise<boolean> {
    const { kubes } = this.village
    // It was told so at some time. What a KUBE has lost since, or somebody who has left has taken along, was elsewhere then.
    for (const { disk } of kubes) if (await disk!.hasHeld(this.name, device.id, seq)) return true
    const { gone } = this
    if (gone && (await holdsDurably(device.disk, gone.disk, this.space, device.id, seq))) return true
    return super.isElsewhere(device, seq)
  }

  /** As KUBEs know the space. */
  private get name(): string {
    return toBase64Url(this.owner.planes.halo.get(this.space)!.replica())
  }

  override async heal(): Promise<void> {
    await super.heal()
    const { village, owner } = this
    const { world } = village
    const members = this.in.filter((device) => device !== this.removed)
    const { keeping } = await world.done(owner.network())
    if (!keeping.has(this.space)) await world.done(this.asked('add', owner, village.kubes[0]!.address))
    await this.allKept(members)
    await this.oneByOne(members)
    for (const device of members) if (!device.isOn) await device.start()
    await village.agree(this.space, members)
    await this.check(members)
    await this.allKept(members)
  }

  /** All of it is where it is to be kept, and everybody who is in knows. */
  private async allKept(members: readonly MeshDevice[]): Promise<void> {
    const { village, space } = this
    const states = async () => {
      const all = new Map<MeshDevice, readonly HostInfo[]>()
      for (const device of members)
        all.set(device, (await village.world.done(device.network())).keeping.of(space))
      return all
    }
    const end = village.world.time + HEALED_MS
    for (;;) {
      const all = await states()
      const isKept = (hosts: readonly HostInfo[]) =>
        hosts.length > 0 && hosts.every(({ state }) => state === 'kept')
      if ([...all.values()].every(isKept)) break
      const told = [...all].map(
        ([{ name }, hosts]) => `${name}: ${hosts.map(({ state, code }) => `${state} ${code ?? ''}`).join()}`,
      )
      assert.ok(village.world.time < end, `not all is kept:\n${told.join('\n')}`)
      await village.world.pass(500)
    }
    const urls = (await village.world.done(this.owner.network())).keeping.urlsOf(space)
    for (const kube of village.kubes.filter(({ address }) => urls.includes(address))) {
      // Whose feeds to take it is told a moment after it has heard who is in.
      const isSaid = () => kube.registeredAt(this.name) === this.owner.planes.halo.get(space)!.heads.join()
      assert.ok(await village.world.until(isSaid, HEALED_MS), `${kube.url} is told whose feeds to take`)
      for (const { name, id, planes } of members) {
        const seq = planes.echo.exchange.counted(space)
        if (seq > 0 && !(await kube.disk!.holds(this.name, id, seq)))
          assert.fail(`${kube.url} lacks entry ${seq} of ${name}`)
      }
    }
  }

  /** Each is there alone, sees what those before have written, and writes. */
  private async oneByOne(members: readonly MeshDevice[]): Promise<void> {
    const { village, random, space } = this
    const { world } = village
    for (const device of village.devices) if (device.isOn) device.crash(random.next() < 0.5)
    const written: ObjectId[] = []
    for (const device of [...members].sort(() => random.next() - 0.5)) {
      await device.start()
      const has = () => written.every((id) => device.value(id))
      assert.ok(await world.until(has, HEALED_MS), `${device.name} has what nobody but a KUBE could hand on`)
      if (device.planes.halo.get(space)!.mayWrite) {
        written.push(village.write(device, space))
        await world.until(() => device.tab.writes.unsaved === 0, HEALED_MS)
        const { networking } = await world.done(device.network())
        await world.done(networking.synced(space, HEALED_MS), HEALED_MS + 1_000)
      }
      device.crash(random.next() < 0.5)
      if (random.next() < 0.3) random.pick(village.kubes).restart()
    }
  }
}

/**
 * @param most devices beside the owner's first
 * @returns a digest of every message between devices and KUBEs
 */
export const meshHost = (random: Random, most = 7): Promise<string> => told(new HostStory(random), most)

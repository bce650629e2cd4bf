/** A device in a world with KUBEs: the real planes and the real network, on a disk and with sockets that are neither; and a tab. */
import { createHash } from 'node:crypto'
import type { Opened } from '../../../worker/network.js'
import { openPlanes, type Planes, type PlanesPlatform } from '../../../worker/planes.js'
import type { DeviceId, IdentityId, ObjectId, SpaceId } from '../../../worker/protocol/ids.js'
import type { InvitationInfo, InviteOptions } from '../../../worker/protocol/session-api.js'
import { Random } from '../../e2e/random.js'
import { automerge } from '../device.js'
import { Disk } from '../disk.js'
import { drawn } from '../replay/chance.js'
import { channelOf } from '../replay/channel.js'
import { SimulatedTab } from '../tab.js'
import { HostTab, type Air } from './air.js'
import type { SimulatedKube } from './kube.js'
import { load } from './loading.js'
import type { World } from './world.js'

const EPOCH = 1_700_000_000_000
/** Longest that it takes to follow an invitation: each wait on the way has its own end. */
const JOIN_MS = 120_000

export interface Surroundings {
  readonly world: World
  readonly air: Air
  readonly kubes: readonly SimulatedKube[]
  readonly checkpoints?: Checkpointing | undefined
}

/** From how many entries on checkpoints are made, and offered in their place; undefined: as many as pay, and nobody in a simulation writes so many. */
export interface Checkpointing {
  readonly after: number
  readonly offered: number
}

export class MeshDevice {
  planes!: Planes
  tab!: SimulatedTab
  isOn = false
  /** Its store is that of another device now. */
  isOver = false
  readonly disk = new Disk()
  /** Tabs that can hold direct links, and can be gone while the others are there. */
  readonly hosts: HostTab[] = []
  /** Objects that its tabs look at. */
  readonly objects = new Set<ObjectId>()
  private readonly random: Random
  private life = 0

  private constructor(
    readonly around: Surroundings,
    readonly name: string,
    seed: number,
    /** Of its clock, in milliseconds. */
    private skew: number,
  ) {
    this.random = new Random(seed)
  }

  static async fresh(around: Surroundings, name: string, seed: number, skew = 0): Promise<MeshDevice> {
    await load()
    const device = new MeshDevice(around, name, seed, skew)
    await device.start()
    return device
  }

  get id(): DeviceId {
    return this.planes.halo.device
  }

  /** How often it was started or has ended. */
  get lives(): number {
    return this.life
  }

  get identity(): IdentityId {
    return this.planes.halo.identity.id
  }

  async start(): Promise<void> {
    const life = ++this.life
    this.isOver = false
    const { world } = this.around
    const planes = await world.done(
      openPlanes(this.platform(life), () => (this.isOver ||= life === this.life)),
    )
    await world.done(planes.echo.loadAll())
    this.planes = planes
    this.isOn = true
    this.sit()
    await world.done(this.loading(() => planes.network.resume()))
  }

  /** Power is lost. @param isNoticed whether its connections end at once, as they do when only the worker is killed */
  crash(isNoticed = true): void {
    this.isOn = false
    this.life++
    this.tab.close()
    for (const host of this.hosts.splice(0)) host.close(isNoticed)
    this.disk.crash()
    this.cut(isNoticed ? 'kube' : 'none')
  }

  /** Its connections break. */
  cut(who: 'both' | 'device' | 'kube' | 'none'): void {
    for (const kube of this.around.kubes)
      for (const line of [...kube.lines])
        if (line.device === this.name) {
          if (who === 'none') line.mute()
          else line.break(who)
        }
  }

  async again(isNoticed = true): Promise<void> {
    if (this.isOn) this.crash(isNoticed)
    await this.start()
  }

  /** Its clock goes on, and nothing else does. */
  sleep(ms: number): void {
    this.skew += ms
  }

  /** One more tab that can hold direct links. */
  openHost(): void {
    this.hosts.push(new HostTab(this.around.air, this.name, this.planes.network.hosts))
  }

  /** For those who go on meanwhile, as all of this. */
  network(): Promise<Opened> {
    return this.loading(() => this.planes.network.open())
  }

  private loading<T>(load: () => Promise<T>): Promise<T> {
    const { life, disk } = this
    const { hasCrashed } = disk
    const isOn = () => this.isOn && life === this.life && disk.hasCrashed === hasCrashed
    return this.around.world.loading(load, isOn)
  }

  // What people do

  async invite(options: Partial<InviteOptions> & Pick<InviteOptions, 'space'>): Promise<InvitationInfo> {
    const { invitations } = await this.around.world.done(this.network())
    const [kube] = this.around.kubes
    return this.around.world.done(
      invitations.make({
        ...{ role: 'editor', uses: 1, expiresMs: 24 * 3600_000, code: false },
        kube: kube!.address,
        ...options,
      }),
    )
  }

  /** @throws HearthError as it is told to a person */
  async join({ link, code }: Pick<InvitationInfo, 'link' | 'code'>): Promise<SpaceId> {
    await this.around.world.done(this.network())
    return this.around.world.done(this.follow(link, code ?? undefined), JOIN_MS, `${this.name} joining`)
  }

  /** For those who go on meanwhile; it never ends if the device does. */
  async follow(link: string, code?: string): Promise<SpaceId> {
    const { invitations, joins } = await this.network()
    const id = `${this.life}/${this.random.next()}`
    invitations.join(id, link, code)
    return joins.joined(id)
  }

  add(space: SpaceId, id: ObjectId, value: Parameters<SimulatedTab['add']>[2]): void {
    this.objects.add(id)
    this.tab.add(space, id, value)
  }

  look(id: ObjectId): void {
    this.objects.add(id)
    if (this.isOn) this.tab.load(id)
  }

  // What there is

  value(id: ObjectId): unknown {
    return this.planes.echo.record(id)?.value
  }

  get status() {
    return this.planes.network.status
  }

  stop(): void {
    if (!this.isOn) return
    this.isOn = false
    this.life++
    this.tab.close()
    for (const host of this.hosts.splice(0)) host.close()
    this.planes.network.stop()
  }

  private sit(): void {
    const { world } = this.around
    const life = this.life
    const later = (run: () => void, ms: number) => {
      world.later(() => life === this.life && run(), ms)
    }
    this.tab = new SimulatedTab(this.planes, this.random, later, channelOf(world.turns))
    for (const id of this.objects) this.tab.load(id)
  }

  private platform(life: number): PlanesPlatform {
    const { random, disk } = this
    const { world, kubes, checkpoints } = this.around
    const alive = (run: () => void) => () => {
      if (life === this.life) run()
    }
    return {
      openStore: async () => disk.open(),
      subtle: world.subtle,
      // As most browsers have it.
      curves: 'webcrypto',
      deviceName: () => this.name,
      now: () => EPOCH + this.skew + world.time,
      random: (bytes) => drawn(random, new Uint8Array(bytes)),
      sha256: async (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
      automerge,
      ...(checkpoints && { checkpointAfter: checkpoints.after, checkpointFor: checkpoints.offered }),
      later: (run, ms) => world.later(alive(run), ms),
      socket: (url, { opened, message, closed }) =>
        kubes
          .find((kube) => kube.url === url.split('?')[0])!
          .connect(this.name, url, {
            opened: () => alive(opened)(),
            message: (bytes) => alive(() => message(bytes))(),
            closed: () => alive(closed)(),
          }),
    }
  }
}

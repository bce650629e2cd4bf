/** This device among others: which KUBEs it uses, MESH on them, and what of its own is known to be elsewhere. */
import type { Echo } from './echo/echo.js'
import type { Halo } from './halo/halo.js'
import { Mesh, type MeshEvents } from './mesh/mesh.js'
import type { Hosts } from './mesh/platform.js'
import { MeshIdentity } from './mesh-identity.js'
import { HearthError, toWire } from './protocol/errors.js'
import type { DeviceId, SpaceId } from './protocol/ids.js'
import type { SpaceSync, WorkerStatus } from './protocol/status.js'
import { SIGNAL_PATH } from './protocol/signal.js'
import { KUBES, type NetworkPlatform } from './network.js'
import { LocalReplicas } from './replicas.js'
import { Seen } from './seen.js'
import type { Keeping } from './keeping.js'
import type { Store } from './store.js'

/** The row of `meta` that says what others hold. */
const HELD = 'held'
/** The row of `meta` that says how often this device has begun to say what is not stored. */
const LIFE = 'life'
/** What others hold is kept so much later, in milliseconds: it is asked for again at every meeting anyway. */
const KEEP_MS = 2_000
/** How often it is looked whether what somebody waits for has come, in milliseconds. */
const LOOK_MS = 20

interface KubeRow {
  /** Its address: http: or https:, without a slash at the end. */
  readonly url: string
  /** Of this device's key for it. */
  readonly seed: Uint8Array
  /** By which its operator lets this device use it. */
  readonly pass?: Uint8Array
}
/** Of each space: up to which of its own entries, as this device, another one has them. */
type HeldRow = Readonly<Record<SpaceId, readonly [DeviceId, number]>>

export class Networking {
  readonly mesh: Mesh
  readonly identity: MeshIdentity
  readonly replicas: LocalReplicas
  /** Of which KUBEs keep what. */
  keeping: Pick<Keeping, 'has' | 'hasCaughtUp'> | undefined
  private readonly kubes = new Map<string, KubeRow>()
  private readonly held = new Map<SpaceId, number>()
  private readonly seen: Seen
  private cancelKeeping: (() => void) | undefined

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly halo: Halo,
    private readonly echo: Echo,
    /** Something that people see of it may be otherwise now. */
    readonly changed: () => void,
    ephemera: Pick<MeshEvents, 'greeting' | 'heard' | 'isAt' | 'gone'>,
    hosts: Hosts,
  ) {
    this.seen = new Seen(platform, store, (device) => halo.isOwn(device))
    const rowOf = (url: string) => [...this.kubes.values()].find((row) => signalUrl(row.url) === url)!
    const seedFor = (url: string) => rowOf(url).seed
    const passFor = (url: string) => rowOf(url).pass
    const events: MeshEvents = {
      ...ephemera,
      changed: () => {
        for (const { device } of this.mesh.connected) this.seen.met(device)
        changed()
      },
      gone: (device) => {
        this.seen.met(device)
        ephemera.gone(device)
      },
      held: (space, device, seq) => this.wasHeld(space, device, seq),
    }
    const life = async () => {
      const next = ((await store.get<number>('meta', LIFE)) ?? 0) + 1
      await store.write([{ table: 'meta', key: LIFE, put: next }], 'strict')
      return next
    }
    this.identity = new MeshIdentity(platform, halo, seedFor, passFor, life)
    this.replicas = new LocalReplicas(halo, echo)
    this.mesh = new Mesh(platform, this.identity, this.replicas, events, hosts)
  }

  /** Goes on with the KUBEs that were used before. @throws HearthError `store/…` */
  async resume(): Promise<void> {
    const [kubes = [], held = {}] = await Promise.all([
      this.store.get<readonly KubeRow[]>('meta', KUBES),
      this.store.get<HeldRow>('meta', HELD),
      this.seen.resume(),
    ])
    for (const [space, [device, seq]] of Object.entries(held))
      if (device === this.halo.device) this.held.set(space as SpaceId, seq)
    for (const row of kubes) this.kubes.set(row.url, row)
    this.mesh.use([...this.kubes.keys()].map(signalUrl))
  }

  /**
   * From now on these are used, too.
   * @param urls addresses of KUBEs @param passes by these, for those that are not for everybody
   * @throws HearthError `store/…`
   */
  async use(urls: readonly string[], passes: ReadonlyMap<string, Uint8Array> = new Map()): Promise<void> {
    const isNewTo = (url: string) =>
      passes.has(url) && passes.get(url)!.join() !== this.kubes.get(url)?.pass?.join()
    const fresh = urls.filter((url) => !this.kubes.has(url) || isNewTo(url))
    const known = fresh.filter((url) => this.kubes.has(url))
    for (const url of fresh) {
      const pass = passes.get(url)
      const row = this.kubes.get(url) ?? { url, seed: this.platform.random(32) }
      this.kubes.set(url, { ...row, ...(pass && { pass }) })
    }
    if (fresh.length > 0)
      await this.store.write([{ table: 'meta', key: KUBES, put: [...this.kubes.values()] }], 'strict')
    for (const url of known) this.mesh.again(signalUrl(url))
    this.mesh.use(urls.map(signalUrl))
    // The user waits for it.
    this.mesh.wake()
  }

  /** Where guests are to come to. @param kube as the page says, beside those at which this device is */
  addresses(kube: string | undefined): string[] {
    return [...new Set([...(kube === undefined ? [] : [kube]), ...this.kubes.keys()])].slice(0, 8)
  }

  get status(): Pick<WorkerStatus, 'peers' | 'links' | 'kube' | 'refusal' | 'sync'> {
    const { mesh, halo } = this
    const spaces = halo.spaces.map(({ id }): SpaceSync => ({
      ...{ space: id, ...mesh.with(id), pending: this.hasOthers(id) ? this.pendingIn(id) : 0 },
    }))
    const pending = spaces.reduce((sum, one) => sum + one.pending, 0)
    const refusal = mesh.refusal ?? mesh.limit
    const kube = !mesh.isUsed ? 'none' : mesh.isOnline ? 'connected' : 'away'
    return {
      ...{ peers: mesh.connected.length, links: mesh.connected, kube, sync: { pending, spaces } },
      ...(refusal && { refusal: toWire(refusal) }),
    }
  }

  /** When there was last a session with it: now, while there is one. */
  lastSeen(device: DeviceId): number | null {
    if (this.mesh.connected.some((one) => one.device === device)) this.seen.met(device)
    return this.seen.at(device)
  }

  /** Resolves when all that was written here so far is durable elsewhere. @throws HearthError `mesh/timeout`, `echo/unknown-space` */
  async synced(space: SpaceId, timeoutMs: number): Promise<void> {
    if (!this.halo.get(space)) throw new HearthError('echo/unknown-space')
    const end = this.platform.now() + timeoutMs
    let isSettled = false
    void this.echo.settled().then(() => (isSettled = true))
    await this.until(() => isSettled, end, timeoutMs)
    const own = this.ownSeq(space)
    // What counts no more, nobody else takes: it was refused, or it is written again.
    const waited = () => Math.min(own, this.echo.exchange.counted(space))
    await this.until(() => (this.held.get(space) ?? 0) >= waited(), end, timeoutMs)
  }

  /** Resolves when what somebody has of a space that was joined is here, or the time is over. */
  async caughtUp(space: SpaceId, timeoutMs: number): Promise<void> {
    const end = this.platform.now() + timeoutMs
    await this.until(() => this.hasCaughtUp(space), end, timeoutMs).catch(() => undefined)
  }

  /** Whether what some device or KUBE has of it is here. */
  hasCaughtUp(space: SpaceId): boolean {
    return this.mesh.hasCaughtUp(space) || !!this.keeping?.hasCaughtUp(space)
  }

  /** Whether another device of this identity is connected. */
  get isWithOwn(): boolean {
    return this.mesh.connected.some(({ device }) => this.halo.isOwn(device))
  }

  stop(): void {
    this.cancelKeeping?.()
    this.seen.stop()
    this.mesh.stop()
  }

  private async until(is: () => boolean, end: number, ms: number): Promise<void> {
    while (!is()) {
      if (this.platform.now() >= end) throw new HearthError('mesh/timeout', { ms })
      await new Promise<void>((resolve) => this.platform.later(resolve, LOOK_MS))
    }
  }

  private ownSeq(space: SpaceId): number {
    return this.echo.exchange.positions(space).get(this.halo.device) ?? 0
  }

  private pendingIn(space: SpaceId): number {
    return Math.max(0, this.echo.exchange.counted(space) - (this.held.get(space) ?? 0))
  }

  private hasOthers(space: SpaceId): boolean {
    return this.halo.get(space)!.log.state.devices.size > 1 || !!this.keeping?.has(space)
  }

  /** Up to `seq`, what a device has written is durable elsewhere, too. */
  wasHeld(space: SpaceId, device: DeviceId, seq: number): void {
    if (device !== this.halo.device || seq <= (this.held.get(space) ?? 0)) return
    this.held.set(space, seq)
    this.cancelKeeping ??= this.platform.later(() => {
      this.cancelKeeping = undefined
      const put = Object.fromEntries([...this.held].map(([id, n]) => [id, [this.halo.device, n]]))
      void this.store.write([{ table: 'meta', key: HELD, put }], 'relaxed').catch(() => undefined)
    }, KEEP_MS)
  }
}

export const signalUrl = (kube: string): string => kube.replace(/^http/, 'ws') + SIGNAL_PATH

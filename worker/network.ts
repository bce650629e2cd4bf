/**
 * The way to the network, which nobody takes before the user has first invited somebody, or joined something: until then none of what
 * it needs is loaded. From then on it is open at every opening.
 */
import type { Capsules } from './capsules.js'
import type { Echo } from './echo/echo.js'
import type { Appended } from './echo/keeper.js'
import { Ephemera } from './ephemera.js'
import type { Halo } from './halo/halo.js'
import type { HaloPlatform } from './halo/platform.js'
import { TabHosts } from './hosting.js'
import type { Invitations } from './invitations.js'
import type { MeshPlatform } from './mesh/platform.js'
import type { Joins } from './joins.js'
import type { Keeping } from './keeping.js'
import type { Networking } from './networking.js'
import { HearthError } from './protocol/errors.js'
import type { DeviceId, SpaceId } from './protocol/ids.js'
import type { HostInfo, InvitationState, JoinState } from './protocol/facts.js'
import type { OpenInvitation } from './protocol/session-api.js'
import type { WorkerStatus } from './protocol/status.js'
import type { Ephemeral } from './protocol/wire.js'
import type { OwnObjects } from './own-objects.js'
import type { Recovering } from './recovering.js'
import type { Reunion } from './reunion.js'
import type { Store } from './store.js'

export type NetworkPlatform = MeshPlatform & HaloPlatform

/** Rows of `meta`: the KUBEs that are used, and invitations that are open. */
export const KUBES = 'kubes'
export const INVITATIONS = 'invitations'
/** Changes come in groups; in milliseconds. */
const GATHER_MS = 50

/** What there is once it is open. */
export interface Opened {
  readonly networking: Networking
  readonly invitations: Invitations
  readonly keeping: Keeping
  readonly joins: Joins
  readonly recovering: Recovering
  readonly reunion: Reunion
}

export class Network {
  private opening: Promise<Opened> | undefined
  private opened: Opened | undefined
  /** Also while the network is not open: tabs of this device hear each other. */
  readonly ephemera: Ephemera
  /** Tabs in which direct links to other devices can be. */
  readonly hosts: TabHosts
  private readonly listeners = new Set<() => void>()
  private isGathering = false
  private isStopped = false

  constructor(
    private readonly platform: NetworkPlatform,
    private readonly store: Store,
    private readonly halo: Halo,
    private readonly echo: Echo,
    private readonly own: OwnObjects,
    private readonly capsules: Capsules,
    /** Where spaces are kept is otherwise now. */
    private readonly hostsChanged: () => Promise<void>,
  ) {
    this.hosts = new TabHosts(platform, () => this.opened?.networking.mesh.hostsChanged())
    this.ephemera = new Ephemera(platform, halo, {
      changed: () => this.changed(),
      send: (space, message) => this.opened?.networking.mesh.say(space, message),
    })
  }

  /** Opens it if it was used before. @throws HearthError `store/…` */
  async resume(): Promise<void> {
    if (await this.store.get('meta', KUBES)) await this.open()
  }

  /** @throws HearthError `store/…` */
  open(): Promise<Opened> {
    this.opening ??= this.start().catch((e: unknown) => {
      this.opening = undefined
      throw e
    })
    return this.opening
  }

  private async start(): Promise<Opened> {
    const { Networking, Invitations, HaloAdmitting, Keeping, Joins, Recovering, Reunion } =
      await import('./networking-parts.js')
    const { platform, store, halo, echo } = this
    const ephemera = {
      greeting: (space: SpaceId) => this.ephemera.all(space),
      heard: (space: SpaceId, device: DeviceId, message: Ephemeral) =>
        this.ephemera.hear(space, device, message),
      isAt: (space: SpaceId, device: DeviceId, present: readonly Ephemeral[]) =>
        this.ephemera.isAt(space, device, present),
      gone: (device: DeviceId) => this.ephemera.gone(device),
    }
    const networking = new Networking(platform, store, halo, echo, () => this.changed(), ephemera, this.hosts)
    const joins = new Joins(platform, () => this.changed())
    const admitting = new HaloAdmitting(platform, halo)
    const invitations = new Invitations(platform, store, networking, admitting, halo, joins)
    const keeping = new Keeping(
      ...([platform, store, halo, this.own, networking, this.capsules, this.hostsChanged] as const),
    )
    const reunion = new Reunion(platform, halo, this.capsules, networking, admitting)
    const recovering = new Recovering(
      ...([platform, store, halo, this.own, networking, keeping, joins, reunion] as const),
    )
    networking.keeping = keeping
    await networking.resume()
    await invitations.resume()
    await keeping.resume()
    this.opened = { networking, invitations, keeping, joins, recovering, reunion }
    reunion.refresh()
    await recovering.resume()
    if (this.isStopped) this.stop()
    return this.opened
  }

  /** Who is in what may be otherwise now. */
  refresh(): void {
    this.opened?.networking.mesh.refresh()
    this.opened?.keeping.refresh()
    this.opened?.invitations.refresh()
    this.opened?.reunion.refresh()
  }

  appended(space: SpaceId, entries: readonly Appended[], isOwn: boolean): void {
    this.opened?.networking.mesh.appended(space, entries, isOwn)
    this.opened?.keeping.appended(space, entries, isOwn)
    this.opened?.reunion.appended(space)
  }

  /** There is another checkpoint of it here. */
  checkpointed(space: SpaceId): void {
    this.opened?.networking.mesh.checkpointed(space)
    this.opened?.keeping.checkpointed(space)
  }

  get status(): Pick<WorkerStatus, 'peers' | 'links' | 'kube' | 'refusal' | 'sync'> {
    return (
      this.opened?.networking.status ?? {
        ...{ peers: 0, links: [], kube: 'none', sync: { pending: 0, spaces: [] } },
      }
    )
  }

  /** The KUBEs that keep a space, as far as the network is open. */
  keepersOf(space: SpaceId): HostInfo[] {
    return this.opened?.keeping.of(space) ?? []
  }

  /** Their addresses. */
  urlsOf(space: SpaceId): readonly string[] {
    return this.opened?.keeping.urlsOf(space) ?? []
  }

  /** In milliseconds since 1970; null, if that is not known, as before the network was opened. */
  lastSeen(device: DeviceId): number | null {
    return this.opened?.networking.lastSeen(device) ?? null
  }

  /** @throws HearthError `halo/invite-unknown`, `store/…` */
  async openInvitation(space: SpaceId | null): Promise<OpenInvitation> {
    // Who has used no KUBE has invited nobody, and none of the network is loaded to say so.
    if (!(await this.store.get('meta', KUBES))) throw new HearthError('halo/invite-unknown')
    return (await this.open()).invitations.open(space)
  }

  stateOf(invitation: string): InvitationState | undefined {
    return this.opened?.invitations.stateOf(invitation)
  }

  joinOf(id: string): JoinState | undefined {
    return this.opened?.joins.stateOf(id)
  }

  /** @returns ends it */
  onChange(run: () => void): () => void {
    this.listeners.add(run)
    return () => this.listeners.delete(run)
  }

  /** Nobody waits any longer to try again, or for an answer that cannot come. */
  hasNetwork(isThere: boolean): void {
    if (isThere) this.opened?.networking.mesh.wake()
    else this.opened?.networking.mesh.cut()
  }

  /** Everybody is left at once, and nobody looked for any more. */
  stop(): void {
    this.isStopped = true
    this.opened?.invitations.stop()
    this.opened?.joins.stop()
    this.opened?.recovering.stop()
    this.opened?.reunion.stop()
    this.opened?.keeping.stop()
    this.opened?.networking.stop()
  }

  private changed(): void {
    if (this.isGathering) return
    this.isGathering = true
    this.platform.later(() => {
      this.isGathering = false
      for (const run of this.listeners) run()
    }, GATHER_MS)
  }
}

/** The spaces of this device as MESH needs them: each one's log from HALO, and its feeds from ECHO. */
import type { Echo } from './echo/echo.js'
import type { Halo } from './halo/halo.js'
import type { HaloSpace } from './halo/space.js'
import type { Arriving, Checkpoint, Holding, Meeting, Replica, Replicas } from './mesh/platform.js'
import { HearthError } from './protocol/errors.js'
import { toBase64Url, type DeviceId, type SpaceId } from './protocol/ids.js'
import type { CheckpointWish } from './protocol/wire.js'

export class LocalReplicas implements Replicas {
  private readonly known = new Map<SpaceId, LocalReplica>()

  constructor(
    private readonly halo: Halo,
    private readonly echo: Echo,
  ) {}

  /**
   * Those that can be named: a key may be on its way. Also those that were left: this device is in them no more, and tells whoever has
   * not heard.
   */
  get all(): readonly LocalReplica[] {
    return [...this.halo.spaces, ...this.halo.departed].filter(canBeNamed).map((space) => this.of(space))
  }

  get(ref: Uint8Array): LocalReplica | undefined {
    const name = toBase64Url(ref)
    return this.all.find((replica) => toBase64Url(replica.ref) === name)
  }

  takesFrom(device: DeviceId): boolean {
    return this.halo.devices.some(({ id, revoked }) => id === device && !revoked)
  }

  async join(entries: readonly Uint8Array[]): Promise<void> {
    await this.halo.admissions.join(entries)
  }

  private of(space: HaloSpace): LocalReplica {
    const known = this.known.get(space.id)
    if (known?.halo === space) return known
    const replica = new LocalReplica(space, this.halo, this.echo)
    this.known.set(space.id, replica)
    return replica
  }
}

export class LocalReplica implements Replica {
  readonly space: SpaceId
  readonly ref: Uint8Array

  constructor(
    readonly halo: HaloSpace,
    private readonly home: Halo,
    private readonly echo: Echo,
  ) {
    this.space = halo.id
    this.ref = halo.replica()
  }

  get meetings(): readonly Meeting[] {
    return this.halo.meetings()
  }

  isIn(device: DeviceId): boolean {
    if (!this.isHere && device === this.home.device) return false
    return this.halo.log.state.devices.has(device)
  }

  isOfMembers({ topic }: Meeting): boolean {
    return this.isHere && this.halo.isOfMembers(topic)
  }

  get heads(): readonly string[] {
    return this.halo.heads
  }

  logSince(heads: readonly string[]): readonly Uint8Array[] {
    return this.halo.log.since(heads)
  }

  farewell(device: DeviceId, heads: readonly string[]): readonly Uint8Array[] {
    return this.halo.log.farewell(device, heads)
  }

  /** It was not left. */
  private get isHere(): boolean {
    return this.home.get(this.space) !== undefined
  }

  async takeLog(entries: readonly Uint8Array[]): Promise<void> {
    if (!this.isHere) return
    await this.home.admissions.receive(this.space, entries)
  }

  holdings(): Promise<ReadonlyMap<DeviceId, Holding>> {
    return this.echo.exchange.holdings(this.space)
  }

  durable(): Promise<void> {
    return this.echo.exchange.durable()
  }

  get positions(): ReadonlyMap<DeviceId, number> {
    return this.echo.exchange.positions(this.space)
  }

  get counted(): ReadonlyMap<DeviceId, number> {
    const { device } = this.home
    const { positions } = this
    return positions.has(device)
      ? new Map([...positions, [device, this.echo.exchange.counted(this.space)]])
      : positions
  }

  lackedBy(theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    return this.echo.exchange.lackedBy(this.space, theirs)
  }

  wanted(): Promise<readonly string[]> {
    return this.echo.exchange.wanted(this.space)
  }

  named(names: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.echo.exchange.entriesNamed(this.space, names)
  }

  async receive(entries: readonly Uint8Array[]): Promise<void> {
    await this.echo.exchange.receive(this.space, entries)
  }

  // Checkpoints

  get wish(): CheckpointWish {
    return this.echo.checkpoints.wish(this.space)
  }

  get checkpoint(): Checkpoint | undefined {
    const base = this.echo.checkpoints.of(this.space)
    return (
      base && { id: base.head.id, head: base.bytes, covers: base.covers, pieces: base.head.pieces.length }
    )
  }

  get floors(): ReadonlyMap<DeviceId, number> {
    const bare = this.echo.checkpoints.bareUpTo(this.space)
    return new Map([...bare].map(([feed, seq]) => [feed, seq + 1]))
  }

  piece(checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    return this.echo.checkpoints.piece(this.space, checkpoint, n)
  }

  begin(head: Uint8Array): Promise<Arriving | undefined> {
    return this.echo.checkpoints.begin(this.space, head)
  }
}

function canBeNamed(space: HaloSpace): boolean {
  try {
    return space.replica().length > 0
  } catch (e) {
    if ((e as HearthError).code === 'halo/key-missing') return false
    throw e
  }
}

/** Checkpoints of the spaces of this device: made when there is much that none stands for, taken from others, and given to them. */
import type { DeviceId, SpaceId } from '../../protocol/ids.js'
import type { CheckpointWish } from '../../protocol/wire.js'
import type { Store } from '../../store.js'
import type { Gate } from '../gate.js'
import type { EchoPlatform } from '../platform.js'
import type { Receiving } from '../receiving.js'
import type { Space } from '../space.js'
import type { Syncing } from '../syncing.js'
import { Arrivals, type Coming } from './arrivals.js'
import { bareUpTo, isWanting } from './bare.js'
import type { Base } from './base.js'
import type { Covering } from './covering.js'
import { Renewals } from './renewals.js'

export class Checkpoints {
  private readonly arrivals: Arrivals
  private readonly renewals: Renewals

  constructor(
    platform: EchoPlatform,
    store: Store,
    private readonly spaces: ReadonlyMap<SpaceId, Space>,
    receiving: Receiving,
    syncing: Syncing,
    gate: Gate,
    covering: Omit<Covering, 'isHere'>,
  ) {
    const all: Covering = { ...covering, isHere: (space) => this.spaces.get(space.id) === space }
    this.arrivals = new Arrivals(platform, store, receiving, syncing, gate, all)
    this.renewals = new Renewals(platform, store, receiving, gate, all)
  }

  of(id: SpaceId): Base | undefined {
    return this.spaces.get(id)?.base
  }

  /** What this device would do with another one: it is better than entries where nothing of others is here. */
  wish(id: SpaceId): CheckpointWish {
    const space = this.spaces.get(id)
    if (!space) return 'gaps'
    if ([...space.feeds.keys()].every((feed) => feed === space.device)) return 'instead'
    return isWanting(space) ? 'latest' : 'gaps'
  }

  /** Of feeds, the last entry that can go to others by a checkpoint only. */
  bareUpTo(id: SpaceId): ReadonlyMap<DeviceId, number> {
    const space = this.spaces.get(id)
    return space ? bareUpTo(space) : new Map()
  }

  /** @returns undefined if that one is here no more @throws HearthError `store/…` */
  async piece(id: SpaceId, checkpoint: string, n: number): Promise<Uint8Array | undefined> {
    const base = this.of(id)
    return base?.head.id === checkpoint ? base.piece(n) : undefined
  }

  /** As `Arrivals`. */
  async begin(id: SpaceId, head: Uint8Array): Promise<Coming | undefined> {
    const space = this.spaces.get(id)
    return space && this.arrivals.begin(space, head)
  }

  /** More is here: one may be due. */
  look(space: Space): void {
    this.renewals.look(space)
  }

  /** What is to be kept is otherwise now, and a checkpoint says so. */
  lookAgain(id: SpaceId): void {
    const space = this.spaces.get(id)
    if (space) this.renewals.lookAgain(space)
  }

  stop(): void {
    this.renewals.stop()
  }
}

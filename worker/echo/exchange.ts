/** What devices tell each other of a space's feeds, and what is known of entries that are not applied. */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { Store } from '../store.js'
import type { Asides } from './asides.js'
import type { Gate } from './gate.js'
import type { FeedPosition } from './keeper.js'
import type { Receiving } from './receiving.js'
import type { Space } from './space.js'

/** What came of entries from elsewhere. */
export interface Received {
  /** Not here before. */
  readonly fresh: number
  /** No entries of this space, or by nobody who they say: nothing of them was kept. */
  readonly refused: number
}

export class Exchange {
  constructor(
    private readonly store: Store,
    private readonly spaces: ReadonlyMap<SpaceId, Space>,
    private readonly receiving: Receiving,
    private readonly gate: Gate,
    private readonly asides: Asides,
  ) {}

  /**
   * Entries of other devices, from whoever had them.
   * @throws HearthError `echo/unknown-space`, `halo/key-missing`, `store/…`
   */
  async receive(id: SpaceId, entries: readonly Uint8Array[]): Promise<Received> {
    const space = this.spaces.get(id)
    if (!space) throw new HearthError('echo/unknown-space')
    // Signatures can be checked while others are applied.
    const checked = await this.receiving.check(space, entries)
    const receiving = this.gate.run(() => this.receiving.receive(space, checked))
    const fresh = await receiving.finally(() => this.asides.look(space))
    return { fresh, refused: entries.length - checked.length }
  }

  /** Who is in what may have changed: entries may count now, or not any more. @throws HearthError `store/…` */
  async rejudge(): Promise<void> {
    for (const space of [...this.spaces.values()]) {
      await this.gate.run(() => this.receiving.rejudge(space))
      this.asides.look(space)
    }
  }

  /** Entries of a feed after a position, as they are passed on. @throws HearthError `store/…` */
  async entriesOf(space: SpaceId, feed: DeviceId, after = 0): Promise<Uint8Array[]> {
    const rows = await this.store.rows<Uint8Array>('entries', [space, feed], after)
    return rows.map(({ value }) => value)
  }

  /** How far the feeds of a space have come here. */
  feedsOf(space: SpaceId): ReadonlyMap<DeviceId, number> {
    const feeds = this.spaces.get(space)?.feeds ?? []
    return new Map([...feeds].map(([device, { seq }]) => [device, seq]))
  }

  /** How far a device's feed has come here, for whoever ends it. @throws HearthError `store/…` */
  async cutOf(id: SpaceId, device: DeviceId): Promise<FeedPosition> {
    const space = this.spaces.get(id)
    if (!space?.feeds.has(device)) return { seq: 0, hash: null, heads: [] }
    const { seq, hash, heads } = (await this.receiving.of(space)).judge.cutOf(device)
    return { seq, hash, heads }
  }
}

/** What devices tell each other of a space's feeds, and what is known of entries that are not applied. */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { Store } from '../store.js'
import type { Asides } from './asides.js'
import type { Gate } from './gate.js'
import type { FeedPosition } from './keeper.js'
import type { Checked, Receiving } from './receiving.js'
import type { Space } from './space.js'

/** What came of entries from elsewhere. */
export interface Received {
  /** Not here before. */
  readonly fresh: number
  /** No entries of this space, or by nobody who they say: nothing of them was kept. */
  readonly refused: number
}

export class Exchange {
  /** Of each space, what waits for its turn. */
  private readonly gathering = new Map<Space, { list: Checked[]; taken: Promise<ReadonlySet<Checked>> }>()

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
    // Signatures are checked while others are applied.
    const checked = await this.receiving.check(space, entries)
    const taken = await this.gather(space, checked).finally(() => this.asides.look(space))
    const fresh = checked.filter((one) => taken.has(one)).length
    return { fresh, refused: entries.length - checked.length }
  }

  /** What comes while others are applied is applied together: one strict transaction costs as much as hundreds of entries. */
  private gather(space: Space, checked: readonly Checked[]): Promise<ReadonlySet<Checked>> {
    let next = this.gathering.get(space)
    if (!next) {
      const list: Checked[] = []
      const taken = this.gate.run(() => {
        this.gathering.delete(space)
        return this.receiving.receive(space, list)
      })
      this.gathering.set(space, (next = { list, taken }))
    }
    next.list.push(...checked)
    return next.taken
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

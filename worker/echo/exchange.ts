/** What devices tell each other of a space's feeds, and what is known of entries that are not applied. */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { Store } from '../store.js'
import { hashText } from './hash-text.js'
import type { Asides } from './asides.js'
import { bareUpTo } from './checkpoints/bare.js'
import { isSealed, readStored, type StoredEntry } from './bare-entry.js'
import type { Gate } from './gate.js'
import type { FeedPosition } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import type { Checked } from './applying.js'
import type { Receiving } from './receiving.js'
import { deviceOf, type Space } from './space.js'
import type { Syncing } from './syncing.js'

/** What came of entries from elsewhere. */
export interface Received {
  /** Not here before. */
  readonly fresh: number
  /** No entries of this space, or by nobody who they say: nothing of them was kept. */
  readonly refused: number
}

/** How far a feed has come with somebody. */
export interface Holding {
  readonly seq: number
  /** Id of the entry there; null where that cannot be told. */
  readonly head: string | null
  /** Where two have written as this device: ids of the entries in that one place, in order. */
  readonly rivals?: readonly string[]
}

/** What is taken in one go, about: what tabs have written waits for it to be durable, though not to be shown. */
const MOST_TOGETHER = 1024
const MOST_BYTES = 4 << 20

/** What waits for its turn. */
interface Gathered {
  readonly list: Checked[]
  bytes: number
  readonly taken: Promise<ReadonlySet<Checked>>
}

/** Entries that are read in one go, to be passed on. */
const TOGETHER = 128

/** Entries of a feed that come along with one that was asked for by name, at most. */
const BEFORE = 64

export class Exchange {
  /** Of each space, what waits for its turn. */
  private readonly gathering = new Map<Space, Gathered>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly spaces: ReadonlyMap<SpaceId, Space>,
    private readonly receiving: Receiving,
    private readonly gate: Gate,
    private readonly asides: Asides,
    private readonly syncing: Syncing,
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
    if (!next || next.list.length >= MOST_TOGETHER || next.bytes >= MOST_BYTES) {
      const list: Checked[] = []
      const taken = this.gate.run(() => {
        if (this.gathering.get(space)?.list === list) this.gathering.delete(space)
        return this.receiving.receive(space, list)
      })
      this.gathering.set(space, (next = { list, bytes: 0, taken }))
    }
    next.list.push(...checked)
    next.bytes += checked.reduce((sum, { bytes }) => sum + bytes.length, 0)
    return next.taken
  }

  /** Who is in what may have changed: entries may count now, or not any more. @throws HearthError `store/…` */
  async rejudge(): Promise<void> {
    for (const space of [...this.spaces.values()]) {
      await this.gate.run(() => this.receiving.rejudge(space))
      this.asides.look(space)
    }
  }

  /** Resolves when all that was received so far is durable: it is shown before. @throws HearthError `store/…` */
  durable(): Promise<void> {
    return this.syncing.sync()
  }

  /** How far each feed has come here. */
  positions(id: SpaceId): ReadonlyMap<DeviceId, number> {
    const space = this.spaces.get(id)
    return new Map(space && feedsOf(space).map(([device, { seq }]) => [device, seq]))
  }

  /** How far this device has written what counts: others do not take what comes after it, unless it is let in again. */
  counted(id: SpaceId): number {
    const space = this.spaces.get(id)
    let seq = space?.seq ?? 0
    while (space?.aside.has(seq)) seq--
    return seq
  }

  /** What this device has of a space, for others to answer by `lackedBy`. @throws HearthError `store/…` */
  async holdings(id: SpaceId): Promise<ReadonlyMap<DeviceId, Holding>> {
    const space = this.spaces.get(id)
    if (!space) return new Map()
    const forks = await this.forksOf(space)
    const feeds = feedsOf(space).map(([device, { seq, head }]): [DeviceId, Holding] => {
      const rivals = forks.get(device)
      return [device, { seq, head: head && hashText(head), ...(rivals && { rivals }) }]
    })
    return new Map(feeds)
  }

  /**
   * Entries that somebody lacks who holds this, in portions, feed by feed, each after the one before. Of a feed that is forked, and of which they do
   * not know it, also the entries that show it.
   * @throws HearthError `store/…`
   */
  async *lackedBy(id: SpaceId, theirs: ReadonlyMap<DeviceId, Holding>): AsyncGenerator<Uint8Array[]> {
    const space = this.spaces.get(id)
    if (!space) return
    const forks = await this.forksOf(space)
    for (const [device, { seq }] of feedsOf(space)) {
      const their = theirs.get(device) ?? { seq: 0, head: null }
      const isOther = their.seq <= seq && (await this.isOther(id, device, their))
      // What is before that can be given by a checkpoint only.
      const bare = bareUpTo(space).get(device) ?? 0
      yield* this.portions(space, device, Math.max(bare, isOther ? their.seq - 1 : their.seq))
      const rivals = forks.get(device)
      if (!rivals || rivals.join() === their.rivals?.join()) continue
      const shown = (await Promise.all(rivals.map((rival) => this.entry(space, rival)))).flatMap(
        (one) => one ?? [],
      )
      if (shown.length > 0) yield shown
    }
  }

  /** Whether they have another entry than this device where they say that they are. */
  private async isOther(space: SpaceId, device: DeviceId, { seq, head }: Holding): Promise<boolean> {
    if (head === null) return false
    const bytes = await this.store.get<unknown>('entries', [space, device, seq])
    const own = await readStored(bytes, (b) => this.platform.sha256(b)).catch(() => undefined)
    return !!own && hashText(own.id) !== head
  }

  /** Ids of entries without which others that are here cannot be judged. @throws HearthError `store/…` */
  async wanted(id: SpaceId): Promise<readonly string[]> {
    const space = this.spaces.get(id)
    if (!space || space.keeper.feeds.every((feed) => feed === space.device)) return []
    return (await this.receiving.of(space)).judge.waiting().entries
  }

  /** Of these entries, those that are here, and of each feed some that come before. @throws HearthError `store/…` */
  async entriesNamed(id: SpaceId, names: readonly string[]): Promise<Uint8Array[]> {
    const space = this.spaces.get(id)
    const found: Uint8Array[] = []
    if (!space) return found
    const seen = new Set<string>()
    let size = 0
    for (const name of names)
      for (let next: string | null = name, n = 0; next !== null && n < BEFORE; n++) {
        // Names are short, and what has them may be large; the rest is asked for again.
        // defence: named-in-portions
        if (size >= MOST_BYTES) return found.reverse()
        // defence: named-once
        if (seen.has(next)) break
        seen.add(next)
        const bytes: Uint8Array | undefined = await this.entry(space, next)
        if (!bytes) break
        found.push(bytes)
        size += bytes.length
        const { prev }: StoredEntry = await readStored(bytes, (b) => this.platform.sha256(b))
        next = prev && hashText(prev)
      }
    return found.reverse()
  }

  /** Whether it counts or not. */
  private async entry(space: Space, id: string): Promise<Uint8Array | undefined> {
    const stray = await this.store.get<Uint8Array>('strays', [space.id, id])
    const place = stray ? undefined : (await this.receiving.of(space)).placeOf(id)
    const bytes = place ? await this.store.get<Uint8Array>('entries', [space.id, place.at, place.n]) : stray
    // A bare one says nothing to others.
    return bytes && isSealed(bytes) ? bytes : undefined
  }

  /** By device, ids of the entries in one place of its feed. */
  private async forksOf(space: Space): Promise<ReadonlyMap<DeviceId, readonly string[]>> {
    const isForked = this.asides.forks.some((fork) => fork.space === space.id)
    const feeds = await (isForked ? this.receiving.of(space) : this.receiving.known(space))
    return new Map(feeds?.judge.forks().map(({ feed, entries }) => [feed, entries]))
  }

  /** Entries of a feed after a position, as they are passed on. @throws HearthError `store/…` */
  async entriesOf(space: SpaceId, feed: DeviceId, after = 0): Promise<Uint8Array[]> {
    const rows = await this.store.rows<Uint8Array>('entries', [space, feed], after)
    return rows.map(({ value }) => value)
  }

  private async *portions(space: Space, feed: DeviceId, after: number): AsyncGenerator<Uint8Array[]> {
    for (let from = after; ;) {
      const rows = await this.store.rows<Uint8Array>('entries', [space.id, feed], from, TOGETHER)
      const lastBare = rows.filter(({ value }) => !isSealed(value)).at(-1)
      // Of an earlier life.
      if (lastBare) space.bare.set(feed, (lastBare.key as readonly [string, string, number])[2])
      else if (rows.length > 0) yield rows.map(({ value }) => value)
      if (rows.length < TOGETHER) return
      from = (rows.at(-1)!.key as readonly [string, string, number])[2]
    }
  }

  /** How far a device's feed has come here, for whoever ends it. @throws HearthError `store/…` */
  async cutOf(id: SpaceId, device: DeviceId): Promise<FeedPosition> {
    const space = this.spaces.get(id)
    if (!space?.feeds.has(device)) return { seq: 0, hash: null, heads: [] }
    const { seq, hash, heads } = (await this.receiving.of(space)).judge.cutOf(device)
    return { seq, hash, heads }
  }
}

/** What of a feed is stored as a branch of it is asked for by name. */
const feedsOf = ({ feeds }: Space) => [...feeds].filter(([at]) => deviceOf(at) === at)

/** A checkpoint that is here whole: what it says of entries and objects, and the entries that it stands for, made again. */
import { fromBase64Url, type DeviceId, type ObjectId, type SpaceId } from '../../protocol/ids.js'
import type { Store, Write } from '../../store.js'
import { encodeBare } from '../bare-entry.js'
import type { Creation } from '../documents/creation.js'
import { unpackHistory } from '../documents/history.js'
import type { Entry, EntryChanges, EntryCreation } from '../entry.js'
import type { JudgedHeader, Keeper } from '../keeper.js'
import type { CheckpointHead } from './head.js'
import { openPiece, type CoveredObject, type FeedPiece } from './pieces.js'

/** A row of `checkpoints`; its pieces are rows of `pieces`. */
export interface BaseRow {
  readonly head: Uint8Array
  /** Of each piece of objects, the id of its first one; null for one of a feed. */
  readonly firsts: readonly (ObjectId | null)[]
  /** Of feeds, up to which entry they are not here as they came: none, if all are. */
  readonly gone: readonly (readonly [feed: DeviceId, seq: number])[]
  /** Those that are gone are here bare, for something has to look at each. */
  readonly isUnpacked: boolean
}

/** Entries that are written in one transaction. */
const TOGETHER = 1024

/** Where its pieces are. */
export interface Pieces {
  get(n: number): Promise<Uint8Array | undefined>
}

/** Those of a space, once it is here whole. */
export const storedPieces = (store: Store, space: SpaceId): Pieces => ({
  get: (n) => store.get<Uint8Array>('pieces', [space, n]),
})

/** What it needs of the space that it is of. */
export interface OfSpace {
  readonly id: SpaceId
  readonly keeper: Keeper
  readonly base: Base | undefined
}

export class Base {
  readonly covers: ReadonlyMap<DeviceId, number>
  private lastPiece: { readonly n: number; readonly objects: readonly CoveredObject[] } | undefined
  private unpacking: Promise<void> | undefined

  constructor(
    private readonly pieces: Pieces,
    private readonly space: OfSpace,
    readonly head: CheckpointHead,
    private row: BaseRow,
  ) {
    this.covers = new Map(head.covers.map(({ feed, seq }) => [feed, seq]))
  }

  get bytes(): Uint8Array {
    return this.row.head
  }

  /** Whether there are entries of which nothing but this says what they were. */
  get standsAlone(): boolean {
    return this.row.gone.length > 0 && !this.row.isUnpacked
  }

  /** Of feeds, up to which entry they are not here as they came. */
  get gone(): ReadonlyMap<DeviceId, number> {
    return new Map(this.row.gone)
  }

  /** Its row, once no entry that it stands for is here. */
  get alone(): BaseRow {
    const gone = this.head.covers.map(({ feed, seq }) => [feed, seq] as const)
    return { ...this.row, gone, isUnpacked: false }
  }

  /** As it goes to others. @throws HearthError `store/…` */
  piece(n: number): Promise<Uint8Array | undefined> {
    return this.pieces.get(n)
  }

  /** Of all entries that it stands for, feed by feed. @throws Error, HearthError `store/…`, `halo/key-missing` */
  async *headers(): AsyncGenerator<JudgedHeader> {
    for await (const [entry] of this.covered()) yield entry
  }

  /** What an object began as; undefined for one that it knows nothing of. @throws as `headers` */
  async creationOf(id: ObjectId): Promise<Creation | undefined> {
    let n = -1
    for (const [i, first] of this.row.firsts.entries()) if (first !== null && first <= id) n = i
    const object = (n < 0 ? [] : await this.objectsIn(n)).find((one) => one.id === id)
    return object && { id, type: object.type, value: object.value }
  }

  async *objects(): AsyncGenerator<CoveredObject> {
    for (const [n, first] of this.row.firsts.entries()) if (first !== null) yield* await this.objectsIn(n)
  }

  /**
   * The entries that it stands for, without what sealed them, in order of each feed.
   * @throws as `headers`
   */
  async *entries(isWanted: (feed: DeviceId, seq: number) => boolean): AsyncGenerator<Entry> {
    const creations = new Map<string, [index: number, EntryCreation][]>()
    const changes = new Map<string, Map<ObjectId, Uint8Array[]>>()
    for await (const { id, type, value, feed, seq, index, history } of this.objects()) {
      if (isWanted(feed, seq)) listAt(creations, `${feed}/${seq}`).push([index, [id, type, value]])
      for (const { feed: by, seq: at, change } of history ? unpackHistory(history) : []) {
        if (!isWanted(by, at)) continue
        const key = `${by}/${at}`
        const objects = changes.get(key) ?? new Map<ObjectId, Uint8Array[]>()
        changes.set(key, objects)
        listAt(objects, id).push(change)
      }
    }
    for await (const [{ id, feed, seq, prev, heads, deps, epochs }, { lamport, at }] of this.covered()) {
      if (!isWanted(feed, seq)) continue
      const key = `${feed}/${seq}`
      const made = (creations.get(key) ?? []).sort(([a], [b]) => a - b).map(([, creation]) => creation)
      const done: EntryChanges[] = [...(changes.get(key) ?? [])]
      yield {
        ...{ replica: this.head.replica, feed, seq, heads, deps, epochs, lamport, at },
        ...{
          id: fromBase64Url(id),
          prev: prev === null ? null : fromBase64Url(prev),
          creations: made,
          changes: done,
        },
      }
    }
  }

  /**
   * Makes the entries rows of the store, where something has to look at each: then everything is as if they had come one by one, but that
   * they go to nobody.
   * @throws as `headers`
   */
  unpack(store: Store): Promise<void> {
    if (!this.standsAlone) return Promise.resolve()
    return (this.unpacking ??= this.unpackNow(store).finally(() => (this.unpacking = undefined)))
  }

  private async unpackNow(store: Store): Promise<void> {
    const { id } = this.space
    const { gone } = this
    let writes: Write[] = []
    for await (const entry of this.entries((feed, seq) => seq <= (gone.get(feed) ?? 0))) {
      writes.push({ table: 'entries', key: [id, entry.feed, entry.seq], put: encodeBare(entry) })
      if (writes.length < TOGETHER) continue
      await store.write(writes, 'relaxed')
      writes = []
    }
    await store.write(writes, 'relaxed')
    // Another one may have taken its place meanwhile, and says itself what is here.
    if (this.space.base !== this) return
    this.row = { ...this.row, isUnpacked: true }
    await store.write([{ table: 'checkpoints', key: [id], put: this.row }], 'strict')
  }

  private async objectsIn(n: number): Promise<readonly CoveredObject[]> {
    if (this.lastPiece?.n !== n) {
      const body = await this.open(n)
      this.lastPiece = { n, objects: body.t === 'objects' ? body.objects : [] }
    }
    return this.lastPiece.objects
  }

  private async *covered(): AsyncGenerator<
    readonly [JudgedHeader, { readonly lamport: number; readonly at: number }]
  > {
    let last: { readonly feed: DeviceId; readonly id: string } | undefined
    for (const [n, first] of this.row.firsts.entries()) {
      if (first !== null) continue
      const { feed, first: from, entries } = (await this.open(n)) as FeedPiece
      for (const [i, { id, heads, deps, epochs, lamport, at }] of entries.entries()) {
        const prev: string | null = last?.feed === feed ? last.id : null
        last = { feed, id }
        yield [
          { id, feed, seq: from + i, prev, heads, deps, epochs },
          { lamport, at },
        ]
      }
    }
  }

  private async open(n: number) {
    const { replica, epochs } = this.head
    const bytes = await this.piece(n)
    if (!bytes) throw new Error(`piece ${n} of a checkpoint is missing`)
    return openPiece(this.space.keeper, replica, epochs, n, bytes)
  }
}

function listAt<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key)
  if (known) return known
  const list: V[] = []
  lists.set(key, list)
  return list
}

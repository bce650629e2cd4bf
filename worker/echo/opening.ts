/**
 * The first reads of a store: all that is needed before a tab can be let in, in two goes. What they read does not grow
 * with what is stored, but with what was written since pages were, and with the spaces. `loading.ts` reads the rest.
 */
import { fromBase64Url, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Damage } from '../protocol/status.js'
import { hashText } from './hash-text.js'
import { ASIDES, type Aside } from './asides.js'
import { FORMER, type Former } from './former.js'
import { TAILS, type Tail } from './tails.js'
import { PAGE_VERSION, type PageRow, type Position } from './page-writer.js'
import type { Mark } from './commit.js'
import type { Documents } from './documents.js'
import { readStored, type StoredEntry } from './bare-entry.js'
import { Base, storedPieces, type BaseRow } from './checkpoints/base.js'
import { readHead } from './checkpoints/head.js'
import { Loading } from './loading.js'
import { isJournalRow, type JournalRow } from './journal.js'
import type { Keeper } from './keeper.js'
import type { Layout } from './pages.js'
import type { EchoPlatform } from './platform.js'
import type { Key, Store } from '../store.js'
import { Recovery } from './recovery.js'
import { deviceOf, Space, type FeedHead } from './space.js'

/** Marks of clients that have not written for so long are forgotten, in milliseconds. */
const MARK_MS = 7 * 24 * 3600_000

export interface Heads {
  /** What the pages of a space stand for. */
  readonly positions: ReadonlyMap<SpaceId, Position>
  /** Of each space, by number. */
  readonly journal: ReadonlyMap<SpaceId, ReadonlyMap<number, JournalRow>>
  readonly marks: ReadonlyMap<ClientId, Mark>
  /** Clients whose marks are forgotten. */
  readonly stale: readonly ClientId[]
  readonly damage: readonly Damage[]
  readonly asides: readonly Aside[]
  readonly former: readonly Former[]
  readonly tails: readonly Tail[]
  readonly bases: ReadonlyMap<SpaceId, BaseRow>
}

/** What a space that is being opened tells. */
export interface OpeningEvents {
  damage(damage: Damage): void
  /** The store has this object. */
  found(id: ObjectId): void
  /** More of the space is here. */
  came(records: readonly ObjectRecord[]): void
  /** All of it is here. */
  ended(space: Space): void
}

/** The first go. */
export async function readHeads(store: Store, platform: EchoPlatform): Promise<Heads> {
  const [lost, asides, former, tails, marks, positions, journal, bases] = await Promise.all([
    store.get<string>('meta', 'lost'),
    store.get<readonly Aside[]>('meta', ASIDES),
    store.get<readonly Former[]>('meta', FORMER),
    store.get<readonly Tail[]>('meta', TAILS),
    store.rows<Mark>('marks'),
    store.rows<Position>('positions'),
    store.rows<unknown>('journal'),
    store.rows<BaseRow>('checkpoints'),
  ])
  const since = platform.now() - MARK_MS
  return {
    positions: new Map(positions.flatMap(({ key, value }) => positionOf(key, value))),
    journal: bySpace(journal),
    marks: new Map(
      marks.filter(({ value }) => value.at > since).map(({ key, value }) => [client(key), value]),
    ),
    stale: marks.filter(({ value }) => !(value.at > since)).map(({ key }) => client(key)),
    damage: await lossOf(store, lost),
    asides: asides ?? [],
    former: former ?? [],
    tails: tails ?? [],
    bases: new Map(bases.map(({ key, value }) => [key[0] as SpaceId, value])),
  }
}

/**
 * The second go: what follows the position, and the first pages. When it resolves, the space can be used.
 */
export async function openSpace(
  platform: EchoPlatform,
  store: Store,
  documents: Documents,
  heads: Heads,
  keeper: Keeper,
  events: OpeningEvents,
): Promise<Space> {
  const space = new Space(keeper)
  for (const { device, written } of heads.former)
    for (const [id, seq] of written) if (id === space.id) space.former.set(device, seq)
  const position = heads.positions.get(space.id)
  const { applied = 0, feeds = [], lamport = 0, judged } = position ?? {}
  Object.assign(space, { applied, lamport, judged })
  await openBase(platform, store, space, heads, new Map(feeds.map(([device, seq]) => [device, seq])))
  for (const [device, last, lastHead] of feeds) {
    const { seq, head } = await lastOf(platform, store, space, device, { seq: last, head: lastHead })
    space.feeds.set(device, { seq, head })
    // Whether this device has written since it applied that, nobody remembers: it may say so once more.
    if (deviceOf(device) !== space.device && head) space.fresh.set(device, hashText(head))
  }
  const known = position?.layout
  const { layout, rows } = known ? { layout: known, rows: undefined } : await readOldPages(store, space.id)
  space.pages.expect(layout)
  const { damage, found } = events
  const recovery = new Recovery(platform, store, documents, damage, found, space)
  const loading = new Loading(
    ...[store, recovery, layout],
    {
      came: (records) => events.came(records),
      ended() {
        space.loading = undefined
        // Its position has no layout: the pages that are written next bring one.
        if (!known && layout.lows.length > 0) space.pages.touch(0)
        events.ended(space)
      },
    },
    rows,
  )
  loading.begin()
  const reading = ownStrays(platform, store, space)
  await recovery.replay(heads.journal.get(space.id) ?? new Map<number, JournalRow>())
  const { aside, isCopied } = await reading
  for (const { seq, id } of aside) {
    space.aside.add(seq)
    if (seq > space.seq) space.feeds.set(space.device, { seq, head: id })
  }
  if (isCopied) space.copiedAt = space.seq
  if (layout.lows.length > 0 || recovery.horizon < Infinity) space.loading = loading
  return space
}

/** The checkpoint of a space. What it stands for alone, and no position says that pages have, is made rows: entries then say what there is. */
async function openBase(
  platform: EchoPlatform,
  store: Store,
  space: Space,
  { bases }: Heads,
  placed: ReadonlyMap<DeviceId, number>,
): Promise<void> {
  const row = bases.get(space.id)
  if (!row) return
  const head = await readHead(row.head, (bytes) => platform.sha256(bytes)).catch(() => undefined)
  if (!head) return
  space.base = new Base(storedPieces(store, space.id), space, head, row)
  const isInPages = [...space.base.gone].every(([feed, seq]) => (placed.get(feed) ?? 0) >= seq)
  if (!isInPages) await space.base.unpack(store)
}

/** The end of a feed that this device wrote when it was another one goes down to what counts: nothing is to be written after it. */
async function lastOf(
  platform: EchoPlatform,
  store: Store,
  { id, former, base }: Space,
  device: DeviceId,
  position: FeedHead,
): Promise<FeedHead> {
  if (!former.has(device)) return position
  const gone = base?.gone.get(device) ?? 0
  for (let { seq } = position; seq > gone; seq--) {
    const bytes = await store.get<unknown>('entries', [id, device, seq])
    if (bytes === undefined) continue
    const entry = await readStored(bytes, (b) => platform.sha256(b)).catch(() => undefined)
    return { seq, head: entry?.id ?? null }
  }
  const covered = base?.head.covers.find(({ feed, seq }) => feed === device && seq === gone)
  return { seq: gone, head: covered ? fromBase64Url(covered.id) : null }
}

/** What this device has written and does not count; or another one has, as the same device, if there are two for one place. */
async function ownStrays(
  platform: EchoPlatform,
  store: Store,
  { id, device }: Space,
): Promise<{ aside: StoredEntry[]; isCopied: boolean }> {
  const own: StoredEntry[] = []
  for (const { value } of await store.rows<unknown>('strays', [id])) {
    const entry = await readStored(value, (bytes) => platform.sha256(bytes)).catch(() => undefined)
    if (entry?.feed === device) own.push(entry)
  }
  const isTaken = async ({ seq }: StoredEntry) =>
    (await store.get('entries', [id, device, seq])) !== undefined
  const taken = await Promise.all(own.map(isTaken))
  const aside = own.filter((_, i) => !taken[i])
  return { aside, isCopied: taken.includes(true) || new Set(own.map(({ seq }) => seq)).size < own.length }
}

/** Where a position says nothing of its pages, as the first builds wrote it, they are all read before anything is known. */
async function readOldPages(store: Store, space: SpaceId) {
  const rows = new Map<number, Promise<unknown>>()
  for (const { key, value } of await store.rows('pages', [space]))
    rows.set(key[1] as number, Promise.resolve(value))
  const count = Math.max(-1, ...rows.keys()) + 1
  for (let page = 0; page < count; page++)
    if (!rows.has(page)) rows.set(page, Promise.resolve({ v: PAGE_VERSION, objects: [] } satisfies PageRow))
  const layout: Layout = { lows: Array<number>(count).fill(-Infinity), objects: Infinity, bytes: 0 }
  return { layout, rows }
}

const client = (key: Key) => key as ClientId

/** A position that cannot be read says nothing: entries do. */
function positionOf(key: Key, value: Position): readonly (readonly [SpaceId, Position])[] {
  const space = key[0] as SpaceId
  const { applied, feeds, lamport, layout } = value ?? {}
  if (!Number.isSafeInteger(applied) || !Number.isSafeInteger(lamport) || !isFeeds(feeds)) return []
  if (!isHeads(value.judged)) return []
  const { layout: _, ...position } = value
  const lows: readonly unknown[] | undefined = Array.isArray(layout?.lows) ? layout.lows : undefined
  return [[space, lows?.every((low) => typeof low === 'number') ? value : position]]
}

const isFeeds = (feeds: unknown): boolean =>
  Array.isArray(feeds) && feeds.every((feed) => Array.isArray(feed) && Number.isSafeInteger(feed[1]))

const isHeads = (heads: unknown): boolean =>
  heads === undefined || (Array.isArray(heads) && heads.every((head) => typeof head === 'string'))

/** A store that was emptied by the browser never begins anew in silence: it is said at every opening from then on. */
async function lossOf(store: Store, before: string | undefined): Promise<Damage[]> {
  if (store.lost) await store.write([{ table: 'meta', key: 'lost', put: store.lost }], 'strict')
  const words = store.lost ?? before
  if (!words) return []
  const message = `the browser could not read what was stored here, and began an empty store (${words})`
  return [{ what: 'store', message }]
}

function bySpace(rows: readonly { key: Key; value: unknown }[]): Map<SpaceId, Map<number, JournalRow>> {
  const spaces = new Map<SpaceId, Map<number, JournalRow>>()
  for (const { key, value } of rows) {
    if (!isJournalRow(value)) continue
    const space = key[0] as SpaceId
    const known = spaces.get(space)
    if (known) known.set(key[1] as number, value)
    else spaces.set(space, new Map([[key[1] as number, value]]))
  }
  return spaces
}

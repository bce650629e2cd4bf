/**
 * The first reads of a store: all that is needed before a tab can be let in, in two goes. What they read does not grow
 * with what is stored, but with what was written since pages were, and with the spaces. `loading.ts` reads the rest.
 */
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import type { Damage, ObjectRecord, SpaceInfo } from '../protocol/rpc.js'
import { PAGE_VERSION, type PageRow, type Position } from './checkpoint.js'
import type { Journal, Mark } from './commit.js'
import type { Documents } from './documents.js'
import { Loading } from './loading.js'
import type { Layout } from './pages.js'
import type { EchoPlatform, Key, Store } from './platform.js'
import { Recovery } from './recovery.js'
import { Space } from './space.js'

/** Marks of clients that have not written for so long are forgotten, in milliseconds. */
const MARK_MS = 7 * 24 * 3600_000

export interface Heads {
  readonly device: DeviceId
  /** The personal one first, then in order of creation. */
  readonly spaces: readonly SpaceInfo[]
  /** What the pages of a space stand for. */
  readonly positions: ReadonlyMap<SpaceId, Position>
  /** Of each space, by position in this device's feed. */
  readonly journal: ReadonlyMap<SpaceId, ReadonlyMap<number, Journal>>
  readonly marks: ReadonlyMap<ClientId, Mark>
  /** Clients whose marks are forgotten. */
  readonly stale: readonly ClientId[]
  readonly damage: readonly Damage[]
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
  const [known, lost, marks, spaces, positions, journal] = await Promise.all([
    store.get<DeviceId>('meta', 'device'),
    store.get<string>('meta', 'lost'),
    store.rows<Mark>('marks'),
    store.rows<SpaceInfo>('spaces'),
    store.rows<Position>('positions'),
    store.rows<Journal>('journal'),
  ])
  const device = known ?? newId<DeviceId>(platform.random(16))
  if (!known) await store.write([{ table: 'meta', key: 'device', put: device }], 'strict')
  const since = platform.now() - MARK_MS
  const damage = await lossOf(store, lost)
  const infos: SpaceInfo[] = []
  for (const { key, value } of spaces)
    if (typeof value?.id === 'string' && value.id === key) infos.push(value)
    else damage.push({ what: 'space', message: `the record of space ${String(key)} could not be read` })
  infos.sort((a, b) => Number(b.personal) - Number(a.personal) || a.createdAt - b.createdAt)
  return {
    device,
    spaces: infos,
    positions: new Map(own(positions, device).flatMap(([space, , value]) => positionOf(space, value))),
    journal: bySpace(own(journal, device)),
    marks: new Map(
      marks.filter(({ value }) => value.at > since).map(({ key, value }) => [client(key), value]),
    ),
    stale: marks.filter(({ value }) => !(value.at > since)).map(({ key }) => client(key)),
    damage,
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
  info: SpaceInfo,
  events: OpeningEvents,
): Promise<Space> {
  const space = new Space(info, heads.device)
  const position = heads.positions.get(info.id)
  const { seq = 0, head = null, lamport = 0 } = position ?? {}
  Object.assign(space, { seq, head, lamport })
  const known = position?.layout
  const { layout, rows } = known ? { layout: known, rows: undefined } : await readOldPages(store, info.id)
  space.pages.expect(layout)
  const { damage, found } = events
  const recovery = new Recovery(platform, store, documents, damage, found, space)
  const loading = new Loading(
    ...[store, recovery, layout],
    {
      came: (records) => events.came(records),
      ended() {
        space.loading = undefined
        // Its position has no layout: the next checkpoint writes one.
        if (!known && layout.lows.length > 0) space.pages.touch(0)
        events.ended(space)
      },
    },
    rows,
  )
  loading.begin()
  await recovery.replay(heads.journal.get(info.id) ?? new Map<number, Journal>())
  if (layout.lows.length > 0 || recovery.horizon < Infinity) space.loading = loading
  return space
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
function positionOf(space: SpaceId, value: Position): readonly (readonly [SpaceId, Position])[] {
  const { seq, lamport, layout } = value ?? {}
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(lamport)) return []
  const { layout: _, ...position } = value
  const lows: readonly unknown[] | undefined = Array.isArray(layout?.lows) ? layout.lows : undefined
  return [[space, lows?.every((low) => typeof low === 'number') ? value : position]]
}

/** A store that was emptied by the browser never begins anew in silence: it is said at every opening from then on. */
async function lossOf(store: Store, before: string | undefined): Promise<Damage[]> {
  if (store.lost) await store.write([{ table: 'meta', key: 'lost', put: store.lost }], 'strict')
  const words = store.lost ?? before
  if (!words) return []
  const message = `the browser could not read what was stored here, and began an empty store (${words})`
  return [{ what: 'store', message }]
}

/** Rows of this device's feeds: their space, their position in the feed if they have one, and their value. */
const own = <T>(rows: readonly { key: Key; value: T }[], device: DeviceId) =>
  rows
    .filter(({ key }) => key[1] === device)
    .map(({ key, value }) => [key[0] as SpaceId, key[2] as number, value] as const)

function bySpace(rows: readonly (readonly [SpaceId, number, Journal])[]): Map<SpaceId, Map<number, Journal>> {
  const spaces = new Map<SpaceId, Map<number, Journal>>()
  for (const [space, seq, journal] of rows) {
    const known = spaces.get(space)
    if (known) known.set(seq, journal)
    else spaces.set(space, new Map([[seq, journal]]))
  }
  return spaces
}

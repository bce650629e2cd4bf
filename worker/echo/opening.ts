/**
 * The first reads of a store: all that is needed before a tab can be let in, asked for at once. What this reads does
 * not grow with what is stored, but with what was written since pages were, and with the spaces.
 */
import { newId, type ClientId, type DeviceId, type SpaceId } from '../protocol/ids.js'
import type { Damage, SpaceInfo } from '../protocol/rpc.js'
import type { Position } from './checkpoint.js'
import type { Journal, Mark } from './commit.js'
import type { EchoPlatform, Key, Store } from './platform.js'

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
    positions: new Map(own(positions, device).map(([space, , value]) => [space, value])),
    journal: bySpace(own(journal, device)),
    marks: new Map(
      marks.filter(({ value }) => value.at > since).map(({ key, value }) => [client(key), value]),
    ),
    stale: marks.filter(({ value }) => !(value.at > since)).map(({ key }) => client(key)),
    damage,
  }
}

const client = (key: Key) => key as ClientId

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

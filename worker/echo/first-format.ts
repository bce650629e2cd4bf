/**
 * Spaces as the first builds wrote them: entries that nobody had signed or encrypted, of a device that was a random id. Each entry
 * is written anew, in its place, by the device that this one is now; what derives from entries moves along. All of it can be
 * begun again: what was there is deleted with the very last write.
 *
 *   entry  = CBOR [header, body]
 *   header = CBOR { v: 1, space, feed, seq, prev, lamport, at, body: SHA-256 of the body }
 *   body   = CBOR [[[object id, type, value] …], [[object id, [Automerge change …]] …]]
 */
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { Key, Store, Write } from '../store.js'
import type { PageRow, Position } from './page-writer.js'
import { strictCbor } from './cbor.js'
import { sameBytes } from '../protocol/same-bytes.js'
import { encodeEntry, type EntryBody } from './entry.js'
import type { JournalRow } from './journal.js'
import type { Keeper } from './keeper.js'
import type { Layout } from './pages.js'
import type { EchoPlatform } from './platform.js'
import { rowsUnder } from './wipe.js'

/** Entries written in one transaction. */
const TOGETHER = 64

/** An entry as it is now. */
interface Moved {
  readonly id: Uint8Array
  readonly time: number
  /** Whether it changed something that was there. */
  readonly edits: boolean
}
interface FirstPosition {
  readonly seq: number
  readonly lamport: number
  readonly layout?: Layout
}

/** A space then. */
export interface Former {
  readonly device: string
  readonly space: string
}

/** Afterwards nothing of the former space is there any more. @throws HearthError `store/…`; nothing was lost then */
export async function moveSpace(
  platform: EchoPlatform,
  store: Store,
  former: Former,
  keeper: Keeper,
): Promise<void> {
  const ids = await moveEntries(platform, store, former, keeper)
  await moveDerived(store, former, keeper, ids)
  await store.write(
    [
      ...rowsUnder(former.space),
      ...(await oldTouches(store, former)).map(({ key }): Write => ({ table: 'touched', key, delete: true })),
    ],
    'strict',
  )
}

/** @returns the entries, by their place */
async function moveEntries(
  platform: EchoPlatform,
  store: Store,
  former: Former,
  keeper: Keeper,
): Promise<Map<number, Moved>> {
  const sha256 = (bytes: Uint8Array) => platform.sha256(bytes)
  const ids = new Map<number, Moved>()
  let writes: Write[] = []
  let prev: Uint8Array | null = null
  for (const { key, value } of await store.rows<unknown>('entries', [former.space, former.device])) {
    const seq = key[2] as number
    const at = [keeper.id, keeper.device, seq] as const
    const body = await readFirst(value, sha256).catch(() => undefined)
    if (body) {
      const header = { feed: keeper.device, seq, prev, deps: [] }
      const { id, bytes } = await encodeEntry(header, body, keeper, sha256)
      ids.set(seq, { id, time: body.at, edits: body.changes.length > 0 })
      prev = id
      writes.push({ table: 'entries', key: at, put: bytes })
    } else {
      // It stays as unreadable as it was, and is named as damage from its new place.
      prev = null
      writes.push({ table: 'entries', key: at, put: value })
    }
    if (writes.length >= TOGETHER) {
      await store.write(writes, 'relaxed')
      writes = []
    }
  }
  await store.write(writes, 'relaxed')
  return ids
}

async function moveDerived(
  store: Store,
  former: Former,
  keeper: Keeper,
  ids: ReadonlyMap<number, Moved>,
): Promise<void> {
  const { id: space, device } = keeper
  const writes: Write[] = []
  for (const { key, value } of await store.rows<PageRow>('pages', [former.space]))
    writes.push({ table: 'pages', key: [space, key[1]!], put: pageOf(value, device) })
  const position = await store.get<FirstPosition>('positions', [former.space, former.device])
  const { seq = 0, lamport = 0, layout } = position ?? {}
  // What follows the position is in no journal of now's, unless it was in one then.
  const journal = new Map<number, readonly (readonly [ObjectId, readonly Op[]])[]>()
  for (const { key, value } of await store.rows<readonly (readonly [ObjectId, readonly Op[]])[]>('journal', [
    former.space,
    former.device,
  ]))
    journal.set(key[2] as number, value)
  // A position whose entry cannot be read says nothing: entries do.
  const from = position && (seq === 0 || ids.has(seq)) ? seq : 0
  if (from === seq && position) {
    const head = ids.get(seq)?.id ?? null
    const feeds: Position['feeds'] = seq > 0 ? [[device, seq, head]] : []
    const put: Position = { applied: seq, feeds, lamport, ...(layout && { layout }) }
    writes.push({ table: 'positions', key: [space], put })
  }
  for (const [at, { time, edits }] of ids) {
    const ops = journal.get(at)
    if (at <= from || (edits && !ops)) continue
    const row: JournalRow = {
      entries: [[device, at]],
      edits: (ops ?? []).map(([id, done]) => [id, done, time]),
    }
    writes.push({ table: 'journal', key: [space, at], put: row })
  }
  const touched = await oldTouches(store, former)
  for (const { key } of touched)
    writes.push({ table: 'touched', key: [key[0]!, device, key[2]!], put: space })
  for (const { key, value } of await store.rows<{ bytes: Uint8Array; upTo: Record<string, number> }>(
    'documents',
  )) {
    const upTo = value?.upTo?.[former.device]
    if (upTo !== undefined)
      writes.push({ table: 'documents', key, put: { bytes: value.bytes, upTo: { [device]: upTo } } })
  }
  await store.write(writes, 'relaxed')
}

const oldTouches = async (store: Store, { space, device }: Former): Promise<{ key: Key }[]> =>
  (await store.rows<SpaceId | string>('touched')).filter(
    ({ key, value }) => key[1] === device && value === space,
  )

/** The same objects, by the author that this device is now. What cannot be read stays as it is. */
function pageOf(row: PageRow, device: DeviceId): unknown {
  if (!Array.isArray(row?.objects)) return row
  const objects = row.objects.map((object) =>
    Array.isArray(object) ? [...object.slice(0, 6), device, ...object.slice(7)] : (object as unknown),
  )
  return { ...row, objects }
}

async function readFirst(
  bytes: unknown,
  sha256: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<EntryBody> {
  const [header, body] = strictCbor(bytes as Uint8Array) as [Uint8Array, Uint8Array]
  const { v, lamport, at, body: hash } = strictCbor(header) as First
  if (v !== 1 || !sameBytes(hash, await sha256(body))) throw new Error('not an entry of the first format')
  const [creations, changes] = strictCbor(body) as [EntryBody['creations'], EntryBody['changes']]
  return { lamport, at, creations, changes }
}

interface First {
  readonly v: number
  readonly lamport: number
  readonly at: number
  readonly body: Uint8Array
}

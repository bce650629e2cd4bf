/**
 * What is in the pieces of a checkpoint, and the only codec of it: what acceptance needs of entries, and objects with all that was done to
 * them. Spec: docs/protocol/checkpoints.md.
 *
 *   piece = CBOR [salt, commitment, ciphertext]
 *   body  = CBOR ['feed', feed, first, [[log heads] …], [[epochs] …], ids, [heads …], [[deps] …], [epochs …], [Lamport steps …], [times …], whether these are steps]
 *         | CBOR ['objects', [feed …], [[object id, type, value, feed, seq, index, history] …]]
 *
 * `ids` are 32 bytes each, one after the other; `heads` and `epochs` of an entry are places in the lists; Lamport times, and where
 * they are whole, times of clocks, are differences to the entry before.
 */
import { fromBase64Url, type DeviceId, type ObjectId } from '../../protocol/ids.js'
import type { StoredRecord } from '../../protocol/values.js'
import { asBytes, asHashes, asList, asListUpTo, asWhole, cbor, strictCbor } from '../cbor.js'
import { hashText } from '../hash-text.js'
import { compress, decompress } from '../inflate.js'
import type { Keeper } from '../keeper.js'
import type { History } from '../documents/history.js'
import { CHECKPOINT_VERSION } from './head.js'

/** Of a piece when it is inflated: an object of 16 MiB, and what was done to it. */
const MAX_INFLATED = 48 << 20
const HASH_BYTES = 32

/** What acceptance needs of an entry, and when it was written. */
export interface CoveredEntry {
  readonly id: string
  readonly heads: readonly string[]
  readonly deps: readonly string[]
  readonly epochs: readonly string[]
  readonly lamport: number
  readonly at: number
}
/** Entries of one feed, one after the other. */
export interface FeedPiece {
  readonly t: 'feed'
  readonly feed: DeviceId
  /** Position of the first one. */
  readonly first: number
  readonly entries: readonly CoveredEntry[]
}
export interface CoveredObject {
  readonly id: ObjectId
  readonly type: string
  readonly value: StoredRecord
  /** Where its creation stands: the entry, and which creation of it. */
  readonly feed: DeviceId
  readonly seq: number
  readonly index: number
  /** Undefined where nothing was done to it. */
  readonly history: History | undefined
}
export interface ObjectsPiece {
  readonly t: 'objects'
  /** In order of their ids. */
  readonly objects: readonly CoveredObject[]
}
export type PieceBody = FeedPiece | ObjectsPiece

/** @throws HearthError `halo/key-missing` */
export async function sealPiece(
  keeper: Keeper,
  replica: Uint8Array,
  epochs: readonly string[],
  n: number,
  body: PieceBody,
): Promise<Uint8Array> {
  const content = compress(cbor(body.t === 'feed' ? ofFeed(body) : ofObjects(body)))
  const { salt, commitment, bytes } = await keeper.encrypt(
    'checkpoint-piece',
    epochs,
    clearOf(replica, n),
    content,
  )
  return cbor([salt, commitment, bytes])
}

/** @throws Error that says what is wrong with it, HearthError `halo/key-missing` */
export async function openPiece(
  keeper: Keeper,
  replica: Uint8Array,
  epochs: readonly string[],
  n: number,
  piece: Uint8Array,
): Promise<PieceBody> {
  const [salt, commitment, bytes] = asList(strictCbor(piece), 3) as [Uint8Array, Uint8Array, Uint8Array]
  if (![salt, commitment, bytes].every((one) => one instanceof Uint8Array)) throw new Error('not a piece')
  const sealed = { salt, commitment, bytes }
  const content = decompress(
    await keeper.decrypt('checkpoint-piece', epochs, clearOf(replica, n), sealed),
    MAX_INFLATED,
  )
  // Values of objects have numbers and bytes of any kind: deterministic they are all the same.
  const fields = strictCbor(content) as unknown[]
  return fields[0] === 'feed' ? feedOf(asList(fields, 12)) : objectsOf(asList(fields, 3))
}

const clearOf = (replica: Uint8Array, n: number): Uint8Array => cbor([CHECKPOINT_VERSION, replica, n])

function ofFeed({ feed, first, entries }: FeedPiece): unknown[] {
  const [heads, epochs] = [new Lists(), new Lists()]
  const ids = new Uint8Array(entries.length * HASH_BYTES)
  const isWhole = entries.every(({ at }) => Number.isSafeInteger(at))
  const rows = entries.map((entry, i) => {
    ids.set(fromBase64Url(entry.id), i * HASH_BYTES)
    const before = entries[i - 1] ?? { lamport: 0, at: 0 }
    return {
      heads: heads.place(entry.heads),
      deps: entry.deps.map(fromBase64Url),
      epochs: epochs.place(entry.epochs),
      lamport: entry.lamport - before.lamport,
      at: isWhole ? entry.at - before.at : entry.at,
    }
  })
  return [
    ...['feed', fromBase64Url(feed), first, heads.all, epochs.all, ids],
    ...(['heads', 'deps', 'epochs', 'lamport', 'at'] as const).map((name) => rows.map((row) => row[name])),
    isWhole,
  ]
}

/** Lists of hashes that many entries have in common, each once. */
class Lists {
  private readonly places = new Map<string, number>()
  readonly all: Uint8Array[][] = []

  place(ids: readonly string[]): number {
    const name = ids.join()
    const known = this.places.get(name)
    if (known !== undefined) return known
    this.places.set(name, this.all.length)
    return this.all.push(ids.map(fromBase64Url)) - 1
  }
}

function feedOf(fields: readonly unknown[]): FeedPiece {
  const [, feed, first, heads, epochs, ids, ...rest] = fields
  const [isWhole] = rest.splice(-1)
  const idBytes = asBytes(ids)
  const count = idBytes.length / HASH_BYTES
  const [headsAt, deps, epochsAt, lamports, ats] = rest.map((column) => asList(column, count))
  const [headLists, epochLists] = [heads, epochs].map((lists) =>
    asListUpTo(lists).map((one) => asHashes(one)),
  )
  let [lamport, at] = [0, 0]
  const entries = Array.from({ length: count }, (_, i): CoveredEntry => {
    lamport += asWhole(lamports![i])
    at = isWhole === true ? at + asWhole(ats![i]) : timeOf(ats![i])
    return {
      id: hashText(idBytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
      heads: there(headLists![asWhole(headsAt![i])]),
      deps: asHashes(deps![i]),
      epochs: there(epochLists![asWhole(epochsAt![i])]),
      ...{ lamport, at },
    }
  })
  return { t: 'feed', feed: hashText(asBytes(feed)) as DeviceId, first: asWhole(first), entries }
}

function ofObjects({ objects }: ObjectsPiece): unknown[] {
  const places = new Map<DeviceId, number>()
  const place = (feed: DeviceId): number => {
    const known = places.get(feed) ?? places.size
    places.set(feed, known)
    return known
  }
  const rows = objects.map(({ id, type, value, feed, seq, index, history }) => [
    ...[id, type, value, place(feed), seq, index],
    history ? ofHistory(history, place) : null,
  ])
  return ['objects', [...places.keys()].map(fromBase64Url), rows]
}

const ofHistory = (history: History, place: (feed: DeviceId) => number): unknown[] =>
  history.document === null
    ? [null, [...history.changes].map(([feed, changes]) => [place(feed), changes])]
    : [history.document, [...history.runs].map(([feed, runs]) => [place(feed), runs])]

function objectsOf([, feedList, rows]: readonly unknown[]): ObjectsPiece {
  const feeds = asListUpTo(feedList).map((feed) => hashText(asBytes(feed)) as DeviceId)
  const objects = asListUpTo(rows).map((row): CoveredObject => {
    const [id, type, value, feed, seq, index, history] = asList(row, 7)
    return {
      ...{ id: id as ObjectId, type: type as string, value: value as StoredRecord },
      ...{ feed: there(feeds[asWhole(feed)]), seq: asWhole(seq), index: asWhole(index) },
      history: history === null ? undefined : historyOf(feeds, asList(history, 2)),
    }
  })
  return { t: 'objects', objects }
}

function historyOf(feeds: readonly DeviceId[], [document, byFeed]: readonly unknown[]): History {
  const lists = asListUpTo(byFeed).map((one) => {
    const [feed, entries] = asList(one, 2)
    return [there(feeds[asWhole(feed)]), asListUpTo(entries)] as const
  })
  if (document !== null) {
    const runs = lists.map(([feed, numbers]) => [feed, numbers.map(asWhole)] as const)
    if (!runs.every(([, numbers]) => numbers.length > 0 && numbers.length % 3 === 0))
      throw new Error('not a history')
    return { document: asBytes(document), runs: new Map(runs) }
  }
  const changes = lists.map(
    ([feed, entries]) =>
      [
        feed,
        entries.map((entry) => {
          const [seq, change] = asList(entry, 2)
          return [asWhole(seq), asBytes(change)] as const
        }),
      ] as const,
  )
  return { document: null, changes: new Map(changes) }
}

function timeOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('not a piece of a checkpoint')
  return value
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not a piece of a checkpoint')
  return value
}

/**
 * The codec of feed entries, and the only module that knows their bytes. An entry is a batch: everything that one
 * flush changed in one space, over many objects. Entries are truth; pages, documents and results derive from them.
 *
 *   entry  = CBOR [header, signature, ciphertext]
 *   header = CBOR [clear, salt, commitment, SHA-256 of the ciphertext]
 *   clear  = CBOR [2, replica, feed, seq, prev, log heads, deps, epochs]
 *   body   = CBOR [lamport, at, [[object id, type, value] …], [[object id, [Automerge change …]] …]]
 *   id     = SHA-256 of the header, which is what is signed
 *
 * The body is deflated, padded and encrypted under a key that `clear` is part of. CBOR is deterministic (RFC 8949 §4.2);
 * what is hashed and signed are the received bytes, never a re-serialisation.
 * Spec: docs/protocol/entries.md.
 */
import { fromBase64Url, type DeviceId, type ObjectId } from '../protocol/ids.js'
import { sameBytes } from '../protocol/same-bytes.js'
import type { StoredRecord } from '../protocol/values.js'
import { byteStrings } from './byte-strings.js'
import { asHash, asHashes, asList, asPositive, cbor, strictCbor } from './cbor.js'
import { hashText } from './hash-text.js'
import { compress, decompress } from './inflate.js'
import type { EntryContext, JudgedHeader, Keeper, Sealed } from './keeper.js'

export const ENTRY_VERSION = 2

/** Of a body when it is inflated: one value of 16 MiB goes whole, whatever else is in the flush. */
const MAX_BODY = 24 << 20
const MAX_LIST = 4096

/** What anybody can read who has the entry. */
export interface EntryHeader extends EntryContext {
  readonly feed: DeviceId
  /** Position in the feed, from 1. */
  readonly seq: number
  /** Id of the entry before; null at seq 1. */
  readonly prev: Uint8Array | null
  /** Ids of entries of other feeds that this device has applied since its last entry: 43 characters each. */
  readonly deps: readonly string[]
}
/** A new object as data; `documents/creation.ts` makes the same first change of it everywhere. */
export type EntryCreation = readonly [id: ObjectId, type: string, value: StoredRecord]
/** Changes of one object's document, in order. */
export type EntryChanges = readonly [id: ObjectId, changes: readonly Uint8Array[]]

export interface EntryBody {
  /** Greater than that of every entry seen before in this space. */
  readonly lamport: number
  /** Milliseconds since 1970, by the author's clock: for people only. */
  readonly at: number
  readonly creations: readonly EntryCreation[]
  readonly changes: readonly EntryChanges[]
}
export interface Entry extends EntryHeader, EntryBody {
  readonly id: Uint8Array
}
/** An entry that was not opened. */
export interface SealedEntry extends EntryHeader {
  readonly id: Uint8Array
  /** The feed as bytes: the key that has signed it. */
  readonly author: Uint8Array
  /** What is signed. */
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly clear: Uint8Array
  readonly sealed: Sealed
}

type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>

/** @param header with `heads` where it is to name others than the latest ones */
export async function encodeEntry(
  header: Omit<EntryHeader, keyof EntryContext> & Partial<Pick<EntryContext, 'heads'>>,
  { lamport, at, creations, changes }: EntryBody,
  keeper: Keeper,
  sha256: Sha256,
): Promise<{ id: Uint8Array; bytes: Uint8Array; header: JudgedHeader }> {
  const { feed, seq, prev, deps } = header
  const { replica, heads: latest, epochs } = await keeper.context()
  const { heads = latest } = header
  const ids = [heads, deps, epochs].map((list) => list.map(fromBase64Url))
  const clear = cbor([ENTRY_VERSION, replica, fromBase64Url(feed), seq, prev, ...ids])
  const content = compress(encodeBody({ lamport, at, creations, changes }))
  const { salt, commitment, bytes } = await keeper.encrypt('feed-body', epochs, clear, content)
  const signed = cbor([clear, salt, commitment, await sha256(bytes)])
  const [id, signature] = await Promise.all([sha256(signed), keeper.sign('feed-entry', replica, signed)])
  const place = { feed, seq, prev: prev && hashText(prev), heads, deps, epochs }
  return { id, bytes: cbor([signed, signature, bytes]), header: { id: hashText(id), ...place } }
}

/**
 * What can be read without a key.
 * @throws Error that says what is wrong with the bytes
 */
export async function readEntry(bytes: unknown, sha256: Sha256): Promise<SealedEntry> {
  if (!(bytes instanceof Uint8Array)) throw new Error('not bytes')
  const [header, signature, ciphertext] = byteStrings(bytes, 3)
  const [clear, salt, commitment, hash] = byteStrings(header, 4)
  const fields = strictCbor(clear)
  const version = Array.isArray(fields) ? (fields[0] as unknown) : undefined
  if (version !== ENTRY_VERSION) throw new Error(`entry version ${String(version)}`)
  const [, replica, feed, seq, prev, heads, deps, epochs] = asList(fields, 8)
  // defence: body-of-its-header
  if (!sameBytes(hash, await sha256(ciphertext))) throw new Error('the body is not what the header says')
  return {
    replica: asHash(replica),
    author: asHash(feed),
    feed: hashText(asHash(feed)) as DeviceId,
    seq: asPositive(seq),
    prev: prev === null ? null : asHash(prev),
    ...{
      heads: asHashes(heads, MAX_LIST),
      deps: asHashes(deps, MAX_LIST),
      epochs: asHashes(epochs, MAX_LIST),
    },
    ...{ id: await sha256(header), header, signature, clear },
    sealed: { salt, commitment, bytes: ciphertext },
  }
}

/** @throws Error that says what is wrong with the body */
export async function openEntry(entry: SealedEntry, keeper: Keeper): Promise<Entry> {
  const { id, feed, seq, prev, replica, heads, deps, epochs, clear, sealed } = entry
  const content = decompress(await keeper.decrypt('feed-body', epochs, clear, sealed), MAX_BODY)
  return { id, feed, seq, prev, replica, heads, deps, epochs, ...decodeBody(content) }
}

export const encodeBody = ({ lamport, at, creations, changes }: EntryBody): Uint8Array =>
  cbor([lamport, at, creations, changes])

/** @throws Error that says what is wrong with the body */
export function decodeBody(content: Uint8Array): EntryBody {
  const [lamport, at, creations, changes] = asList(strictCbor(content), 4) as [
    ...[number, number],
    ...[EntryCreation[], EntryChanges[]],
  ]
  return { lamport, at, creations, changes }
}

/**
 * Whether it is as a device writes it: hashes sorted and each once, heads of the log, and one before all but the first. What
 * comes from elsewhere has to be; a feed that was moved over a damaged entry is not.
 */
export const isWhole = ({ seq, prev, heads, deps, epochs }: EntryHeader): boolean =>
  (prev === null) === (seq === 1) && heads.length > 0 && [heads, deps, epochs].every(isSorted)

const isSorted = (list: readonly string[]): boolean => list.every((id, i) => i === 0 || list[i - 1]! < id)

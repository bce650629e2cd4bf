/**
 * The codec of feed entries, and the only module that knows their bytes. An entry is a batch: everything that one
 * flush changed in one space, over many objects. Entries are truth; pages, documents and results derive from them.
 *
 *   entry  = CBOR [header bytes, body bytes]
 *   header = CBOR { v, space, feed, seq, prev, lamport, at, body: SHA-256 of the body }
 *   body   = CBOR [[[object id, type, value] …], [[object id, [Automerge change …]] …]]
 *   id     = SHA-256 of the header bytes
 *
 * CBOR is deterministic (RFC 8949 §4.2); what is hashed are the received bytes, never a re-serialisation.
 * Spec: docs/protocol/entries.md.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import type { StoredRecord } from '../protocol/values.js'

export const ENTRY_VERSION = 1

export interface EntryHeader {
  readonly space: SpaceId
  readonly feed: DeviceId
  /** Position in the feed, from 1. */
  readonly seq: number
  /** Id of the entry before; null at seq 1. */
  readonly prev: Uint8Array | null
  /** Greater than that of every entry seen before in this space. */
  readonly lamport: number
  /** Milliseconds since 1970, by the author's clock: for people only. */
  readonly at: number
}
/** A new object as data; `documents/creation.ts` makes the same first change of it everywhere. */
export type EntryCreation = readonly [id: ObjectId, type: string, value: StoredRecord]
/** Changes of one object's document, in order. */
export type EntryChanges = readonly [id: ObjectId, changes: readonly Uint8Array[]]

export interface EntryBody {
  readonly creations: readonly EntryCreation[]
  readonly changes: readonly EntryChanges[]
}
export interface Entry extends EntryHeader, EntryBody {
  readonly id: Uint8Array
}

type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>

export async function encodeEntry(
  header: EntryHeader,
  body: EntryBody,
  sha256: Sha256,
): Promise<{ id: Uint8Array; bytes: Uint8Array }> {
  const bodyBytes = encode([body.creations, body.changes], rfc8949EncodeOptions)
  const { space, feed, seq, prev, lamport, at } = header
  const headerBytes = encode(
    { v: ENTRY_VERSION, space, feed, seq, prev, lamport, at, body: await sha256(bodyBytes) },
    rfc8949EncodeOptions,
  )
  return { id: await sha256(headerBytes), bytes: encode([headerBytes, bodyBytes], rfc8949EncodeOptions) }
}

/** @throws Error that says what is wrong with the bytes; they are then damage, and nothing of them is used */
export async function decodeEntry(bytes: unknown, sha256: Sha256): Promise<Entry> {
  if (!(bytes instanceof Uint8Array)) throw new Error('not bytes')
  const [headerBytes, bodyBytes] = list(strict(bytes), 2) as [Uint8Array, Uint8Array]
  const header = strict(headerBytes) as EntryHeader & { v: number; body: Uint8Array }
  if (header.v !== ENTRY_VERSION) throw new Error(`entry version ${header.v}`)
  if (!sameBytes(header.body, await sha256(bodyBytes)))
    throw new Error('the body is not what the header says')
  const [creations, changes] = list(strict(bodyBytes), 2) as [EntryCreation[], EntryChanges[]]
  const { space, feed, seq, prev, lamport, at } = header
  return { space, feed, seq, prev, lamport, at, creations, changes, id: await sha256(headerBytes) }
}

const strict = (bytes: Uint8Array): unknown =>
  decode(bytes, { strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false })

function list(value: unknown, length: number): unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw new Error('not an entry')
  return value
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

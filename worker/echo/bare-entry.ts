/**
 * Entries as the store has them: sealed, as their author signed them, or **bare**, as a checkpoint brought them. A bare one was never checked
 * by itself: whoever made the checkpoint is believed. So it is read from the store only, and goes to nobody.
 *
 *   bare  = CBOR [1, clear, id, body]
 *   clear = CBOR [replica, feed, seq, prev, log heads, deps, epochs]
 *
 * `body` is that of an entry, as it is (entry.ts).
 */
import { decode } from 'cborg'
import { fromBase64Url, type DeviceId } from '../protocol/ids.js'
import { cbor } from './cbor.js'
import {
  decodeBody,
  encodeBody,
  openEntry,
  readEntry,
  type Entry,
  type EntryHeader,
  type SealedEntry,
} from './entry.js'
import { hashText } from './hash-text.js'
import type { Keeper } from './keeper.js'

const VERSION = 1

/** One that was not opened. */
export interface BareEntry extends EntryHeader {
  readonly id: Uint8Array
  readonly body: Uint8Array
}
export type StoredEntry = SealedEntry | BareEntry

type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>

export const isBare = (entry: StoredEntry): entry is BareEntry => 'body' in entry

export function encodeBare(entry: Entry): Uint8Array {
  const { replica, feed, seq, prev, id } = entry
  const lists = [entry.heads, entry.deps, entry.epochs].map((list) => list.map(fromBase64Url))
  const clear = cbor([replica, fromBase64Url(feed), seq, prev, ...lists])
  return cbor([VERSION, clear, id, encodeBody(entry)])
}

/** Of the store. @throws Error that says what is wrong with the bytes */
export async function readStored(bytes: unknown, sha256: Sha256): Promise<StoredEntry> {
  return bareOf(bytes) ?? readEntry(bytes, sha256)
}

/** Whether it can go to others. */
export const isSealed = (bytes: Uint8Array): boolean => bareOf(bytes) === undefined

/** @throws Error that says what is wrong with the body */
export async function openStored(entry: StoredEntry, keeper: Keeper): Promise<Entry> {
  if (!isBare(entry)) return openEntry(entry, keeper)
  const { body, ...header } = entry
  return { ...header, ...decodeBody(body) }
}

/**
 * An entry that was verified when it came, and kept.
 * @throws Error that says what is wrong with the bytes; they are then damage, and nothing of them is used
 */
export const decodeStored = async (bytes: unknown, keeper: Keeper, sha256: Sha256): Promise<Entry> =>
  openStored(await readStored(bytes, sha256), keeper)

/** Of a list of four; a sealed one is of three. */
const LIST_OF_FOUR = 0x84

function bareOf(bytes: unknown): BareEntry | undefined {
  if (!(bytes instanceof Uint8Array) || bytes[0] !== LIST_OF_FOUR) return undefined
  const [version, clear, id, body] = decode(bytes) as [number, Uint8Array, Uint8Array, Uint8Array]
  if (version !== VERSION) throw new Error(`bare entry version ${String(version)}`)
  const [replica, feed, seq, prev, ...lists] = decode(clear) as [
    ...[Uint8Array, Uint8Array, number, Uint8Array | null],
    ...Uint8Array[][],
  ]
  const [heads, deps, epochs] = lists.map((list) => list.map(hashText)) as [string[], string[], string[]]
  return { replica, feed: hashText(feed) as DeviceId, seq, prev, heads, deps, epochs, id, body }
}

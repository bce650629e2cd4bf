/** What feed entries say in the clear. Here they are decoded, and their ids and signatures verified. */
import type { DeviceId } from '../../protocol/ids.js'
import type { LogEntryId } from '../membership/actions.js'

/** SHA-256 of the header's bytes, 43 characters of base64url. */
export type EntryId = string & { readonly feedEntry: unique symbol }

export interface EntryHeader {
  readonly id: EntryId
  /** The key that has signed it. */
  readonly feed: DeviceId
  /** From 1. */
  readonly seq: number
  /** The entry before, in the same feed; null for the first one. */
  readonly prev: EntryId | null
  /** Of the membership log, what its author knew and nothing else of it builds on: sorted, at least one. */
  readonly heads: readonly LogEntryId[]
  /** Entries of other feeds that were applied since the one before: sorted. */
  readonly deps: readonly EntryId[]
  /** Under whose keys it is. Nobody's rights depend on it, and nothing is decided by it here. */
  readonly epochs: readonly LogEntryId[]
}

/** @throws RangeError for what no entry can be */
export function checkShape({ seq, prev, heads, deps }: EntryHeader): void {
  if (!Number.isSafeInteger(seq) || seq < 1) throw new RangeError('a position is a number from 1')
  if ((prev === null) !== (seq === 1)) throw new RangeError('all but the first entry have one before')
  if (heads.length === 0) throw new RangeError('an entry names what its author knew of the log')
  if (!isSorted(heads) || !isSorted(deps)) throw new RangeError('heads and deps are to be sorted')
}

const isSorted = (ids: readonly string[]): boolean => ids.every((id, i) => i === 0 || ids[i - 1]! < id)

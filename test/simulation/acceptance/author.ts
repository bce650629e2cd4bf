/** Writes headers of feed entries as devices would, honest ones and others. Nothing is signed; ids are hashes of what is written. */
import { createHash } from 'node:crypto'
import type { EntryHeader, EntryId } from '../../../worker/halo/acceptance/header.js'
import type { LogEntryId } from '../../../worker/halo/membership/actions.js'
import { device } from '../membership/scribe.js'

/** @param note makes another entry of it, where all else is the same */
export function header(
  feed: string,
  before: EntryHeader | undefined,
  heads: readonly LogEntryId[],
  deps: readonly EntryHeader[] = [],
  note = '',
): EntryHeader {
  const fields = {
    feed: device(feed),
    seq: before ? before.seq + 1 : 1,
    prev: before?.id ?? null,
    heads: [...heads].sort(),
    deps: [...new Set(deps.map(({ id }) => id))].sort(),
    epochs: [],
  }
  return { ...fields, id: idOf({ ...fields, note }) }
}

/** The same, but for some fields. */
export function altered(entry: EntryHeader, change: Partial<EntryHeader>): EntryHeader {
  const fields = { ...entry, ...change }
  return { ...fields, id: idOf(fields) }
}

const idOf = (what: object): EntryId =>
  createHash('sha256').update(JSON.stringify(what)).digest('base64url') as EntryId

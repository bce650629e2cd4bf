/**
 * The journal: what entries did to plain values, in the order in which this device applied them, so that pages catch up without
 * Automerge. Derived, and deleted once pages contain it.
 */
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'

/** A row, by [space, number]: numbers are this device's own, and count from 1. */
export interface JournalRow {
  /** Entries that were applied together: this device's one by one, others' as they came. */
  readonly entries: readonly EntryPlace[]
  readonly edits: Journal
}
export type EntryPlace = readonly [feed: DeviceId, seq: number]
/** Effective operations on each object, and when their author made them: milliseconds since 1970, for people. */
export type Journal = readonly (readonly [id: ObjectId, ops: readonly Op[], at: number])[]

/** Whether a row of the store can be used: one that cannot is as good as none. */
export function isJournalRow(row: unknown): row is JournalRow {
  const { entries, edits } = (row ?? {}) as Partial<JournalRow>
  return (
    Array.isArray(entries) &&
    entries.every((place) => Array.isArray(place) && place.length === 2) &&
    Array.isArray(edits) &&
    edits.every((edit) => Array.isArray(edit) && Array.isArray(edit[1]))
  )
}

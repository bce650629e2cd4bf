/** What a batch does to the plain records of a space: all of it, or nothing. */
import { HearthError, invalid } from '../protocol/errors.js'
import type { ObjectId } from '../protocol/ids.js'
import { apply, valueAt, type Op } from '../protocol/operations.js'
import type { Item, ObjectRecord } from '../protocol/rpc.js'
import { isList, isText, MAX_OBJECT, sameStored, sizeOf, type StoredRecord } from '../protocol/values.js'
import type { Placed } from './batch.js'
import { THERE } from './claims.js'
import { opSize } from './op-size.js'
import type { Row } from './row.js'
import type { Space } from './space.js'

export interface Edited {
  /** The record of each object as it was. */
  readonly before: ReadonlyMap<ObjectId, ObjectRecord | undefined>
  readonly placed: readonly Placed[]
}

/**
 * @param taken whether there is an object with this id, in any space
 * @throws HearthError `echo/…`; nothing was changed then
 */
export function applyItems(
  space: Space,
  items: readonly Item[],
  now: number,
  taken: (id: ObjectId) => boolean,
): Edited {
  const before = new Map<ObjectId, ObjectRecord | undefined>()
  const bytes = new Map<Row, number>()
  const placed: Placed[] = []
  try {
    for (const item of items) {
      const row = space.rows.get(item.id)
      if (!before.has(item.id)) before.set(item.id, row?.record)
      if ('op' in item) {
        if (!row) throw new HearthError('echo/unknown-object')
        if (!bytes.has(row)) bytes.set(row, row.bytes)
        const done = edit(space, row, item.op, now)
        if (!done) continue
        const last = placed.at(-1)
        if (last?.id === item.id && 'ops' in last && last.slot === done) (last.ops as Op[]).push(item.op)
        else placed.push({ id: item.id, slot: done, ops: [item.op] })
      } else {
        if (taken(item.id)) invalid(THERE)
        placed.push(create(space, item, now))
      }
    }
  } catch (e) {
    for (const [row, size] of bytes) row.bytes = size
    for (const [id, record] of before) {
      if (record) space.rows.get(id)!.record = record
      else space.remove(id)
    }
    throw e
  }
  return { before, placed }
}

function create(space: Space, item: Extract<Item, { type: string }>, now: number): Placed {
  const { id, type, value } = item
  const bytes = sizeOf(value)
  const { order, ...slot } = space.creationSlot(now, bytes)
  const created: ObjectRecord = {
    id,
    type,
    value,
    order,
    createdAt: slot.at,
    updatedAt: slot.at,
    author: space.device,
    space: space.id,
    gone: false,
  }
  space.add(created, bytes)
  return { id, slot, created }
}

/**
 * Whether an edit lies past the end of what it edits. No tab means that: it must not be acknowledged as one that
 * changed nothing.
 */
function isBeyond(root: StoredRecord, op: Op): boolean {
  if (op.t !== 'text' && op.t !== 'list') return false
  const target = valueAt(root, op.at)
  const length = isText(target) ? target['@text'].length : isList(target) ? target.length : Infinity
  return op.i + op.n > length
}

/** Applies one operation to a row; its place in the feed, or undefined if it changed nothing. */
function edit(space: Space, row: Row, op: Op, now: number): Placed['slot'] | undefined {
  const { record } = row
  const value = apply(record.value, op)
  const gone = op.t === 'gone' ? op.v : record.gone
  if (value === record.value && isBeyond(record.value, op)) throw new HearthError('echo/lost-base')
  if (gone === record.gone && (value === record.value || (op.t === 'put' && sameStored(value, record.value))))
    return
  const added = opSize(op)
  row.bytes += added
  // The running figure is an upper bound; count again only where it matters.
  if (row.bytes > MAX_OBJECT && (row.bytes = sizeOf(value)) > MAX_OBJECT)
    throw new HearthError('echo/too-large', { reason: 'an object over 16 MiB' })
  const slot = space.slot(now, added)
  row.record = { ...record, value, gone, updatedAt: slot.at }
  return slot
}

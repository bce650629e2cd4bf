/** A new object, as the entry that makes it says. */
import type { SpaceId } from '../protocol/ids.js'
import { creationOrder } from '../protocol/queries.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Entry, EntryCreation } from './entry.js'

/** @param index of its creation in the entry */
export function createdBy(
  space: SpaceId,
  { at, feed, lamport }: Entry,
  [id, type, value]: EntryCreation,
  index: number,
): ObjectRecord {
  const order = creationOrder(lamport, index)
  return { id, type, value, order, createdAt: at, updatedAt: at, author: feed, gone: false, space }
}

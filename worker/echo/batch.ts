/**
 * A batch: what one tab asked for in one go, as it was accepted: mapped to the state of now, applied to the
 * records, and waiting to be durable.
 */
import type { HearthError } from '../protocol/errors.js'
import type { ClientId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Slot, Space } from './space.js'

/** One accepted item and the place in the feed that it was given. */
export type Placed =
  | { readonly id: ObjectId; readonly slot: Slot; readonly created: ObjectRecord }
  /** `ops` are mapped, while they wait, over what others have made durable. */
  | { readonly id: ObjectId; readonly slot: Slot; readonly ops: readonly Op[] }

export interface Batch {
  readonly client: ClientId
  /** The client's own count: 1, 2, 3 … */
  readonly n: number
  readonly space: Space
  readonly items: readonly Placed[]
  /** What it touches: also an object that it did not change. */
  readonly ids: readonly ObjectId[]
}

/** Why some batches could not be made durable: all of them, or those that touch one damaged object. */
export interface Refusal {
  readonly error: HearthError
  readonly only?: ObjectId
}

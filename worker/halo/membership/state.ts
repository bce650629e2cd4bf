/** What a set of entries of one log comes to: who is in, with what role, on which devices, and under which epochs. */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import type { Cut, LogEntryId, Role } from './actions.js'
import type { Node } from './node.js'
import type { Rank } from './rank.js'

export interface Standing {
  readonly member: IdentityId
  readonly role: Role
  readonly rank: Rank
  readonly grant: Node
  /** The key of its recovery words. */
  readonly recovery: DeviceId
}

export interface State {
  readonly kind: 'identity' | 'space'
  readonly members: ReadonlyMap<IdentityId, Standing>
  /** What members are now that were other identities once, by what they were. */
  readonly rebound: ReadonlyMap<IdentityId, IdentityId>
  /** Those that may act, and whose they are. */
  readonly devices: ReadonlyMap<DeviceId, { readonly member: IdentityId; readonly admission: Node }>
  /**
   * Of devices that were removed, or may write no more, with the entry that did it; also of one that has come back. A device
   * that whoever did it did not name, and did not know to be out already, has the cut before its first entry.
   */
  readonly cuts: ReadonlyMap<DeviceId, readonly { readonly by: LogEntryId; readonly cut: Cut }[]>
  /** Entries that began the epochs which no other has followed: one, unless some began at the same time. Sorted. */
  readonly epochs: readonly LogEntryId[]
  /** Somebody or something has gone that knows the keys of the latest epochs: whoever may is to begin another one. */
  readonly owesEpoch: boolean
  /** The entry that names the space: the last of those that do. */
  readonly named: LogEntryId
  /** Is no more, by the word of an owner. */
  readonly deleted: boolean
  /** Entries that count for nothing here. */
  readonly void: ReadonlySet<LogEntryId>
}

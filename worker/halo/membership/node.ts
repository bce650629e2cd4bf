/** An entry in its log: where it stands, and by what right it was made. */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import type { EntrySet } from './ancestry.js'
import type { Action, LogEntry, LogEntryId, Role } from './actions.js'
import type { Rank } from './rank.js'

/** The right by which an entry was made, as it was at the entry's parents. It is the same whatever else comes later. */
export interface Authority {
  readonly member: IdentityId
  readonly role: Role
  readonly rank: Rank
  /** Gave the member its role. */
  readonly grant: Node
  /** Admitted the device. */
  readonly admission: Node
  /** The least role that allows it, as a level: who is demoted meanwhile keeps what the new role allows. */
  readonly needs: number
  /** The role that it changes. */
  readonly from?: Role
}

export interface Node {
  readonly entry: LogEntry
  readonly id: LogEntryId
  readonly action: Action
  readonly author: DeviceId
  /** In its log; only good for finding it in an `EntrySet`. */
  readonly n: number
  /** The longest path from genesis. */
  readonly depth: number
  readonly ancestors: EntrySet
  /** Undefined: whoever made it had no right to, and it counts for nothing. */
  authority: Authority | undefined
}

/** In an order that is the same everywhere, and in which nothing comes before what it builds on. */
export const inOrder = (a: Node, b: Node): number =>
  a.depth - b.depth || (a.id < b.id ? -1 : Number(a.id > b.id))

/** What is said about an entry, and why. */
import type { DeviceId } from '../../protocol/ids.js'
import type { LogEntryId } from '../membership/actions.js'
import type { EntryId } from './header.js'

/** What is wrong with an entry by itself, whatever else comes. */
export type Fault =
  /** What it names as the one before is another feed's, or at another position; or it names one of its own feed as foreign. */
  | 'broken-chain'
  /** It knows less of the log than what it builds on. */
  | 'older-heads'
  /** By the log that it names, its author is no device of a member. */
  | 'no-member'
  /** By the log that it names, its author may only read. */
  | 'reader'

/** Why an entry is not applied. */
export type Reason =
  | { readonly code: Fault }
  /** `by` has ended its author's writing, and whoever made that had not accepted it. */
  | { readonly code: 'beyond-cut'; readonly by: LogEntryId }
  /** `by` has ended its author's writing, and only `entry`, which is not here, can show whether it had been accepted. */
  | { readonly code: 'cut-unknown'; readonly by: LogEntryId; readonly entry: EntryId }
  /** The right by which it was written was given by somebody who had none to give. */
  | { readonly code: 'lapsed' }
  /** Its author has written two entries at `seq`, and it is one of them or builds on one. */
  | { readonly code: 'forked'; readonly seq: number }
  /** It builds on `on`, which is not accepted or was not when its author applied it. */
  | { readonly code: 'dependency'; readonly on: EntryId }

export type Verdict =
  | { readonly t: 'accepted' }
  | { readonly t: 'quarantined'; readonly reason: Reason }
  | ({ readonly t: 'waiting' } & Missing)

/** What is not here, and something that is here cannot be judged without: sorted. */
export interface Missing {
  readonly log: readonly LogEntryId[]
  readonly entries: readonly EntryId[]
}

export interface Quarantined {
  readonly id: EntryId
  readonly feed: DeviceId
  readonly seq: number
  readonly reason: Reason
}

/** A device has written, or named as one's own past, different entries at one position. */
export interface Fork {
  readonly feed: DeviceId
  /** The lowest such position. */
  readonly seq: number
  /** Those of that position: sorted. */
  readonly entries: readonly EntryId[]
}

export interface Changes {
  /** Parents before children. */
  readonly accepted: readonly EntryId[]
  /** Were accepted when this was last asked for: children before parents. */
  readonly withdrawn: readonly EntryId[]
}

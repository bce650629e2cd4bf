/** What all replicas have in common: how much of them there may be, and is. */
import type { Appended } from '../../worker/mesh/platform.js'
import type { Rows } from './rows.js'
import type { Makers } from './makers.js'
import { readSize } from './shelf.js'

export interface Limits {
  /** Of one replica, and of all, in bytes. */
  readonly replica: number
  readonly total: number
  /** Replicas that one key may begin. */
  readonly perKey: number
}

export interface Room {
  /** How many there are. */
  count: number
  /** Who has begun them. */
  readonly makers: Makers
  readonly database: Rows
  readonly limits: Limits
  /** Bytes that are kept in all. */
  used: number
}

export interface ReplicaEvents {
  /** Entries that are here from now on, durably. */
  appended(entries: readonly Appended[]): void
  /** There is another checkpoint, which may stand for entries that are here no more, or never were. */
  checkpointed(): void
  /** There is more room than before. */
  freed(): void
  /** Something could not be taken, for what comes before it is not here. */
  gap(): void
  /** There is no room for more. */
  full(): void
  /** The disk has something else than was written. It is here no more, and can be brought again. */
  damaged(): void
}

export const countOfAll = (database: Rows): number => database.rows(['replica']).length

/** Bytes of all replicas. */
export const sizeOfAll = (database: Rows): number =>
  database.rows(['size']).reduce((sum, { value }) => sum + readSize(value), 0)

/**
 * Rank: a strict total order of the grants of a log, and so of its members. Who outranks another may remove or demote
 * them, and nobody else may: there are no duels, and no cycles.
 */
import { levelOf, type LogEntryId, type Role } from './actions.js'

export interface Rank {
  /** Of the role; recovery is above all roles. */
  readonly level: number
  /** Of the entry that granted it: the longest path from genesis. */
  readonly depth: number
  readonly id: LogEntryId
}

export const RECOVERY_LEVEL = 4

export const rankOf = (role: Role, { depth, id }: { depth: number; id: LogEntryId }): Rank => ({
  level: levelOf(role),
  depth,
  id,
})

/** Positive if `a` outranks `b`: by the role, then by who got it first, then by the smaller hash. */
export function compareRanks(a: Rank, b: Rank): number {
  return (
    // defence: rank-by-role
    a.level - b.level ||
    // defence: rank-by-depth
    b.depth - a.depth ||
    compareIds(b.id, a.id)
  )
}

export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

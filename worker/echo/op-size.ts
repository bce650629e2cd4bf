/** What an operation may add to the bytes of a value: an upper bound. */
import type { Op } from '../protocol/operations.js'
import { sizeOf } from '../protocol/values.js'

export const opSize = (op: Op): number => ('v' in op && typeof op.v !== 'boolean' ? sizeOf(op.v) : 16)

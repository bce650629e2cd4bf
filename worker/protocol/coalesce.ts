/**
 * Typing that is one edit: a splice of a text and the next one that touches it. What a tab, an entry and a message hold
 * then grows with what was written, and not with how many keys it took.
 */
import type { Op } from './operations.js'
import { startsWith } from './transform.js'

type Splice = Extract<Op, { t: 'text' }>

/** What was joined is copied for each further key: so many UTF-16 units at most. */
const MOST = 4096

/** Appends an operation made right after those before it, or joins it to the last of them. */
export function coalesce(ops: Op[], op: Op): void {
  const last = ops.at(-1)
  if (
    op.t === 'text' &&
    last?.t === 'text' &&
    last.v.length + op.v.length <= MOST &&
    op.i <= last.i + last.v.length &&
    op.i + op.n >= last.i &&
    op.at.length === last.at.length &&
    startsWith(op.at, last.at)
  )
    ops[ops.length - 1] = join(last, op)
  else ops.push(op)
}

/** The second one begins or ends in what the first one wrote, or at its edge, or reaches over it. */
function join(first: Splice, { i, n, v }: Splice): Splice {
  const [from, to] = [i - first.i, i + n - first.i]
  const before = Math.max(0, -from)
  const after = Math.max(0, to - first.v.length)
  return {
    ...first,
    i: Math.min(i, first.i),
    n: first.n + before + after,
    v: first.v.slice(0, Math.max(0, from)) + v + first.v.slice(Math.max(0, to)),
  }
}

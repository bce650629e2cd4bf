/**
 * Maps an edit made on an older state forward over what happened since ("positions, not heads").
 * The worker fixes the order of all operations of its tabs; each side of a tab's stream runs the same function
 * over the same pairs, so both compute the same result and only counts need to be acknowledged.
 *
 * What two tabs see never depends on the finesse of these rules: confirmed state is the worker's sequence,
 * whatever it is. The rules only decide how well an edit keeps its author's intention.
 */
import type { Op, Path } from './operations.js'

type Placed = Exclude<Op, { t: 'gone' }>
type Sequence = Extract<Op, { t: 'list' | 'text' }>
type Move = Extract<Op, { t: 'move' }>

/**
 * `a` as it reads once `b`, made on the same state, has been applied.
 * @param later whether `a` comes after `b` in the worker's order: the later of two puts, or moves, wins
 * @param right whether what `a` inserts stands right of what `b` inserts at the same place. It depends on who they
 *   are, not on the order, so that two who type at one place each keep their words whole
 * @returns no operation where `b` took away what `a` changed; several where `b` split it.
 */
export function transform(a: Op, b: Op, later: boolean, right: boolean): Op[] {
  if (a.t === 'gone' || b.t === 'gone') return a.t === b.t && !later ? [] : [a]
  if (!startsWith(a.at, b.at)) return [a]
  const inside = a.at.length > b.at.length
  if (b.t === 'put' || b.t === 'del') return overPut(a, inside, later)
  if (b.t !== 'list' && b.t !== 'move')
    return inside || a.t !== 'text' || b.t !== 'text' ? [a] : sequenceOver(a, b, right)
  if (inside) {
    const index = a.at[b.at.length]!
    if (typeof index !== 'number') return [a]
    const mapped = mapElement(b, index)
    return mapped === undefined ? [] : [{ ...a, at: [...b.at, mapped, ...a.at.slice(b.at.length + 1)] }]
  }
  if (a.t === 'list') return b.t === 'list' ? sequenceOver(a, b, right) : spliceOverMove(a, b, right)
  if (a.t === 'move') return moveOver(a, b, later, right)
  return [a]
}

/**
 * Two runs of operations on one state: what each becomes on top of the other.
 * @param right whether the later run's insertions stand right of the earlier run's
 * @returns `[earlier on top of later, later on top of earlier]`
 */
export function transformRuns(earlier: readonly Op[], later: readonly Op[], right: boolean): [Op[], Op[]] {
  let top = [...earlier]
  const side: Op[] = []
  for (const op of later) {
    let column: Op[] = [op]
    const row: Op[] = []
    for (const over of top) {
      const [nextRow, nextColumn] = transformPair(over, column, right)
      row.push(...nextRow)
      column = nextColumn
    }
    side.push(...column)
    top = row
  }
  return [top, side]
}

function transformPair(earlier: Op, later: readonly Op[], right: boolean): [Op[], Op[]] {
  if (later.length === 0) return [[earlier], []]
  if (later.length === 1) {
    const before = transform(earlier, later[0]!, false, !right)
    const after = transform(later[0]!, earlier, true, right)
    return [before, after]
  }
  return transformRuns([earlier], later, right)
}

/** Where the list element at `index` stands after the operation; undefined if it was deleted. */
export function mapElement(over: Extract<Op, { t: 'list' | 'move' }>, index: number): number | undefined {
  if (over.t === 'list') {
    if (index < over.i) return index
    return index < over.i + over.n ? undefined : index - over.n + over.v.length
  }
  if (index === over.i) return over.to
  const without = index > over.i ? index - 1 : index
  return without >= over.to ? without + 1 : without
}

export const startsWith = (path: Path, prefix: Path): boolean =>
  path.length >= prefix.length && prefix.every((key, i) => key === path[i])

/** `b` set or deleted the very field, or a container around it. */
function overPut(a: Placed, inside: boolean, later: boolean): Op[] {
  if (inside) return []
  const sets = a.t === 'put' || a.t === 'del' || a.t === 'inc'
  return later && sets ? [a] : []
}

/** Where a gap (an insertion point) stands after a splice or a move. */
function mapGap(over: Sequence | Move, gap: number, right: boolean): number {
  if (over.t === 'move') {
    const without = gap > over.i ? gap - 1 : gap
    return without > over.to || (without === over.to && right) ? without + 1 : without
  }
  const inserted = over.v.length
  if (gap < over.i) return gap
  if (gap > over.i && gap >= over.i + over.n) return gap - over.n + inserted
  // Strictly inside what was deleted is right of what replaced it.
  return over.i + (right || gap > over.i ? inserted : 0)
}

/** A splice over a splice of the same list or text. What `b` inserted inside the range that `a` deletes survives. */
function sequenceOver<S extends Sequence>(a: S, b: Sequence, right: boolean): S[] {
  const [end, bEnd] = [a.i + a.n, b.i + b.n]
  const before = Math.max(0, Math.min(end, b.i) - a.i)
  const after = Math.max(0, end - Math.max(a.i, bEnd))
  const rightAt = Math.max(a.i, bEnd) - b.n + b.v.length
  const gap = before > 0 ? a.i : mapGap(b, a.i, right)
  const none = (a.t === 'text' ? '' : []) as S['v']
  if (after === 0 || (before > 0 && b.v.length === 0) || (before === 0 && gap === rightAt)) {
    return before + after + a.v.length === 0 ? [] : [{ ...a, i: gap, n: before + after }]
  }
  // The right part first: deleting it moves nothing to its left.
  const rest = { ...a, i: rightAt, n: after, v: none }
  return before + a.v.length === 0 ? [rest] : [rest, { ...a, i: gap, n: before }]
}

function spliceOverMove(a: Extract<Op, { t: 'list' }>, b: Move, right: boolean): Op[] {
  const gap = mapGap(b, a.i, right)
  const grown = a.v.length
  const doomed = Array.from({ length: a.n }, (_, k) => mapElement(b, a.i + k)!).sort((x, y) => y - x)
  const insert: Op[] = grown > 0 ? [{ ...a, i: gap, n: 0 }] : []
  return [...insert, ...doomed.map((i): Op => ({ ...a, i: i >= gap ? i + grown : i, n: 1, v: [] }))]
}

function moveOver(a: Move, b: Extract<Op, { t: 'list' }> | Move, later: boolean, right: boolean): Op[] {
  const from = mapElement(b, a.i)
  if (from === undefined || (b.t === 'move' && b.i === a.i && !later)) return []
  const gap = mapGap(b, a.to <= a.i ? a.to : a.to + 1, right)
  const to = gap > from ? gap - 1 : gap
  return to === from ? [] : [{ ...a, i: from, to }]
}

/**
 * A tab's own edits, joined to what another tab has brought back of the same object. That one may have shown some of them
 * and not others; nothing says which, so that each is looked for: an insertion that is there is not made twice, and
 * nothing that is there is taken away for it.
 */
import { valueAt, type Op, type Path } from '../worker/protocol/operations.js'
import {
  isList,
  isText,
  sameStored,
  type Stored,
  type StoredRecord,
  type StoredText,
} from '../worker/protocol/values.js'

/** Differences up to which two lists are compared: some 30 MB for a moment. Beyond, what is there stays as it is. */
const MOST_DIFFERENCES = 4_000

/**
 * @param now what is there
 * @param mine what this tab showed
 * @param base what it showed before its first edit that was not durable
 * @param edits those edits
 * @returns what is to be done to what is there
 */
export function missingFrom(
  now: StoredRecord,
  mine: StoredRecord,
  base: StoredRecord,
  edits: readonly Op[],
): Op[] {
  const paths = new Map(edits.flatMap((op) => (op.t === 'gone' ? [] : [[JSON.stringify(op.at), op.at]])))
  return [...paths.values()].flatMap((at) => {
    const [here, shown, was] = [now, mine, base].map((value) => valueAt(value, at))
    // What it lay in is gone, or it is there.
    if (valueAt(now, at.slice(0, -1)) === undefined || same(here, shown)) return []
    if (isText(here) && isText(shown)) return textInsertions(at, here, shown, was)
    if (isList(here) && isList(shown))
      return insertions(here, shown, isList(was) ? was : []).map(([i, v]): Op => ({
        t: 'list',
        at,
        i,
        n: 0,
        v,
      }))
    const own = edits.some((op) => op.t === 'put' && String(op.at) === String(at) && same(op.v, here))
    // Somebody else has changed it since. Of two puts that one is the later; two counts cannot be told apart.
    if (!own && !same(here, was)) return []
    return [shown === undefined ? { t: 'del', at } : { t: 'put', at, v: shown }]
  })
}

function textInsertions(at: Path, here: StoredText, shown: StoredText, was: Stored | undefined): Op[] {
  // Characters, so that no pair of surrogates is split.
  const characters = [...here['@text']]
  const found = insertions(characters, [...shown['@text']], isText(was) ? [...was['@text']] : [])
  return found.map(([i, v]) => ({
    ...{ t: 'text', at, n: 0, v: v.join('') },
    i: characters.slice(0, i).join('').length,
  }))
}

/**
 * What `mine` has and neither `now` nor `base` has: where it belongs in `now`, the last one first, so that no
 * insertion moves the place of another.
 */
function insertions<T extends Stored>(
  now: readonly T[],
  mine: readonly T[],
  base: readonly T[],
): [number, T[]][] {
  const [were, are] = [pairs(base, mine), pairs(now, mine)]
  if (!were || !are) return []
  const before = new Set(were.map(([, j]) => j))
  const found: [number, T[]][] = []
  let [i, j] = [0, 0]
  for (const [x, y] of [...are, [now.length, mine.length] as const]) {
    const fresh = mine.slice(j, y).filter((_, k) => !before.has(j + k))
    if (fresh.length > 0) found.push([i, fresh])
    ;[i, j] = [x + 1, y + 1]
  }
  return found.reverse()
}

/**
 * Pairs of indices of what two lists have in common, in order; undefined if they differ too much. The time that it takes
 * grows with how much they differ, not with the square of their lengths: a text of many pages differs in what a few tabs
 * typed in a second (Myers, An O(ND) Difference Algorithm, 1986).
 */
function pairs<T extends Stored>(from: readonly T[], to: readonly T[]): [number, number][] | undefined {
  /** For each number of differences, how far each diagonal got: `from` index, of the diagonals -d to d. */
  const reached: Int32Array[] = []
  const most = Math.min(from.length + to.length, MOST_DIFFERENCES)
  for (let d = 0; d <= most; d++) {
    const last = reached.at(-1)
    const now = new Int32Array(2 * d + 1)
    reached.push(now)
    for (let k = -d; k <= d; k += 2) {
      let i = last ? stepTo(last, d, k) : 0
      while (i < from.length && i - k < to.length && same(from[i], to[i - k])) i++
      now[k + d] = i
      if (i >= from.length && i - k >= to.length) return wayBack(reached, from.length, to.length)
    }
  }
  return undefined
}

/** Whether diagonal k is best reached from the one above, by an element of `to` that is not in `from`. */
const isFromAbove = (last: Int32Array, d: number, k: number): boolean =>
  k === -d || (k !== d && last[k + d - 2]! < last[k + d]!)
const stepTo = (last: Int32Array, d: number, k: number): number =>
  isFromAbove(last, d, k) ? last[k + d]! : last[k + d - 2]! + 1

function wayBack(reached: readonly Int32Array[], i: number, j: number): [number, number][] {
  const found: [number, number][] = []
  for (let d = reached.length - 1; d >= 0; d--) {
    const last = reached[d - 1]
    const k = i - j
    const start = last ? stepTo(last, d, k) : 0
    while (i > start) found.push([--i, --j])
    if (!last) break
    if (isFromAbove(last, d, k)) j--
    else i--
  }
  return found.reverse()
}

const same = (a: Stored | undefined, b: Stored | undefined) =>
  a === undefined || b === undefined ? a === b : sameStored(a, b)

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
import { common } from './diff.js'

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
  const before = new Set(pairs(base, mine).map(([, j]) => j))
  const found: [number, T[]][] = []
  let [i, j] = [0, 0]
  for (const [x, y] of [...pairs(now, mine), [now.length, mine.length] as const]) {
    const fresh = mine.slice(j, y).filter((_, k) => !before.has(j + k))
    if (fresh.length > 0) found.push([i, fresh])
    ;[i, j] = [x + 1, y + 1]
  }
  return found.reverse()
}

/** Pairs of indices of what two lists have in common, in order. */
function pairs<T extends Stored>(from: readonly T[], to: readonly T[]): [number, number][] {
  const most = Math.min(from.length, to.length)
  let start = 0
  while (start < most && same(from[start], to[start])) start++
  let end = 0
  while (end < most - start && same(from.at(-1 - end), to.at(-1 - end))) end++
  const middle = common(from.slice(start, from.length - end), to.slice(start, to.length - end))
  return [
    ...Array.from({ length: start }, (_, i): [number, number] => [i, i]),
    ...middle.map(([i, j]): [number, number] => [start + i, start + j]),
    ...Array.from({ length: end }, (_, i): [number, number] => [from.length - end + i, to.length - end + i]),
  ]
}

const same = (a: Stored | undefined, b: Stored | undefined) =>
  a === undefined || b === undefined ? a === b : sameStored(a, b)

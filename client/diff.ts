/** What changed between two stored values, as operations: how an assignment to a text or a list merges. */
import { splitsPair, type Op, type Path } from '../worker/protocol/operations.js'
import {
  isList,
  isRecord,
  isText,
  sameStored,
  type Stored,
  type StoredRecord,
} from '../worker/protocol/values.js'

/** Cells of the table that finds what two lists have in common; beyond it the middle is replaced whole. */
const MAX_CELLS = 1 << 20

/** One splice that turns one text into the other; it never splits a surrogate pair. */
export function diffText(at: Path, from: string, to: string): Op[] {
  if (from === to) return []
  const most = Math.min(from.length, to.length)
  let start = 0
  while (start < most && from[start] === to[start]) start++
  if (splitsPair(from, start) || splitsPair(to, start)) start--
  let end = 0
  while (end < most - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++
  if (splitsPair(from, from.length - end) || splitsPair(to, to.length - end)) end--
  return [{ t: 'text', at, i: start, n: from.length - start - end, v: to.slice(start, to.length - end) }]
}

/** Operations that turn `from` into `to`: elements that are the same stay what they are, and so do their editors. */
export function diffList(at: Path, from: readonly Stored[], to: readonly Stored[]): Op[] {
  let start = 0
  while (start < from.length && start < to.length && sameStored(from[start], to[start])) start++
  let end = 0
  const most = Math.min(from.length, to.length) - start
  while (end < most && sameStored(from[from.length - 1 - end], to[to.length - 1 - end])) end++
  const [a, b] = [from.slice(start, from.length - end), to.slice(start, to.length - end)]
  const ops: Op[] = []
  let i = 0
  let j = 0
  // Indices of what was before are kept right by working on from the left with the new list's indices.
  for (const [x, y] of [...common(a, b), [a.length, b.length] as const]) {
    const replaced = Math.min(x - i, y - j)
    for (let k = 0; k < replaced; k++) ops.push(...diffValue([...at, start + j + k], a[i + k]!, b[j + k]!))
    const [n, v] = [x - i - replaced, b.slice(j + replaced, y)]
    if (n > 0 || v.length > 0) ops.push({ t: 'list', at, i: start + j + replaced, n, v })
    i = x + 1
    j = y + 1
  }
  return ops
}

/** Operations that turn the value at a path into another one. */
export function diffValue(at: Path, from: Stored | undefined, to: Stored): Op[] {
  if (from !== undefined && sameStored(from, to)) return []
  if (isText(from) && isText(to)) return diffText(at, from['@text'], to['@text'])
  if (isList(from) && isList(to)) return diffList(at, from, to)
  if (!isRecord(from) || !isRecord(to)) return [{ t: 'put', at, v: to }]
  const gone = Object.keys(from).filter((key) => !Object.hasOwn(to, key))
  return [
    ...gone.map((key): Op => ({ t: 'del', at: [...at, key] })),
    ...Object.keys(to).flatMap((key) => diffValue([...at, key], own(from, key), to[key]!)),
  ]
}

const own = (record: StoredRecord, key: string) => (Object.hasOwn(record, key) ? record[key] : undefined)

/** Pairs of indices of a longest common subsequence. */
export function common(a: readonly Stored[], b: readonly Stored[]): [number, number][] {
  if (a.length * b.length > MAX_CELLS) return []
  const width = b.length + 1
  const length = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] = sameStored(a[i], b[j])
        ? length[(i + 1) * width + j + 1]! + 1
        : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!)
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (sameStored(a[i], b[j])) pairs.push([i++, j++])
    else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!) i++
    else j++
  }
  return pairs
}

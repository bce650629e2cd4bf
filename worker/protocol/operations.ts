/**
 * What a tab asks to change in one object, and what that does to the object's stored value.
 * The same function runs in the tab, in the worker and in recovery, so that all of them show the same.
 * An operation whose target is not there changes nothing: `apply` then returns the very value it was given.
 */
import { isList, isRecord, isText, type Stored, type StoredRecord } from './values.js'

/** Keys of records and indices of lists, from the object's root. */
export type Path = readonly (string | number)[]

export type Op =
  /** Sets a field, or replaces the element of a list. */
  | { readonly t: 'put'; readonly at: Path; readonly v: Stored }
  /** Deletes a field. */
  | { readonly t: 'del'; readonly at: Path }
  /** In the list at `at`: at index `i` deletes `n` elements and inserts `v`. */
  | {
      readonly t: 'list'
      readonly at: Path
      readonly i: number
      readonly n: number
      readonly v: readonly Stored[]
    }
  /** In the text at `at`: at index `i` (UTF-16 units) deletes `n` units and inserts `v`. */
  | { readonly t: 'text'; readonly at: Path; readonly i: number; readonly n: number; readonly v: string }
  /** Moves the element at index `i` of the list at `at` so that it ends at index `to`. */
  | { readonly t: 'move'; readonly at: Path; readonly i: number; readonly to: number }
  /** Adds the integer `n` to a counted number; a missing field counts from 0. */
  | { readonly t: 'inc'; readonly at: Path; readonly n: number }
  /** Turns the plain string at `at` into collaborative text. */
  | { readonly t: 'totext'; readonly at: Path }
  /** Removes the whole object, or brings it back. */
  | { readonly t: 'gone'; readonly v: boolean }

/** The value at a path, or undefined. */
export function valueAt(root: Stored | undefined, path: Path): Stored | undefined {
  let value = root
  for (const key of path) {
    if (typeof key === 'number' ? isList(value) : isRecord(value) && Object.hasOwn(value, key))
      value = (value as StoredRecord)[key]
    else return undefined
  }
  return value
}

/** Whether an index of UTF-16 units lies inside a surrogate pair. */
export const splitsPair = (text: string, index: number): boolean =>
  (text.charCodeAt(index - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(index) & 0xfc00) === 0xdc00

/** The object's value after the operation: a new root that shares what did not change. */
export function apply(root: StoredRecord, op: Op): StoredRecord {
  return op.t === 'gone' ? root : (at(root, op.at, 0, op) as StoredRecord)
}

/** What is shown of an object, after operations that were made at a time. */
export function edited<R extends { value: StoredRecord; gone: boolean; updatedAt: number }>(
  record: R,
  ops: readonly Op[],
  updatedAt: number,
): R {
  let { value, gone } = record
  for (const op of ops)
    if (op.t === 'gone') gone = op.v
    else value = apply(value, op)
  return { ...record, value, gone, updatedAt }
}

function at(
  value: Stored | undefined,
  path: Path,
  depth: number,
  op: Exclude<Op, { t: 'gone' }>,
): Stored | undefined {
  if (depth === path.length) return target(value, op)
  const key = path[depth]!
  if (typeof key === 'number') {
    if (!isList(value) || key >= value.length) return value
    const next = at(value[key], path, depth + 1, op)
    if (next === value[key]) return value
    const copy = value.slice()
    copy[key] = next!
    return copy
  }
  if (!isRecord(value)) return value
  const before = Object.hasOwn(value, key) ? value[key] : undefined
  const next = at(before, path, depth + 1, op)
  if (next === undefined) {
    if (before === undefined) return value
    const { [key]: _, ...rest } = value
    return rest
  }
  return next === before ? value : { ...value, [key]: next }
}

/** What the operation makes of its target; undefined where there is, or shall be, none. */
function target(value: Stored | undefined, op: Exclude<Op, { t: 'gone' }>): Stored | undefined {
  switch (op.t) {
    case 'put':
      // An element is replaced, never appended: only a list operation makes a list longer.
      return typeof op.at.at(-1) === 'number' && value === undefined ? undefined : op.v
    case 'del':
      return typeof op.at.at(-1) === 'number' ? value : undefined
    case 'list':
      if (!isList(value) || op.i + op.n > value.length || (op.n === 0 && op.v.length === 0)) return value
      return [...value.slice(0, op.i), ...op.v, ...value.slice(op.i + op.n)]
    case 'move': {
      if (!isList(value) || op.i >= value.length || op.to >= value.length || op.i === op.to) return value
      const copy = value.slice()
      copy.splice(op.to, 0, ...copy.splice(op.i, 1))
      return copy
    }
    case 'text': {
      if (!isText(value)) return value
      const text = value['@text']
      if (op.i + op.n > text.length || (op.n === 0 && op.v === '')) return value
      if (splitsPair(text, op.i) || splitsPair(text, op.i + op.n)) return value
      return { '@text': text.slice(0, op.i) + op.v + text.slice(op.i + op.n) }
    }
    case 'inc':
      if (value !== undefined && !Number.isSafeInteger(value)) return value
      return Number.isSafeInteger(((value as number) ?? 0) + op.n) ? ((value as number) ?? 0) + op.n : value
    case 'totext':
      return typeof value === 'string' ? { '@text': value } : value
  }
}

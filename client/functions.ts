/** Functions on live objects: text, lists, counters, what is known of an object, and hearing of its changes. */
import { HearthError, invalid } from '../worker/protocol/errors.js'
import { splitsPair, valueAt, type Op } from '../worker/protocol/operations.js'
import { startsWith } from '../worker/protocol/transform.js'
import {
  checkKey,
  checkString,
  isList,
  isText,
  MAX_TEXT,
  utf8Length,
  type Stored,
} from '../worker/protocol/values.js'
import { nodeOf } from './identity.js'
import type { Node } from './nodes.js'
import type { Watcher } from './objects.js'
import { Text } from './store-value.js'
import type { Change, ChangeEvent, Meta } from './types.js'

/** Collaborative text for a field: edits of several people merge character by character. It reads as a string. */
export const text = (initial = ''): string => new Text(initial) as unknown as string

function field(
  object: object,
  name: string | number,
): { node: Node; at: (string | number)[]; value: Stored | undefined } {
  const node = nodeOf(object)
  if (typeof name === 'string') checkKey(name)
  return { node, at: [...node.path, name], value: valueAt(node.value, [name]) }
}

const isCount = (n: number, most: number) => Number.isSafeInteger(n) && n >= 0 && n <= most

/**
 * Edits collaborative text: at `index` (UTF-16 units) deletes `deleteCount` units and inserts `insert`.
 * @throws HearthError `echo/not-text`, `echo/invalid` (out of range, half a surrogate pair), `echo/too-large`
 */
export function splice(object: object, name: string, index: number, deleteCount = 0, insert = ''): void {
  const { node, at, value } = field(object, name)
  if (!isText(value)) throw new HearthError('echo/not-text', { field: name })
  const now = value['@text']
  checkString(insert)
  if (!isCount(index, now.length) || !isCount(deleteCount, now.length - index))
    invalid(`index ${index} and ${deleteCount} to delete are not within a text of ${now.length} units`)
  for (const edge of [index, index + deleteCount])
    if (splitsPair(now, edge)) invalid('an edit inside a surrogate pair')
  if ((now.length + insert.length) * 3 > MAX_TEXT && utf8Length(now) + utf8Length(insert) > MAX_TEXT)
    throw new HearthError('echo/too-large', { reason: 'a text over 4 MiB' })
  if (deleteCount > 0 || insert) node.write([{ t: 'text', at, i: index, n: deleteCount, v: insert }])
}

/** Turns a plain string into collaborative text, the same on every device. @throws HearthError `echo/not-text` */
export function makeText(object: object, name: string): void {
  const { node, at, value } = field(object, name)
  if (isText(value)) return
  if (typeof value !== 'string') throw new HearthError('echo/not-text', { field: name })
  node.write([{ t: 'totext', at }])
}

/** Moves an element of a list so that it ends at index `to`, without ever making two of it. @throws `echo/invalid` */
export function move(list: readonly unknown[], from: number, to: number): void {
  const node = nodeOf(list)
  const { value } = node
  if (!isList(value)) invalid('move takes a live list')
  const most = (value as Stored[]).length - 1
  if (!isCount(from, most) || !isCount(to, most))
    invalid(`move from ${from} to ${to} in a list of ${most + 1}`)
  if (from !== to) node.write([{ t: 'move', at: node.path, i: from, to }])
}

/** Adds to a counted number: what several add at once is added up. @throws HearthError `echo/invalid` */
export function increment(object: object, name: string, n = 1): void {
  const { node, at, value = 0 } = field(object, name)
  if (
    !Number.isSafeInteger(n) ||
    !Number.isSafeInteger(value) ||
    !Number.isSafeInteger((value as number) + n)
  )
    invalid('increment adds whole numbers to a whole number')
  if (n !== 0) node.write([{ t: 'inc', at, n }])
}

/** What is known of an object. @throws HearthError `echo/invalid` for what is not live */
export function meta(object: object): Meta {
  const { object: o } = nodeOf(object)
  const { record } = o
  return {
    id: o.id,
    type: record?.type ?? '',
    space: record?.space ?? ('' as Meta['space']),
    createdAt: new Date(record?.createdAt ?? 0),
    updatedAt: new Date(record?.updatedAt ?? 0),
    author: record?.author ?? '',
    state: record && o.gone ? 'missing' : o.state,
    pending: o.pending.size > 0,
    issues: [],
  }
}

/** Calls `run` after changes of the object, or of this part of it; once a microtask. Returns a way to stop. */
export function on(object: object, run: (event: ChangeEvent) => void): () => void {
  const node = nodeOf(object)
  const waiting: (ChangeEvent & { readonly changes: Change[] })[] = []
  const deliver = () => {
    for (const event of waiting.splice(0)) if (watchers.has(watch)) run(event)
  }
  const watch: Watcher = (ops, origin, by) => {
    const here = ops?.filter((op) => concerns(op, node))
    if (here?.length === 0) return
    const changes = here?.map(changeOf) ?? [{ path: [], kind: 'replace' as const }]
    const last = waiting.at(-1)
    if (last?.origin === origin && last.by === by) last.changes.push(...changes)
    else if (waiting.push({ changes, origin, by }) === 1) queueMicrotask(deliver)
  }
  const watchers = (node.object.watchers ??= new Set())
  watchers.add(watch)
  return () => void watchers.delete(watch)
}

function concerns(op: Op, node: Node): boolean {
  if (op.t === 'gone' || !node.parent) return true
  const { path } = node
  return startsWith(op.at, path) || startsWith(path, op.at)
}

const kinds = {
  put: 'set',
  del: 'delete',
  list: 'list',
  text: 'text',
  move: 'move',
  inc: 'increment',
  totext: 'convert',
} as const

function changeOf(op: Op): Change {
  if (op.t === 'gone') return { path: [], kind: op.v ? 'remove' : 'restore' }
  const change = { path: op.at, kind: kinds[op.t] }
  if (op.t === 'list' || op.t === 'text') return { ...change, index: op.i, deleteCount: op.n, inserted: op.v }
  return op.t === 'move' ? { ...change, index: op.i, inserted: op.to } : change
}

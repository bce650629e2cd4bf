/**
 * All that was done to an object as one Automerge document, which is a small part of its changes one by one, and which entry brought what
 * of it. So entries can be made again that hold just these changes.
 */
import type { DeviceId } from '../../protocol/ids.js'
import { readChange } from './change.js'
import { buildCreation, type Creation } from './creation.js'
import { newHandle, type Handle } from './handle.js'
import { checkPlain } from './plain-document.js'
import { loadSaved } from './saved.js'

/** A change of an object, and the entry that brought it. */
export interface Brought {
  readonly feed: DeviceId
  readonly seq: number
  readonly change: Uint8Array
}

/**
 * By feeds, in order of entries: where `document` is null, the changes themselves; else runs of three numbers, an entry, the place of a
 * change in the document, and how often both go on by one.
 */
export type History =
  | { readonly document: Uint8Array; readonly runs: ReadonlyMap<DeviceId, readonly number[]> }
  | {
      readonly document: null
      readonly changes: ReadonlyMap<DeviceId, readonly (readonly [seq: number, change: Uint8Array])[]>
    }

/** Changes that are applied in one turn. */
const TOGETHER = 512
/** Nobody writes with it. */
const NOBODY = '00'.repeat(16)

/**
 * @param brought of each feed in order; all that are taken of the object
 * @param pause between turns
 */
export async function packHistory(
  creation: Creation,
  brought: readonly Brought[],
  pause: () => Promise<void>,
): Promise<History> {
  return (await packed(creation, brought, pause)) ?? { document: null, changes: byFeed(brought) }
}

async function packed(
  creation: Creation,
  brought: readonly Brought[],
  pause: () => Promise<void>,
): Promise<History | undefined> {
  const doc = newHandle(NOBODY)
  try {
    doc.applyChanges([buildCreation(creation)])
    const hashes: string[] = []
    for (let i = 0; i < brought.length; i += TOGETHER) {
      const changes = brought.slice(i, i + TOGETHER).map(({ change }) => change)
      hashes.push(...changes.map((change) => readChange(change).hash))
      doc.applyChanges(changes)
      await pause()
    }
    const document = doc.saveNoCompress()
    const places = placesIn(document)
    const runs = new Map<DeviceId, number[]>()
    for (const [i, { feed, seq }] of brought.entries()) {
      const place = places.get(hashes[i]!)
      // It was refused, or what it builds on is not there: a document does not have it, and somebody may once be asked for it.
      if (place === undefined) return undefined
      const list = runs.get(feed)
      if (!list) runs.set(feed, [seq, place, 1])
      else if (goesOn(list, seq, place)) list[list.length - 1]!++
      else list.push(seq, place, 1)
    }
    // One is the creation's, which is no entry's change.
    return new Set(hashes).size === places.size - 1 ? { document, runs } : undefined
  } catch {
    return undefined
  } finally {
    doc.free()
  }
}

/** Of each change by its hash, where whoever reads the document finds it. */
function placesIn(document: Uint8Array): ReadonlyMap<string, number> {
  const doc = newHandle(NOBODY)
  try {
    loadSaved(doc, document)
    return new Map(doc.getChangesMeta([]).map(({ hash }, place) => [hash, place]))
  } finally {
    doc.free()
  }
}

const goesOn = (list: readonly number[], seq: number, place: number): boolean => {
  const [first, from, count] = list.slice(-3) as [number, number, number]
  return seq === first + count && place === from + count
}

/** In the order in which each feed brought them. @throws Error for what is no such history */
export function unpackHistory(history: History): Brought[] {
  if (history.document === null)
    return [...history.changes].flatMap(([feed, list]) =>
      list.map(([seq, change]) => ({ feed, seq, change })),
    )
  const changes = changesOf(history.document)
  const brought: Brought[] = []
  for (const [feed, runs] of history.runs)
    for (let i = 0; i < runs.length; i += 3) {
      const [seq, place, count] = runs.slice(i, i + 3) as [number, number, number]
      if (place + count > changes.length) throw new RangeError('a change that is not there')
      for (let n = 0; n < count; n++) brought.push({ feed, seq: seq + n, change: changes[place + n]! })
    }
  return brought
}

/** Entries that brought changes of it: of each feed, in order, each once. */
export function* entriesOf(history: History): Generator<readonly [feed: DeviceId, seq: number]> {
  if (history.document === null) {
    for (const [feed, list] of history.changes)
      for (const [i, [seq]] of list.entries()) if (list[i - 1]?.[0] !== seq) yield [feed, seq]
    return
  }
  for (const [feed, runs] of history.runs) {
    let last = 0
    for (let i = 0; i < runs.length; i += 3)
      for (let n = 0; n < runs[i + 2]!; n++) if (runs[i]! + n !== last) yield [feed, (last = runs[i]! + n)]
  }
}

/** Of a document that somebody else has saved. @throws Error where it is none, or inflates */
function changesOf(document: Uint8Array): Uint8Array[] {
  checkPlain(document)
  const doc: Handle = newHandle(NOBODY)
  try {
    loadSaved(doc, document)
    return doc.getChanges([])
  } finally {
    doc.free()
  }
}

function byFeed(brought: readonly Brought[]): ReadonlyMap<DeviceId, (readonly [number, Uint8Array])[]> {
  const changes = new Map<DeviceId, [number, Uint8Array][]>()
  for (const { feed, seq, change } of brought) {
    const list = changes.get(feed)
    if (list) list.push([seq, change])
    else changes.set(feed, [[seq, change]])
  }
  return changes
}

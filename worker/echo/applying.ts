/**
 * What entries of other devices do: in documents first; then in one transaction; and then, in one turn, in what is shown. What a tab has
 * written meanwhile is mapped over it.
 */
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Damage } from '../protocol/status.js'
import { transformRuns } from '../protocol/transform.js'
import { sameStored } from '../protocol/values.js'
import { verifyItem } from '../protocol/verify.js'
import type { Store, Write } from '../store.js'
import type { Batch } from './batch.js'
import { createdBy } from './created.js'
import type { Creation } from './documents/creation.js'
import type { Documents } from './documents.js'
import { isBare, type StoredEntry } from './bare-entry.js'
import type { Entry } from './entry.js'
import type { Feeds, Placed } from './feeds.js'
import { hashText } from './hash-text.js'
import type { EntryPlace, Journal, JournalRow } from './journal.js'
import type { Appended, JudgedHeader } from './keeper.js'
import { opSize } from './op-size.js'
import type { Space } from './space.js'
import type { Syncing } from './syncing.js'
import type { Tails } from './tails.js'
import { touchedRow } from './touched.js'

/** What was done to an object that was there. */
export interface Shown {
  readonly id: ObjectId
  /** As they read on top of what waits here. */
  readonly ops: readonly Op[]
  readonly at: number
  readonly before: ObjectRecord
  /** Who did it: of several whose entries are applied together, the one whose entry is the last of those that change the object. */
  readonly author: DeviceId
}

/** What applying does to ECHO. */
export interface Shows {
  damage(damage: Damage): void
  /** Somebody else writes as this device: from now on it must not, before it has come in anew. */
  copied(): void
  /** Whether an object is in another space. */
  elsewhere(id: ObjectId, space: Space): boolean
  /** Batches that are accepted and not durable. */
  pending(): readonly Batch[]
  /** These are written, and come next in their feeds. */
  appended(space: Space, entries: readonly Appended[]): void
  /** New objects, and what was done to others, in what is shown. */
  show(space: Space, created: readonly ObjectRecord[], edits: readonly Shown[]): void
}

/** An entry that is by whoever it says, or by whom a checkpoint says. */
export interface Checked {
  readonly bytes: Uint8Array
  readonly sealed: StoredEntry
  readonly header: JudgedHeader
}
/** An entry that was opened, or could not be: then it counts, and has nothing in it. */
export interface Opened extends Checked {
  readonly entry: Entry | undefined
  /** Whether the store has it among those that do not count. */
  readonly isStray: boolean
}

/** What entries did in documents, before it is durable. */
export interface Applied {
  readonly opened: readonly (Opened & Placed)[]
  readonly created: ReadonlyMap<ObjectId, Created>
  readonly edits: Journal
  /** Entries with changes of an object. */
  readonly changed: ReadonlyMap<ObjectId, readonly Entry[]>
  readonly tail: ReturnType<Tails['with']> | undefined
}

interface Created {
  readonly creation: Creation
  readonly record: ObjectRecord
  readonly seq: number
}

export class Applying {
  constructor(
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly tails: Tails,
    private readonly syncing: Syncing,
    private readonly showing: Shows,
  ) {}

  /**
   * What entries do, in documents only.
   * @param last what is not taken yet: `taken` resolves when it is
   */
  async apply(
    space: Space,
    feeds: Feeds,
    opened: readonly (Opened & Placed)[],
    last: Applied | undefined,
    taken: () => Promise<void>,
  ): Promise<Applied> {
    const created = await this.creations(space, opened, last)
    const changed = new Map<ObjectId, Entry[]>()
    for (const { entry } of opened)
      for (const [id] of entry?.changes ?? []) {
        const list = changed.get(id)
        if (!list) changed.set(id, [entry!])
        else if (list.at(-1) !== entry) list.push(entry!)
      }
    const edits: [id: ObjectId, ops: readonly Op[], at: number][] = []
    const leftOut = new Set<Entry>()
    const creationOf = (id: ObjectId) => (created.get(id) ?? last?.created.get(id))?.creation
    const known = [...changed.keys()].filter((id) => creationOf(id) || space.rows.has(id))
    try {
      await this.documents.loadAll(
        space,
        known.map((id) => [id, creationOf(id)]),
      )
      for (const [id, list] of changed) {
        const creation = creationOf(id)
        if (!creation && !space.rows.has(id)) {
          this.showing.damage(misfit(space, id, 'it was never made'))
          continue
        }
        const merged = await this.documents.merge(space, id, list, { fresh: creation, stored: taken })
        const { ops, refused, waiting } = merged
        for (const entry of merged.leftOut) leftOut.add(entry)
        for (const { reason } of refused) this.showing.damage(misfit(space, id, reason))
        if (waiting.length > 0) this.showing.damage(misfit(space, id, 'what they build on is not there'))
        if (ops.length > 0) edits.push([id, ops, Math.max(...list.map(({ at }) => at))])
      }
      await taken()
      return { opened, created, edits, changed, tail: this.tailOf(space, feeds, leftOut) }
    } catch (e) {
      await taken().catch(() => undefined)
      for (const id of changed.keys()) this.documents.forget(id)
      throw e
    }
  }

  /** All that they did, in one transaction; and then in what is shown. */
  async take(space: Space, feeds: Feeds, applied: Applied): Promise<void> {
    const { changed, tail } = applied
    try {
      // What this device lost of its own, nobody else gives again.
      if (tail) await this.store.write([...rowsOf(space, applied), tail.write], 'strict')
      else await this.store.write(rowsOf(space, applied), 'relaxed')
      this.syncing.wrote()
    } catch (e) {
      for (const id of changed.keys()) this.documents.forget(id)
      throw e
    }
    if (tail) {
      tail.kept()
      this.showing.copied()
    }
    this.took(space, feeds, applied)
  }

  /** Of what is left out of documents from now on, what this device wrote: it is written again. */
  private tailOf(
    space: Space,
    feeds: Feeds,
    leftOut: ReadonlySet<Entry>,
  ): ReturnType<Tails['with']> | undefined {
    const lost = new Map<DeviceId, string[]>()
    for (const { feed, seq, id: bytes } of leftOut) {
      const id = hashText(bytes)
      if (!space.wrote(feed, seq) || feeds.placeOf(id)?.at !== feed) continue
      lost.set(feed, [...(lost.get(feed) ?? []), id])
    }
    return lost.size > 0 ? this.tails.with(space, lost, false) : undefined
  }

  /** All of it is written: in one turn it is shown, and counts. */
  private took(space: Space, feeds: Feeds, { opened, created, edits, changed }: Applied): void {
    for (const { sealed, header, entry, place } of opened) {
      const { feed, id } = sealed
      const { at, n } = place
      // Of this device's own, one that counts again is not the last.
      if (at !== space.device || n > space.seq) space.feeds.set(at, { seq: n, head: id })
      if (feed !== space.device) space.fresh.set(at, header.id)
      space.lamport = Math.max(space.lamport, entry?.lamport ?? 0)
    }
    space.applied++
    feeds.took(opened)
    for (const { sealed, place } of opened)
      if (isBare(sealed)) space.bare.set(place.at, Math.max(place.n, space.bare.get(place.at) ?? 0))
    // Others would not take a bare one, or what lies in a branch.
    const passable = opened.filter(({ sealed, place }) => place.at === sealed.feed && !isBare(sealed))
    this.showing.appended(
      space,
      passable.map(({ sealed, header, bytes }) => ({
        feed: sealed.feed,
        seq: sealed.seq,
        id: header.id,
        bytes,
      })),
    )
    for (const { record, seq } of created.values()) space.addStored(record, seq).isNew = true
    // Also by what nobody sees: it is in the document.
    for (const id of changed.keys()) {
      const row = space.rows.get(id)
      if (row) row.isNew = false
    }
    const shown = edits.map(([id, ops, at]): Shown => {
      const row = space.rows.get(id)!
      const before = row.record
      const onTop = mapPending(id, ops, this.showing.pending())
      row.merge(ops, onTop, at)
      row.bytes += ops.reduce((sum, op) => sum + opSize(op), 0)
      space.pages.touch(row.page)
      return { id, ops: onTop, at, before, author: changed.get(id)!.at(-1)!.feed }
    })
    this.showing.show(
      space,
      [...created.values()].map(({ record }) => record),
      shown,
    )
  }

  /**
   * New objects, each as whoever made it made it. One whose id is taken is not made; that is nothing to speak of if it would begin just
   * as the one that is there, for then the same is written again (tails.ts).
   */
  private async creations(
    space: Space,
    opened: readonly (Opened & Placed)[],
    last: Applied | undefined,
  ): Promise<Map<ObjectId, Created>> {
    const created = new Map<ObjectId, Created>()
    for (const { entry, place } of opened)
      for (const [index, creation] of entry?.creations.entries() ?? []) {
        const [id, type, value] = creation
        try {
          // defence: creation-as-a-tab-may
          verifyItem({ id, type, value })
          const other = created.get(id) ?? last?.created.get(id)
          if (other || space.rows.has(id) || this.showing.elsewhere(id, space)) {
            const before = other?.creation ?? (await this.documents.creationOf(space, id))
            if (before && sameStored([before.type, before.value], [type, value])) continue
            throw new HearthError('echo/invalid', { reason: 'its id is taken' })
          }
        } catch (e) {
          this.showing.damage(misfit(space, id, (e as Error).message))
          continue
        }
        const record = createdBy(space.id, entry!, creation, index)
        created.set(id, { creation: { id, type, value }, record, seq: place.n })
      }
    return created
  }
}

/** Entries that count from now on, and what they did. */
function rowsOf(space: Space, { opened, edits }: Applied): Write[] {
  const writes: Write[] = []
  const entries: EntryPlace[] = []
  const touches = new Map<ObjectId, Map<DeviceId, number[]>>()
  for (const { bytes, header, entry, isStray, place } of opened) {
    const { at, n } = place
    writes.push({ table: 'entries', key: [space.id, at, n], put: bytes })
    if (isStray) writes.push({ table: 'strays', key: [space.id, header.id], delete: true })
    for (const [object] of entry?.changes ?? []) {
      const feeds = touches.get(object) ?? new Map<DeviceId, number[]>()
      const seqs = feeds.get(at)
      if (!seqs) feeds.set(at, [n])
      else if (seqs.at(-1) !== n) seqs.push(n)
      touches.set(object, feeds)
    }
    entries.push([at, n])
  }
  for (const [object, feeds] of touches)
    for (const [at, seqs] of feeds) writes.push(touchedRow(space.id, object, at, seqs))
  const row: JournalRow = { entries, edits }
  return [...writes, { table: 'journal', key: [space.id, space.applied + 1], put: row }]
}

/**
 * Others' operations on what is durable, as they read on top of what waits; and what waits, as it reads on top of them. What is
 * durable first comes first.
 */
function mapPending(id: ObjectId, ops: readonly Op[], pending: readonly Batch[]): readonly Op[] {
  let top: readonly Op[] = ops
  for (const { items } of pending)
    for (const item of items) {
      if (item.id !== id || !('ops' in item)) continue
      const [above, mapped] = transformRuns(top, item.ops, true)
      ;(item as { ops: readonly Op[] }).ops = mapped
      top = above
    }
  return top
}

const misfit = (space: Space, object: ObjectId, reason: string): Damage => ({
  ...{ what: 'document', space: space.id, object },
  message: `changes of another device to this object were left out: ${reason}`,
})

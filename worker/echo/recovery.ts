/**
 * A space as its store tells it. What follows the pages comes first: the entries after the position that pages stand
 * for, replayed from the journal. Then pages come, one by one, each object with the edits that follow it. What pages or
 * journals have lost is made again from entries at the end, and is not shown before.
 */
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import { edited, type Op } from '../protocol/operations.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Damage } from '../protocol/status.js'
import { isRecord, sizeOf, type Stored } from '../protocol/values.js'
import { hashText } from './hash-text.js'
import { PAGE_VERSION, type PageObject, type PageRow } from './page-writer.js'
import { createdBy } from './created.js'
import type { Documents } from './documents.js'
import { decodeStored } from './bare-entry.js'
import { sameBytes } from '../protocol/same-bytes.js'
import type { Entry } from './entry.js'
import type { EchoPlatform } from './platform.js'
import type { Key, Store } from '../store.js'
import type { JournalRow } from './journal.js'
import { entryDamage } from './scrub.js'
import { Row } from './row.js'
import type { Space } from './space.js'

/** An entry of the store. */
interface Kept {
  readonly seq: number
  readonly bytes: unknown
  /** Whether the journal has what it did. */
  readonly covered: boolean
}
interface Edit {
  readonly ops: readonly Op[]
  readonly at: number
}

export class Recovery {
  /** Edits that follow the pages, of objects that have not come. */
  private readonly late = new Map<ObjectId, Edit[]>()
  /** Objects that have edits which only their documents know. */
  private readonly lost = new Set<ObjectId>()
  private readonly withheld = new Map<ObjectId, Row>()
  private readonly words = new Map<string, string>()
  /** What the pages stand for. */
  private readonly positions: ReadonlyMap<DeviceId, number>

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly report: (damage: Damage) => void,
    /** The store has this object, whatever a tab has made meanwhile. */
    private readonly found: (id: ObjectId) => void,
    readonly space: Space,
  ) {
    this.positions = new Map([...space.feeds].map(([device, { seq }]) => [device, seq]))
  }

  /** A creation order that nothing is before which is here and not shown; Infinity if there is nothing. */
  get horizon(): number {
    let low = Infinity
    for (const { record } of this.withheld.values()) low = Math.min(low, record.order)
    return low
  }

  /** Applies the entries after the position, in the order in which this device did. */
  async replay(journal: ReadonlyMap<number, JournalRow>): Promise<void> {
    const rows = [...journal].filter(([n]) => n > this.space.applied).sort(([a], [b]) => a - b)
    const left = await this.entriesAfter(rows.map(([, row]) => row))
    for (const [n, { entries, edits }] of rows) {
      for (const [feed, seq] of entries) await this.followUpTo(left, feed, seq)
      for (const [id, ops, at] of edits) this.edit(id, { ops, at })
      this.space.applied = n
    }
    for (const [feed, entries] of left) await this.followUpTo(left, feed, entries.at(-1)?.seq ?? 0)
    for (const id of this.lost) {
      const row = this.space.rows.get(id)
      if (row) this.withheld.set(id, row)
      this.space.rows.delete(id)
    }
  }

  /** A row of pages has come: what is shown of it from now on, and whether all of it could be read. */
  place(page: number, row: unknown): { shown: ObjectRecord[]; whole: boolean } {
    this.space.pages.begin(page)
    const { v, objects } = (row ?? {}) as Partial<PageRow>
    const list = v === PAGE_VERSION && Array.isArray(objects) ? (objects as readonly unknown[]) : [undefined]
    const readable = list.filter(isPageObject)
    const shown = readable.flatMap((object) => this.bring(this.rowOf(page, object)) ?? [])
    const whole = readable.length === list.length
    if (!whole) {
      this.space.pages.touch(page)
      const message = `page ${page} of a space could not be read; its objects were made again from entries`
      this.report({ what: 'page', space: this.space.id, message })
    }
    return { shown, whole }
  }

  /**
   * All pages have come: makes again what is lost, and shows it.
   * @param damaged the pages that could not be read, and the lowest creation order of each
   */
  async mend(damaged: ReadonlyMap<number, number>): Promise<ObjectRecord[]> {
    if (damaged.size > 0) await this.remake(damaged)
    for (const id of this.lost) await this.materialise(id)
    const rows = [...this.withheld.values()]
    this.withheld.clear()
    return rows.flatMap((row) => this.show(row) ?? [])
  }

  /** Of each feed, in order; those that are in the journal are marked. */
  private async entriesAfter(journal: readonly JournalRow[]): Promise<Map<DeviceId, Kept[]>> {
    const covered = new Set<string>()
    const first = new Map<DeviceId, number>()
    for (const { entries } of journal)
      for (const [feed, seq] of entries) {
        covered.add(`${feed}/${seq}`)
        first.set(feed, Math.min(seq, first.get(feed) ?? seq))
      }
    const { id, keeper } = this.space
    const kept = ({ key, value }: { readonly key: Key; readonly value: unknown }): Kept => {
      const [, feed, seq] = key as readonly [string, DeviceId, number]
      return { seq, bytes: value, covered: covered.has(`${feed}/${seq}`) }
    }
    const left = new Map<DeviceId, Kept[]>()
    if (this.positions.size === 0) {
      // Nothing says which branches of feeds there are.
      const all = await this.store.rows<unknown>('entries', [id])
      for (const feed of new Set(all.map(({ key }) => key[1] as DeviceId)))
        left.set(feed, all.filter(({ key }) => key[1] === feed).map(kept))
      return left
    }
    const feeds = new Set([...keeper.feeds, ...this.positions.keys(), ...first.keys()])
    const reading = [...feeds].map(async (feed) => {
      const after = this.positions.get(feed) ?? 0
      const before = Math.min(after, (first.get(feed) ?? Infinity) - 1)
      const all = await this.store.rows<unknown>('entries', [id, feed], before)
      // Of what was written before, pages have what they are made of, and the journal what has come to count since.
      left.set(
        feed,
        all.map(kept).filter(({ seq, covered }) => seq > after || covered),
      )
    })
    await Promise.all(reading)
    return left
  }

  private async followUpTo(left: Map<DeviceId, Kept[]>, feed: DeviceId, seq: number): Promise<void> {
    const entries = left.get(feed) ?? []
    while ((entries[0]?.seq ?? Infinity) <= seq) await this.follow(feed, entries.shift()!)
  }

  private async follow(feed: DeviceId, { seq, bytes, covered }: Kept): Promise<void> {
    const { space } = this
    const { feeds, lamport } = space
    const entry = await this.decode(feed, seq, bytes)
    // Of this device's own, one that counts again is not the last.
    const isLast = seq > (feeds.get(feed)?.seq ?? 0)
    if (!entry) return void (isLast && feeds.set(feed, { seq, head: null }))
    if (isLast) this.goOn(feed, seq, entry)
    space.lamport = Math.max(lamport, entry.lamport)
    entry.creations.forEach((creation, index) => {
      const record = createdBy(space.id, entry, creation, index)
      if (space.rows.has(record.id)) return
      const row = space.addStored(record, seq)
      // Where pages were taken away, its journal is not there any more, and that of what was done to it since is.
      this.doLate(row)
    })
    // Without its journal an entry still tells which documents to read.
    if (!covered)
      for (const [id] of entry.changes) {
        this.lost.add(id)
        this.edit(id, { ops: [], at: entry.at })
      }
  }

  private goOn(feed: DeviceId, seq: number, entry: Entry): void {
    const { space } = this
    const head = space.feeds.get(feed)?.head
    if (head && !(entry.prev && sameBytes(head, entry.prev)))
      this.report(entryDamage(space, feed, seq, new Error('it does not follow the one before')))
    space.feeds.set(feed, { seq, head: entry.id })
    if (feed === space.device) space.fresh.clear()
    else if (entry.feed !== space.device) space.fresh.set(feed, hashText(entry.id))
  }

  private async decode(feed: DeviceId, seq: number, bytes: unknown): Promise<Entry | undefined> {
    try {
      return await decodeStored(bytes, this.space.keeper, (b) => this.platform.sha256(b))
    } catch (e) {
      this.report(entryDamage(this.space, feed, seq, e))
      return undefined
    }
  }

  private edit(id: ObjectId, edit: Edit): void {
    const row = this.space.rows.get(id)
    if (row) return this.catchUp(row, [edit])
    const edits = this.late.get(id)
    if (edits) edits.push(edit)
    else this.late.set(id, [edit])
  }

  private catchUp(row: Row, edits: readonly Edit[]): void {
    let { record } = row
    for (const { ops, at } of edits) record = edited(record, ops, at)
    row.stored(record)
    row.bytes = sizeOf(record.value)
    this.space.pages.touch(row.page)
  }

  private rowOf(
    page: number,
    [id, type, value, order, createdAt, updatedAt, author, gone, seq]: PageObject,
  ): Row {
    const [kind, by, space] = [this.one(type), this.one(author), this.space.id]
    const times = { order, createdAt, updatedAt }
    return storedRow({ id, type: kind, value, ...times, author: by, gone, space }, page, seq)
  }

  /** Each page brings its own copy of what all objects have in common: one is enough. */
  private one<T extends string>(word: T): T {
    const known = this.words.get(word) as T | undefined
    if (known === undefined) this.words.set(word, word)
    return known ?? word
  }

  /** An object of the pages; its record, if it is shown from now on. */
  private bring(row: Row): ObjectRecord | undefined {
    const { id } = row.record
    // It is here from an entry, or from another page: this page is written anew without it.
    if (this.space.rows.get(id)?.durable || this.withheld.has(id))
      return void this.space.pages.touch(row.page)
    this.take(row)
    if (!this.lost.has(id)) return this.show(row)
    this.withheld.set(id, row)
    return undefined
  }

  /** The store has this object; the edits that follow are applied. */
  private take(row: Row): void {
    const { id, order } = row.record
    this.found(id)
    this.space.pages.put(row.page, id, row.bytes, order)
    this.doLate(row)
  }

  private doLate(row: Row): void {
    const edits = this.late.get(row.record.id)
    if (edits) this.catchUp(row, edits)
    this.late.delete(row.record.id)
  }

  private show(row: Row): ObjectRecord | undefined {
    const { rows, pages } = this.space
    const { id } = row.record
    const here = rows.get(id)
    rows.set(id, row)
    if (!here) return row.record
    // A tab has made one with the same id, which is shown until it is refused.
    if (here.page !== row.page) pages.drop(here.page, id)
    row.replace(here)
    return undefined
  }

  /** Brings back, from entries, what pages should have had. */
  private async remake(damaged: ReadonlyMap<number, number>): Promise<void> {
    await this.space.base?.unpack(this.store)
    const made = new Map<ObjectId, Row>()
    const lows = [...damaged].sort(([, a], [, b]) => b - a)
    for (const { key, value } of await this.store.rows<unknown>('entries', [this.space.id])) {
      const [feed, seq] = [key[1] as DeviceId, key[2] as number]
      const isThere = seq <= (this.positions.get(feed) ?? 0)
      const entry = isThere ? await this.decode(feed, seq, value) : undefined
      if (!entry) continue
      entry.creations.forEach((creation, index) => {
        const record = createdBy(this.space.id, entry, creation, index)
        if (this.space.rows.get(record.id)?.durable || this.withheld.has(record.id)) return
        // Back to where it was, so that later pages go on to hold later objects.
        const [page] = lows.find(([, low]) => low <= record.order) ?? lows.at(-1)!
        made.set(record.id, storedRow(record, page, seq))
      })
      for (const [id] of entry.changes) {
        const row = made.get(id)
        if (!row) continue
        this.lost.add(id)
        row.stored({ ...row.record, updatedAt: entry.at })
      }
    }
    for (const [id, row] of made) {
      this.take(row)
      this.space.pages.touch(row.page)
      this.withheld.set(id, row)
    }
  }

  private async materialise(id: ObjectId): Promise<void> {
    const row = this.withheld.get(id)
    if (!row) return
    try {
      await this.platform.automerge()
      const document = await this.documents.rebuild(this.space, id, row.record.author, row.seq)
      const { value, gone } = document.materialise()
      document.free()
      row.stored({ ...row.record, value, gone })
      row.bytes = sizeOf(value)
      this.space.pages.touch(row.page)
    } catch (e) {
      const { message } = e as Error
      this.report({ what: 'document', space: this.space.id, message, object: id })
    }
  }
}

function storedRow(record: ObjectRecord, page: number, seq: number): Row {
  const row = new Row(record, page, sizeOf(record.value))
  row.seq = seq
  row.stored(record)
  return row
}

function isPageObject(object: unknown): object is PageObject {
  return (
    Array.isArray(object) &&
    typeof object[0] === 'string' &&
    typeof object[1] === 'string' &&
    isRecord(object[2] as Stored) &&
    typeof object[3] === 'number' &&
    typeof object[8] === 'number'
  )
}

/**
 * Opens a space from the store: pages first, then the entries after the position that they stand for. What cannot
 * be read is named as damage and left where it is; everything else opens.
 */
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import { apply } from '../protocol/operations.js'
import { creationOrder } from '../protocol/queries.js'
import type { Damage, ObjectRecord, SpaceInfo } from '../protocol/rpc.js'
import { isRecord, sizeOf, type Stored } from '../protocol/values.js'
import { PAGE_VERSION, type PageObject, type PageRow } from './checkpoint.js'
import type { Journal } from './commit.js'
import type { Documents } from './documents.js'
import { decodeEntry, sameBytes, type Entry } from './entry.js'
import type { Heads } from './opening.js'
import type { EchoPlatform, Store } from './platform.js'
import { entryDamage } from './scrub.js'
import { Space } from './space.js'

export class Recovery {
  private readonly space: Space
  /** Objects whose page was lost: brought back from entries. */
  private readonly lost = new Set<ObjectId>()

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly report: (damage: Damage) => void,
    info: SpaceInfo,
    device: DeviceId,
  ) {
    this.space = new Space(info, device)
  }

  async open(heads: Heads): Promise<Space> {
    const { id } = this.space.info
    const at = [id, this.space.device] as const
    const position = heads.positions.get(id)
    const whole = await this.readPages()
    const from = whole ? (position?.seq ?? 0) : 0
    if (whole && position) Object.assign(this.space, position)
    const journal = heads.journal.get(id) ?? new Map<number, Journal>()
    for (const { key, value } of await this.store.rows<unknown>('entries', [...at], from))
      await this.replay(key[2] as number, value, journal.get(key[2] as number), position?.seq ?? 0)
    for (const id of this.lost) await this.materialise(id)
    for (const row of this.space.rows.values()) row.durable = row.record
    return this.space
  }

  /** Whether every page could be read. */
  private async readPages(): Promise<boolean> {
    let whole = true
    for (const { key, value } of await this.store.rows<PageRow>('pages', [this.space.info.id])) {
      const page = key[1] as number
      const objects = value?.v === PAGE_VERSION && Array.isArray(value.objects) ? value.objects : [undefined]
      for (const object of objects as (PageObject | undefined)[]) {
        if (isPageObject(object)) this.place(page, object)
        else whole = false
      }
      if (!whole) {
        this.space.pages.put(page, '' as ObjectId, 0)
        this.space.pages.drop(page, '' as ObjectId)
        this.damage(
          'page',
          `page ${page} of a space could not be read; its objects were made again from entries`,
        )
      }
    }
    return whole
  }

  private place(
    page: number,
    [id, type, value, order, createdAt, updatedAt, author, gone, seq]: PageObject,
  ): void {
    const space = this.space.info.id
    const record: ObjectRecord = { id, type, value, order, createdAt, updatedAt, author, gone, space }
    const bytes = sizeOf(value)
    this.space.pages.put(page, id, bytes)
    this.space.rows.set(id, { record, durable: record, page, seq, bytes })
  }

  /** Applies one entry: the whole of it if it is past the pages, else only what pages have lost. */
  private async replay(
    seq: number,
    bytes: unknown,
    journal: Journal | undefined,
    position: number,
  ): Promise<void> {
    let entry: Entry
    try {
      entry = await decodeEntry(bytes, (b) => this.platform.sha256(b))
    } catch (e) {
      this.report(entryDamage(this.space, seq, e))
      this.space.seq = seq
      this.space.head = null
      return
    }
    if (this.space.head && !(entry.prev && sameBytes(this.space.head, entry.prev)))
      this.report(entryDamage(this.space, seq, new Error('it does not follow the one before')))
    Object.assign(this.space, { seq, head: entry.id, lamport: Math.max(this.space.lamport, entry.lamport) })
    const fresh = seq > position
    entry.creations.forEach(([id, type, value], index) => {
      if (this.space.rows.has(id)) return
      if (!fresh) this.lost.add(id)
      const order = creationOrder(entry.lamport, index)
      const { at, feed, space } = entry
      this.space.add(
        { id, type, value, order, createdAt: at, updatedAt: at, author: feed, gone: false, space },
        sizeOf(value),
      ).seq = seq
    })
    for (const [id, ops] of fresh ? (journal ?? []) : []) this.edit(id, ops, entry.at)
    // Without its journal an entry still tells which documents to read.
    if (!fresh || !journal)
      for (const [id] of entry.changes) {
        const row = this.space.rows.get(id)
        if (fresh) this.lost.add(id)
        if (row && this.lost.has(id)) row.record = { ...row.record, updatedAt: entry.at }
      }
  }

  private edit(id: ObjectId, ops: Journal[number][1], at: number): void {
    const row = this.space.rows.get(id)
    if (!row) return
    let { value, gone } = row.record
    for (const op of ops) {
      if (op.t === 'gone') gone = op.v
      else value = apply(value, op)
    }
    row.record = { ...row.record, value, gone, updatedAt: at }
    row.bytes = sizeOf(value)
    this.space.pages.touch(row.page)
  }

  private async materialise(id: ObjectId): Promise<void> {
    const row = this.space.rows.get(id)
    if (!row) return
    try {
      await this.platform.automerge()
      const document = await this.documents.rebuild(this.space, id)
      const { value, gone } = document.materialise()
      document.free()
      row.record = { ...row.record, value, gone }
      this.space.pages.touch(row.page)
    } catch (e) {
      this.damage('document', String((e as Error).message), id)
    }
  }

  private damage(what: Damage['what'], message: string, object?: ObjectId): void {
    this.report({ what, space: this.space.info.id, message, ...(object && { object }) })
  }
}

function isPageObject(object: PageObject | undefined): object is PageObject {
  return (
    Array.isArray(object) &&
    typeof object[0] === 'string' &&
    typeof object[1] === 'string' &&
    isRecord(object[2] as Stored) &&
    typeof object[3] === 'number' &&
    typeof object[8] === 'number'
  )
}

/** What counts no more is taken out of what is stored, and objects are made again from what still counts. */
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Store, Write } from '../store.js'
import { createdBy } from './created.js'
import type { Documents } from './documents.js'
import { decodeStored } from './bare-entry.js'
import type { Entry } from './entry.js'
import { strayRow, type Feeds } from './feeds.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import type { Tails } from './tails.js'
import { touchedRow } from './touched.js'

/** What an object is without entries that count no more. */
export interface Remade {
  readonly record: ObjectRecord
  /** Where its creation stands, in the feed of its author. */
  readonly seq: number
}

export class Withdrawing {
  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly tails: Tails,
  ) {}

  /**
   * To be called by one at a time.
   * @param ids of entries that were applied: children first
   * @returns what objects are without them; nothing, for those that they made
   * @throws HearthError `store/…`, `echo/damaged`
   */
  async withdraw(
    space: Space,
    feeds: Feeds,
    ids: readonly string[],
  ): Promise<ReadonlyMap<ObjectId, Remade | undefined>> {
    await space.base?.unpack(this.store)
    const writes: Write[] = []
    const objects = new Set<ObjectId>()
    const made = new Set<ObjectId>()
    for (const id of ids) {
      const { at, n } = feeds.placeOf(id)!
      const key = [space.id, at, n] as const
      const bytes = await this.store.get<Uint8Array>('entries', key)
      writes.push({ table: 'entries', key, delete: true }, strayRow(space, id, bytes!))
      const entry = await this.open(space, bytes!)
      for (const [object] of entry?.creations ?? []) made.add(object)
      for (const [object] of entry?.changes ?? []) objects.add(object)
    }
    for (const object of made) objects.add(object)
    for (const object of objects) {
      this.documents.forget(object)
      writes.push({ table: 'documents', key: object, delete: true }, { table: 'touched', under: [object] })
    }
    // Pages hold what counts no more: until they are written anew, all of them, entries alone say what is there.
    writes.push({ table: 'pages', under: [space.id] })
    writes.push({ table: 'positions', key: [space.id], delete: true })
    writes.push({ table: 'journal', under: [space.id], upTo: space.applied })
    const gone = new Set(ids.map((id) => key(feeds, id)))
    const { touched, creations } = await this.rest(space, { objects, made, gone })
    const lost = feeds.tailsOf(ids)
    const tail = lost.size > 0 ? this.tails.with(space, lost, true) : undefined
    await this.store.write([...writes, ...touched, ...(tail ? [tail.write] : [])], 'strict')
    tail?.kept()
    space.pages.touchAll()
    feeds.dropped(ids)
    const remade = new Map<ObjectId, Remade | undefined>()
    for (const object of objects) {
      const row = space.rows.get(object)
      const from = made.has(object) ? creations.get(object) : row && { record: row.record, seq: row.seq }
      remade.set(object, from && (await this.remake(space, from)))
    }
    return remade
  }

  /**
   * What entries that still count say of these objects. A document that was saved had forgotten which entries it was made of: they are
   * named again. And of what is made no more, another entry may be the maker, too: of several, the first one.
   */
  private async rest(
    space: Space,
    {
      objects,
      made,
      gone,
    }: Readonly<Record<'objects' | 'made', ReadonlySet<ObjectId>>> & { gone: ReadonlySet<string> },
  ): Promise<{ touched: Write[]; creations: ReadonlyMap<ObjectId, Remade> }> {
    const touched: Write[] = []
    const creations = new Map<ObjectId, Remade>()
    for (const { key, value } of await this.store.rows<Uint8Array>('entries', [space.id])) {
      const [, feed, seq] = key as readonly [string, DeviceId, number]
      const entry = gone.has(`${feed}/${seq}`) ? undefined : await this.open(space, value)
      for (const [object] of entry?.changes ?? [])
        if (objects.has(object)) touched.push(touchedRow(space.id, object, feed, [seq]))
      entry?.creations.forEach((creation, index) => {
        const record = createdBy(space.id, entry, creation, index)
        const before = creations.get(record.id)?.record
        if (made.has(record.id) && !(before && isBefore(before, record)))
          creations.set(record.id, { record, seq })
      })
    }
    return { touched, creations }
  }

  private async open(space: Space, bytes: Uint8Array): Promise<Entry | undefined> {
    try {
      return await decodeStored(bytes, space.keeper, (b) => this.platform.sha256(b))
    } catch {
      return undefined
    }
  }

  private async remake(space: Space, { record, seq }: Remade): Promise<Remade> {
    const document = await this.documents.apart(space, record.id, record.author, seq)
    const { value, gone } = document.materialise()
    document.free()
    return { record: { ...record, value, gone }, seq }
  }
}

const isBefore = (a: ObjectRecord, b: ObjectRecord) =>
  a.order < b.order || (a.order === b.order && a.author < b.author)

const key = (feeds: Feeds, id: string): string => {
  const { at, n } = feeds.placeOf(id)!
  return `${at}/${n}`
}

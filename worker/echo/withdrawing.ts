/** What counts no more is taken out of what is stored, and objects are made again from what still counts. */
import type { ObjectId } from '../protocol/ids.js'
import type { ObjectRecord } from '../protocol/rpc.js'
import type { Store, Write } from '../store.js'
import type { Documents } from './documents.js'
import { openEntry, readEntry } from './entry.js'
import { strayRow, type Feeds } from './feeds.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'

/** What an object is without entries that count no more. */
export type Remade = Pick<ObjectRecord, 'value' | 'gone'>

export class Withdrawing {
  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
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
    const writes: Write[] = []
    const objects = new Set<ObjectId>()
    const made = new Set<ObjectId>()
    for (const id of ids) {
      const { feed, seq } = feeds.placeOf(id)!
      const key = [space.id, feed, seq] as const
      const bytes = await this.store.get<Uint8Array>('entries', key)
      writes.push({ table: 'entries', key, delete: true }, strayRow(space, id, bytes!))
      const sealed = await readEntry(bytes, (b) => this.platform.sha256(b))
      const entry = await openEntry(sealed, space.keeper).catch(() => undefined)
      for (const [object] of entry?.creations ?? []) made.add(object)
      for (const [object] of entry?.changes ?? []) {
        objects.add(object)
        writes.push({ table: 'touched', key: [object, feed, seq], delete: true })
      }
    }
    for (const object of [...objects, ...made]) {
      this.documents.forget(object)
      writes.push({ table: 'documents', key: object, delete: true })
    }
    // Pages hold what counts no more: until they are written anew, all of them, entries alone say what is there.
    writes.push({ table: 'pages', under: [space.id] })
    writes.push({ table: 'positions', key: [space.id], delete: true })
    writes.push({ table: 'journal', under: [space.id], upTo: space.applied })
    const touched = await this.touchedBy(space, objects, new Set(ids.map((id) => key(feeds, id))))
    await this.store.write([...writes, ...touched], 'strict')
    space.pages.touchAll()
    feeds.dropped(ids)
    const remade = new Map<ObjectId, Remade | undefined>()
    for (const object of objects) if (!made.has(object)) remade.set(object, await this.remake(space, object))
    for (const object of made) remade.set(object, undefined)
    return remade
  }

  /** A document that was saved had forgotten which entries it was made of: they are named again. */
  private async touchedBy(
    space: Space,
    objects: ReadonlySet<ObjectId>,
    gone: ReadonlySet<string>,
  ): Promise<Write[]> {
    const writes: Write[] = []
    const sha256 = (bytes: Uint8Array) => this.platform.sha256(bytes)
    for (const { key, value } of await this.store.rows<Uint8Array>('entries', [space.id])) {
      const [, feed, seq] = key as readonly [string, string, number]
      if (gone.has(`${feed}/${seq}`)) continue
      const entry = await readEntry(value, sha256)
        .then((sealed) => openEntry(sealed, space.keeper))
        .catch(() => undefined)
      for (const [object] of entry?.changes ?? [])
        if (objects.has(object)) writes.push({ table: 'touched', key: [object, feed, seq], put: space.id })
    }
    return writes
  }

  private async remake(space: Space, id: ObjectId): Promise<Remade> {
    const document = await this.documents.rebuild(space, id)
    const { value, gone } = document.materialise()
    document.free()
    return { value, gone }
  }
}

const key = (feeds: Feeds, id: string): string => {
  const { feed, seq } = feeds.placeOf(id)!
  return `${feed}/${seq}`
}

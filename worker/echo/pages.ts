/**
 * Pages of materialised objects: how reads come back after a restart without loading Automerge. A page is a few
 * hundred objects in one value of the store. Pages are derived; they are written a little later than entries, all
 * changed ones of a space in one transaction together with the feed position that they stand for.
 */
import type { ObjectId } from '../protocol/ids.js'

const PAGE_OBJECTS = 256
const PAGE_BYTES = 128 << 10

/** What is known of pages before any of them is read. Stored with the position that they stand for. */
export interface Layout {
  /** Of each page, a creation order that none of its objects is before; Infinity for an empty one. */
  readonly lows: readonly number[]
  /** How full the last one is. */
  readonly objects: number
  readonly bytes: number
}

interface Page {
  readonly ids: Set<ObjectId>
  bytes: number
  low: number
}

export class Pages {
  private readonly pages: Page[] = []
  private readonly changed = new Set<number>()
  /** The last page of the store, while what it holds was not read. */
  private unread: { readonly page: Page; readonly objects: number; readonly bytes: number } | undefined

  /** Pages of the store that will be read. */
  expect({ lows, objects, bytes }: Layout): void {
    for (const low of lows) this.pages.push({ ids: new Set(), bytes: 0, low })
    const page = this.pages.at(-1)
    this.unread = page && { page, objects, bytes }
  }

  /** Page `number` is being read: `put` tells what it holds. */
  begin(number: number): void {
    this.grow(number)
    const page = this.pages[number]!
    if (this.unread?.page === page) this.unread = undefined
    // What it holds tells its lowest order anew, unless new objects are on it already.
    if (page.ids.size === 0) page.low = Infinity
  }

  /** Where a new object goes: objects made together lie together. */
  place(id: ObjectId, bytes: number, order: number): number {
    const last = this.pages.at(-1)
    const objects = (last?.ids.size ?? 0) + (this.unread?.objects ?? 0)
    const filled = (last?.bytes ?? 0) + (this.unread?.bytes ?? 0)
    const full = !last || objects >= PAGE_OBJECTS || (objects > 0 && filled + bytes > PAGE_BYTES)
    // Whatever the last page of the store holds, it is not the last one any more.
    if (full) this.unread = undefined
    const page = full ? this.grow(this.pages.length) : this.pages.length - 1
    this.put(page, id, bytes, order)
    this.changed.add(page)
    return page
  }

  /** An object that was read from page `number`, or made again for it. */
  put(number: number, id: ObjectId, bytes: number, order: number): void {
    this.grow(number)
    const page = this.pages[number]!
    page.ids.add(id)
    page.bytes += bytes
    page.low = Math.min(page.low, order)
  }

  drop(number: number, id: ObjectId): void {
    this.pages[number]?.ids.delete(id)
    this.changed.add(number)
  }

  touch(number: number): void {
    this.changed.add(number)
  }

  touchAll(): void {
    for (const number of this.pages.keys()) this.touch(number)
  }

  get dirty(): boolean {
    return this.changed.size > 0
  }

  get layout(): Layout {
    const last = this.pages.at(-1)
    return {
      lows: this.pages.map(({ low }) => low),
      objects: last?.ids.size ?? 0,
      bytes: last?.bytes ?? 0,
    }
  }

  ids(number: number): Iterable<ObjectId> {
    return this.pages[number]?.ids ?? []
  }

  /** The changed pages; from here on they count as written. */
  take(): number[] {
    const numbers = [...this.changed]
    this.changed.clear()
    return numbers
  }

  private grow(number: number): number {
    while (this.pages.length <= number) this.pages.push({ ids: new Set(), bytes: 0, low: Infinity })
    return number
  }
}

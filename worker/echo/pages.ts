/**
 * Pages of materialised objects: how reads come back after a restart without loading Automerge. A page is a few
 * hundred objects in one value of the store. Pages are derived; they are written a little later than entries, all
 * changed ones of a space in one transaction together with the feed position that they stand for.
 */
import type { ObjectId } from '../protocol/ids.js'

const PAGE_OBJECTS = 256
const PAGE_BYTES = 128 << 10

interface Page {
  readonly ids: Set<ObjectId>
  bytes: number
}

export class Pages {
  private readonly pages: Page[] = []
  private readonly changed = new Set<number>()

  /** Where a new object goes: objects made together lie together. */
  place(id: ObjectId, bytes: number): number {
    const last = this.pages.at(-1)
    const full =
      !last || last.ids.size >= PAGE_OBJECTS || (last.ids.size > 0 && last.bytes + bytes > PAGE_BYTES)
    const page = full ? this.grow(this.pages.length) : this.pages.length - 1
    this.put(page, id, bytes)
    this.changed.add(page)
    return page
  }

  /** An object that was read from page `number`. */
  put(number: number, id: ObjectId, bytes: number): void {
    this.grow(number)
    const page = this.pages[number]!
    page.ids.add(id)
    page.bytes += bytes
  }

  drop(number: number, id: ObjectId): void {
    this.pages[number]?.ids.delete(id)
    this.changed.add(number)
  }

  touch(number: number): void {
    this.changed.add(number)
  }

  get dirty(): boolean {
    return this.changed.size > 0
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
    while (this.pages.length <= number) this.pages.push({ ids: new Set(), bytes: 0 })
    return number
  }
}

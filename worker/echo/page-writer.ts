/**
 * Writes what is derived a little later than what is true: changed pages, with the feed position they stand for, and
 * then the journal up to there is not needed any more. A kill between an entry and its page loses nothing: opening
 * the space replays the journal from the position on.
 */
import type { DeviceId, ObjectId } from '../protocol/ids.js'
import type { StoredRecord } from '../protocol/values.js'
import type { Documents } from './documents.js'
import type { Layout } from './pages.js'
import type { EchoPlatform } from './platform.js'
import type { Store, Write } from '../store.js'
import type { Space } from './space.js'

/** The shape of pages; an older one is rebuilt. */
export const PAGE_VERSION = 1
/** Quiet for so long, or this long at the most, and pages are written; in milliseconds. */
const QUIET_MS = 1000
const LONGEST_MS = 10_000

/** A row of pages: [id, type, value, creation order, created, updated, author, gone, seq] of each object. */
export interface PageRow {
  readonly v: number
  readonly objects: readonly PageObject[]
}
export type PageObject = readonly [
  id: ObjectId,
  type: string,
  value: StoredRecord,
  order: number,
  createdAt: number,
  updatedAt: number,
  author: DeviceId,
  gone: boolean,
  seq: number,
]
/** A row of positions: what every page of the space contains. */
export interface Position {
  /** Rows of the journal up to this one. */
  readonly applied: number
  /** Feeds up to these entries. */
  readonly feeds: readonly (readonly [device: DeviceId, seq: number, head: Uint8Array | null])[]
  readonly lamport: number
  /** Heads of the membership log by which that was judged, where others may write. */
  readonly judged?: readonly string[]
  /** Of the pages; stores that were last written by the first builds have none. */
  readonly layout?: Layout
}

export class PageWriter {
  private cancel: (() => void) | undefined
  /** When it is written at the latest, by the clock. */
  private end = Infinity
  private running: Promise<void> | undefined

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly spaces: () => Iterable<Space>,
    /** Resolves when no commit is under way: pages then stand for a whole number of entries. */
    private readonly settled: () => Promise<void>,
    private readonly failed: (e: unknown) => void,
  ) {}

  /** Something became durable. */
  due(longest = LONGEST_MS): void {
    const now = this.platform.now()
    this.end = Math.min(this.end, now + longest)
    this.cancel?.()
    const wait = Math.max(0, Math.min(QUIET_MS, this.end - now))
    this.cancel = this.platform.later(() => void this.run().catch(this.failed), wait)
  }

  /** Opening has replayed something: written soon, whatever else is, or workers that never live long replay ever more. */
  soon(): void {
    this.due(QUIET_MS)
  }

  /** Writes now what has changed. */
  async run(all = false): Promise<void> {
    this.cancel?.()
    this.end = Infinity
    while (this.running) await this.running
    this.running = this.write(all).finally(() => (this.running = undefined))
    return this.running
  }

  stop(): void {
    this.cancel?.()
  }

  private async write(all: boolean): Promise<void> {
    for (const space of this.spaces()) {
      await this.settled()
      // A page that was not read must not be written, and a position stands for all pages: its end asks again.
      if (space.loading || !space.pages.dirty) continue
      const { writes, undo } = pageWrites(space)
      try {
        await this.store.write(writes, 'relaxed')
      } catch (e) {
        undo()
        throw e
      }
    }
    await this.settled()
    await this.documents.tidy(all)
  }
}

/** Pages that have changed, and the position that all of them stand for; and what to do if they could not be written. */
export function pageWrites(space: Space): { writes: Write[]; undo: () => void } {
  const taken = space.pages.take()
  const { applied, lamport, judged } = space
  const feeds = [...space.feeds].map(([device, { seq, head }]) => [device, seq, head] as const)
  const { layout } = space.pages
  const writes: Write[] = taken.map((page) => ({
    table: 'pages',
    key: [space.id, page],
    put: row(space, page),
  }))
  writes.push({
    table: 'positions',
    key: [space.id],
    put: { applied, feeds, lamport, layout, ...(judged && { judged }) } satisfies Position,
  })
  writes.push({ table: 'journal', under: [space.id], upTo: applied })
  const undo = () => {
    for (const page of taken) space.pages.touch(page)
  }
  return { writes, undo }
}

function row(space: Space, page: number): PageRow {
  const objects: PageObject[] = []
  for (const id of space.pages.ids(page)) {
    const { durable: r, seq } = space.rows.get(id)!
    // Not durable yet: its entry will bring it.
    if (r) objects.push([id, r.type, r.value, r.order, r.createdAt, r.updatedAt, r.author, r.gone, seq])
  }
  return { v: PAGE_VERSION, objects }
}

/**
 * The feeds of a space, judged: which entries are here, which of them count, and which of those were applied. It is made when
 * somebody else's entries come, or may go; a space that nobody else writes in needs none.
 */
import { fromBase64Url, toBase64Url, type DeviceId } from '../protocol/ids.js'
import { isWhole, readEntry, type SealedEntry } from './entry.js'
import type { Judge, JudgedHeader } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import type { Store, Write } from '../store.js'

export interface Place {
  readonly feed: DeviceId
  readonly seq: number
  readonly prev: string | null
}

export class Feeds {
  /** Applied: what is shown contains them. */
  private readonly applied = new Map<string, Place>()
  /** Accepted and not applied yet, each after what it builds on. */
  private readonly backlog = new Set<string>()
  /** Applied, and accepted no more: children first. */
  private readonly leaving = new Set<string>()
  /** Of this device's own, those of which nobody has asked yet whether they count. */
  private readonly written = new Set<string>()
  /** Whether what was applied in earlier lives was compared with what counts now. */
  private compared = false

  private constructor(
    private readonly space: Space,
    readonly judge: Judge,
  ) {}

  /** From what is stored. Entries that cannot be read, and what was moved on top of them, are not judged. */
  static async read(platform: EchoPlatform, store: Store, space: Space): Promise<Feeds> {
    const feeds = new Feeds(space, space.keeper.judge())
    const sha256 = (bytes: Uint8Array) => platform.sha256(bytes)
    for (const table of ['entries', 'strays'] as const)
      for (const { value } of await store.rows<unknown>(table, [space.id])) {
        const entry = await readEntry(value, sha256).catch(() => undefined)
        if (!entry || !isWhole(entry)) continue
        const header = headerOf(entry)
        feeds.judge.add(header)
        if (table === 'entries') feeds.applied.set(header.id, header)
      }
    return feeds
  }

  has(id: string): boolean {
    return this.judge.has(id)
  }

  /** One that is whole. */
  add(entry: SealedEntry): void {
    this.judge.add(headerOf(entry))
  }

  /** One that this device has just written. */
  wrote(header: JudgedHeader): void {
    this.judge.add(header)
    this.applied.set(header.id, header)
    this.written.add(header.id)
  }

  /** What is to be applied from now on, in order; and what was applied and is not to be any more. */
  next(): { readonly accepted: readonly string[]; readonly withdrawn: readonly string[] } {
    const { accepted, withdrawn } = this.judge.takeChanges()
    for (const id of accepted) {
      this.written.delete(id)
      this.leaving.delete(id)
      if (!this.applied.has(id)) this.backlog.add(id)
    }
    const gone = [...withdrawn]
    // defence: judged-in-every-life
    if (!this.compared) gone.push(...this.quarantined())
    this.compared = true
    // It was applied before it was judged, and its end may have come in between.
    if (this.written.size > 0) gone.push(...this.quarantined().filter((id) => this.written.delete(id)))
    for (const id of gone) {
      this.backlog.delete(id)
      if (this.applied.has(id)) this.leaving.add(id)
    }
    return { accepted: [...this.backlog], withdrawn: [...this.leaving] }
  }

  /** Children first. */
  private quarantined(): string[] {
    return this.judge
      .quarantined()
      .map(({ id }) => id)
      .reverse()
  }

  /** These are applied, and stored as entries. */
  took(entries: readonly SealedEntry[]): void {
    for (const entry of entries) {
      const header = headerOf(entry)
      this.applied.set(header.id, header)
      this.backlog.delete(header.id)
      if (header.feed === this.space.device) this.space.aside.delete(header.seq)
    }
  }

  /** These are applied no more. Feeds end before the first of them. */
  dropped(ids: readonly string[]): void {
    this.space.withdrawals++
    for (const id of ids) {
      const { feed, seq, prev } = this.applied.get(id)!
      this.applied.delete(id)
      this.leaving.delete(id)
      const { device, feeds, fresh } = this.space
      if (feed === device) {
        this.space.aside.add(seq)
        continue
      }
      if ((feeds.get(feed)?.seq ?? 0) >= seq)
        feeds.set(feed, { seq: seq - 1, head: prev === null ? null : fromBase64Url(prev) })
      // Who builds on what counts no more does not count either. What was built on before may be said once more.
      if (fresh.get(feed) !== id) continue
      if (prev === null) fresh.delete(feed)
      else fresh.set(feed, prev)
    }
  }

  /** Whether this device's next entry, and nothing but that, lets what it wrote while it was out count. */
  get standsAgain(): boolean {
    const { aside, head, keeper, seq } = this.space
    if (!head || !aside.has(seq) || !keeper.mayWrite) return false
    const last = toBase64Url(head)
    return this.judge.quarantined().some(({ id, reason }) => id === last && reason.code === 'beyond-cut')
  }

  placeOf(id: string): Place | undefined {
    return this.applied.get(id)
  }
}

export const headerOf = ({ id, feed, seq, prev, heads, deps, epochs }: SealedEntry): JudgedHeader => ({
  ...{ id: toBase64Url(id), feed, seq, heads, deps, epochs },
  prev: prev && toBase64Url(prev),
})

/** Where an entry is that does not count, or not yet. */
export const strayRow = (space: Space, id: string, put: Uint8Array): Write => ({
  ...{ table: 'strays', key: [space.id, id], put },
})

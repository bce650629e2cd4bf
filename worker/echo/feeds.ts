/**
 * The feeds of a space, judged: which entries are here, which of them count, and which of those were applied. It is made when
 * somebody else's entries come, or may go; a space that nobody else writes in needs none.
 */
import { fromBase64Url, type DeviceId } from '../protocol/ids.js'
import { hashText } from './hash-text.js'
import { readStored, type StoredEntry } from './bare-entry.js'
import { isWhole } from './entry.js'
import type { Judge, JudgedHeader } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import type { Store, Write } from '../store.js'

/** With where the store is to have it. */
export interface Placed {
  readonly place: Place
}

/** Where an entry is that counts. */
export interface Place {
  readonly feed: DeviceId
  readonly seq: number
  readonly prev: string | null
  /** Where the store has it: its feed, and its position there; or a branch of the feed, which others have built on beside another one. */
  readonly at: DeviceId
  readonly n: number
}

export class Feeds {
  /** Applied: what is shown contains them. */
  private readonly applied = new Map<string, Place>()
  /** On their way to be. */
  private readonly coming = new Map<string, Place>()
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
      for (const { key, value } of await store.rows<unknown>(table, [space.id])) {
        const entry = await readStored(value, sha256).catch(() => undefined)
        if (!entry || !isWhole(entry)) continue
        const header = headerOf(entry)
        feeds.judge.add(header)
        const [at, n] = [key[1] as DeviceId, key[2] as number]
        if (table === 'entries') feeds.applied.set(header.id, { ...header, at, n })
      }
    if (space.base?.standsAlone) {
      const { base } = space
      for await (const header of base.headers()) feeds.covered(header, base.gone.get(header.feed) ?? 0)
    }
    return feeds
  }

  /** One that a checkpoint stands for. @param gone up to which entry of its feed nothing else does */
  private covered(header: JudgedHeader, gone: number): void {
    if (header.seq > gone) return
    this.judge.add(header)
    this.applied.set(header.id, { ...header, at: header.feed, n: header.seq })
  }

  has(id: string): boolean {
    return this.judge.has(id)
  }

  /** One that is whole. */
  add(header: JudgedHeader): void {
    this.judge.add(header)
  }

  /** One that this device has just written. */
  wrote(header: JudgedHeader): void {
    this.judge.add(header)
    this.applied.set(header.id, { ...header, at: header.feed, n: header.seq })
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

  /**
   * Where these are to be stored, each after what it builds on. Nearly always that is where their authors say: but two may be in one place
   * of a feed that is forked, and what was derived from one must not be taken for the other's.
   */
  placed<E extends { readonly header: JudgedHeader }>(entries: readonly E[]): (E & Placed)[] {
    const forks = new Map(this.judge.forks().map(({ feed, seq }) => [feed, seq]))
    const { applied, coming } = this
    return entries.map((one) => {
      const { id, feed, seq, prev } = one.header
      const before = prev === null ? undefined : (coming.get(prev) ?? applied.get(prev))
      const next = { feed, seq, prev, at: before?.at ?? feed, n: before ? before.n + 1 : seq }
      const isTaken = () =>
        [...applied.values(), ...coming.values()].some(({ at, n }) => at === next.at && n === next.n)
      const isBranch = forks.has(feed) && (forks.get(feed) === seq || isTaken())
      const place = isBranch ? { ...next, at: `${feed}/${id}` as DeviceId, n: 1 } : next
      coming.set(id, place)
      return { ...one, place }
    })
  }

  /** These are applied, and stored as entries. */
  took(entries: readonly ({ readonly header: JudgedHeader } & Placed)[]): void {
    for (const { header, place } of entries) {
      const { id } = header
      this.applied.set(id, place)
      this.coming.delete(id)
      this.backlog.delete(id)
      if (place.feed === this.space.device) this.space.aside.delete(place.seq)
    }
  }

  /** These are applied no more. Feeds end before the first of them. */
  dropped(ids: readonly string[]): void {
    this.space.withdrawals++
    for (const id of ids) {
      const { feed, seq, prev, at, n } = this.applied.get(id)!
      this.applied.delete(id)
      this.leaving.delete(id)
      const { device, feeds, fresh } = this.space
      if (feed === device) {
        this.space.aside.add(seq)
        continue
      }
      if ((feeds.get(at)?.seq ?? 0) >= n)
        feeds.set(at, { seq: n - 1, head: prev === null ? null : fromBase64Url(prev) })
      // Who builds on what counts no more does not count either. What was built on before may be said once more.
      if (fresh.get(at) !== id) continue
      if (prev === null) fresh.delete(at)
      else fresh.set(at, prev)
    }
  }

  /** Whether this device's next entry, and nothing but that, lets what it wrote while it was out count. */
  get standsAgain(): boolean {
    const { aside, head, mayWrite, seq } = this.space
    if (!head || !aside.has(seq) || !mayWrite) return false
    const last = hashText(head)
    return this.judge.quarantined().some(({ id, reason }) => id === last && reason.code === 'beyond-cut')
  }

  /** Whether somebody else has written as this device. */
  get isCopied(): boolean {
    return this.judge.forks().some(({ feed }) => feed === this.space.device)
  }

  /**
   * Of these, what this device wrote, as whichever it was then, and does not count because somebody else writes as that device, too.
   * @param ids children first
   * @returns by device, parents first
   */
  tailsOf(ids: readonly string[]): Map<DeviceId, string[]> {
    const forked = new Set(
      this.judge.quarantined().flatMap(({ id, reason }) => (reason.code === 'forked' ? [id] : [])),
    )
    const tails = new Map<DeviceId, string[]>()
    for (const id of [...ids].reverse()) {
      const { feed, seq } = this.applied.get(id)!
      if (!forked.has(id) || !this.space.wrote(feed, seq)) continue
      const tail = tails.get(feed)
      if (tail) tail.push(id)
      else tails.set(feed, [id])
    }
    return tails
  }

  placeOf(id: string): Place | undefined {
    return this.applied.get(id)
  }
}

export const headerOf = ({ id, feed, seq, prev, heads, deps, epochs }: StoredEntry): JudgedHeader => ({
  ...{ id: hashText(id), feed, seq, heads, deps, epochs },
  prev: prev && hashText(prev),
})

/** Where an entry is that does not count, or not yet. */
export const strayRow = (space: Space, id: string, put: Uint8Array): Write => ({
  ...{ table: 'strays', key: [space.id, id], put },
})

/**
 * Entries of other devices: checked by whoever may not be trusted, judged, kept, and applied when they count. What they
 * do goes into documents first, and to tabs when it is durable; what a tab has written meanwhile is mapped over it.
 */
import { HearthError, toHearthError } from '../protocol/errors.js'
import { toBase64Url, type ClientId, type ObjectId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import type { Damage, ObjectRecord } from '../protocol/rpc.js'
import { transformRuns } from '../protocol/transform.js'
import { sizeOf } from '../protocol/values.js'
import { verifyItem } from '../protocol/verify.js'
import type { Store, Write } from '../store.js'
import type { Batch } from './batch.js'
import { createdBy } from './created.js'
import type { Creation } from './documents/creation.js'
import type { Documents } from './documents.js'
import { isWhole, openEntry, readEntry, type Entry, type SealedEntry } from './entry.js'
import { Feeds, strayRow } from './feeds.js'
import type { EntryPlace, Journal, JournalRow } from './journal.js'
import { opSize } from './op-size.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import { stand } from './standing.js'
import { Withdrawing, type Remade } from './withdrawing.js'

/** Entries that are applied in one transaction, and bytes of them, at most; one entry goes whole. */
const TOGETHER = 256
const TOGETHER_BYTES = 8 << 20
/** Of one that waits in the store, nobody knows how long it is: as if it were this long. */
const STRAY_BYTES = 64 << 10
/** Who made what came from elsewhere, to tabs. */
export const OTHERS = 'others................' as ClientId

/** What receiving does to ECHO. */
export interface Showing {
  damage(damage: Damage): void
  /** Whether an object is in another space. */
  elsewhere(id: ObjectId, space: Space): boolean
  /** Batches that are accepted and not durable. */
  pending(): readonly Batch[]
  /** Everything here is known to be here. */
  loaded(): Promise<void>
  /** By another membership log than what is stored was judged by. */
  judged(space: Space): void
  /** New objects, and what was done to others, in what is shown. */
  show(
    space: Space,
    created: readonly ObjectRecord[],
    edits: readonly (readonly [ObjectId, readonly Op[], number, ObjectRecord])[],
  ): void
  /** These are what they were made again as, or nothing; what waited on them has no base any more. */
  remade(space: Space, objects: ReadonlyMap<ObjectId, Remade | undefined>): void
}

/** An entry that is signed by whoever it says. */
export interface Checked {
  readonly bytes: Uint8Array
  readonly sealed: SealedEntry
}
/** Entries that are here and not in the store, by id. */
type Carried = ReadonlyMap<string, Checked>

/** An entry that was opened, or could not be: then it counts, and has nothing in it. */
interface Opened extends Checked {
  readonly entry: Entry | undefined
  /** Whether the store has it among those that do not count. */
  readonly isStray: boolean
}

export class Receiving {
  private readonly feeds = new WeakMap<Space, Promise<Feeds>>()
  private readonly withdrawing: Withdrawing

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly showing: Showing,
  ) {
    this.withdrawing = new Withdrawing(platform, store, documents)
  }

  /** The feeds of a space, if anybody has asked for them. */
  async known(space: Space): Promise<Feeds | undefined> {
    return this.feeds.get(space)
  }

  of(space: Space): Promise<Feeds> {
    let feeds = this.feeds.get(space)
    if (!feeds) {
      feeds = Feeds.read(this.platform, this.store, space)
      this.feeds.set(space, feeds)
      feeds.catch(() => this.feeds.delete(space))
    }
    return feeds
  }

  /** Of what comes from elsewhere, what is an entry of this space, and by whom it says. @throws HearthError `halo/key-missing` */
  async check(space: Space, list: readonly Uint8Array[]): Promise<Checked[]> {
    const replica = toBase64Url(space.keeper.replica())
    const checked = await Promise.all(list.map((bytes) => this.checkOne(space, replica, bytes)))
    return checked.filter((one) => one !== undefined)
  }

  /**
   * To be called by one at a time.
   * @returns those that were not here before
   * @throws HearthError `halo/key-missing`, `store/…`
   */
  async receive(space: Space, list: readonly Checked[]): Promise<ReadonlySet<Checked>> {
    const feeds = await this.of(space)
    const fresh = new Map<string, Checked>()
    for (const one of list) {
      const id = toBase64Url(one.sealed.id)
      if (!feeds.has(id) && !fresh.has(id)) fresh.set(id, one)
    }
    for (const { sealed } of fresh.values()) feeds.add(sealed)
    try {
      await this.settle(space, feeds, fresh)
      // What waits for others is here when those come.
      const strays = [...fresh].filter(([id]) => !feeds.placeOf(id))
      await this.store.write(
        strays.map(([id, { bytes }]) => strayRow(space, id, bytes)),
        'relaxed',
      )
    } catch (e) {
      // What was judged is not all in the store: the next one begins with what is.
      this.feeds.delete(space)
      throw e
    }
    return new Set(fresh.values())
  }

  /** The membership log may say something else now. To be called by one at a time. @throws HearthError `store/…` */
  async rejudge(space: Space): Promise<void> {
    const { keeper, device, judged } = space
    const { heads } = keeper
    if (keeper.feeds.every((feed) => feed === device)) return
    if (judged?.join() === heads.join()) return void (space.knows = heads)
    await this.settle(space, await this.of(space), new Map())
  }

  private async checkOne(space: Space, ours: string, bytes: Uint8Array): Promise<Checked | undefined> {
    try {
      const sealed = await readEntry(bytes, (b) => this.platform.sha256(b))
      const { feed, replica, header, signature } = sealed
      // defence: whole-entry
      if (!isWhole(sealed)) return undefined
      // defence: entry-of-this-space
      if (toBase64Url(replica) !== ours) return undefined
      // defence: entry-by-its-feed
      if (!(await space.keeper.verify(feed, replica, header, signature))) return undefined
      return { bytes, sealed }
    } catch {
      return undefined
    }
  }

  private async settle(space: Space, feeds: Feeds, carried: Carried): Promise<void> {
    await this.showing.loaded()
    // In one turn: the log may grow while something is written.
    const { heads } = space.keeper
    const { accepted, withdrawn } = feeds.next()
    if (withdrawn.length > 0)
      this.showing.remade(space, await this.withdrawing.withdraw(space, feeds, withdrawn))
    space.knows = heads
    const groups = [...inGroups(accepted, carried)]
    const open = (some: readonly string[] = []) => {
      const opening = this.open(space, some, carried)
      // Whoever comes to take it hears of a failure.
      opening.catch(() => undefined)
      return opening
    }
    let opening = open(groups[0])
    for (const [i, some] of groups.entries()) {
      const opened = await opening
      // Another thread decrypts them while these are applied.
      opening = open(groups[i + 1])
      if (opened.length > 0) await this.apply(space, feeds, opened, opening)
      // A key is on its way: the rest builds on what it opens.
      if (opened.length < some.length) return
    }
    if (feeds.standsAgain) {
      feeds.wrote(await stand(this.platform, this.store, space))
      return this.settle(space, feeds, carried)
    }
    if (space.judged?.join() === heads.join()) return
    space.judged = heads
    this.showing.judged(space)
  }

  private async open(space: Space, ids: readonly string[], carried: Carried): Promise<Opened[]> {
    const opening = ids.map(async (id): Promise<Opened | undefined> => {
      const here = carried.get(id)
      const { bytes, sealed } = here ?? (await this.stray(space, id))
      const isStray = !here
      try {
        return { bytes, sealed, isStray, entry: await openEntry(sealed, space.keeper) }
      } catch (e) {
        if (toHearthError(e).code === 'halo/key-missing') return undefined
        this.showing.damage(unreadable(space, sealed, e))
        return { bytes, sealed, isStray, entry: undefined }
      }
    })
    const opened = await Promise.all(opening)
    const end = opened.indexOf(undefined)
    return (end < 0 ? opened : opened.slice(0, end)) as Opened[]
  }

  private async stray(space: Space, id: string): Promise<Checked> {
    const bytes = (await this.store.get<Uint8Array>('strays', [space.id, id]))!
    return { bytes, sealed: await readEntry(bytes, (b) => this.platform.sha256(b)) }
  }

  /** @param next what comes after these: its documents are loaded while the disk is waited for */
  private async apply(
    space: Space,
    feeds: Feeds,
    opened: readonly Opened[],
    next: Promise<readonly Opened[]>,
  ): Promise<void> {
    const entries = opened.flatMap(({ entry }) => entry ?? [])
    const created = this.creations(space, entries)
    const changed = new Map<ObjectId, Entry[]>()
    for (const entry of entries)
      for (const [id] of entry.changes) {
        const list = changed.get(id)
        if (!list) changed.set(id, [entry])
        else if (list.at(-1) !== entry) list.push(entry)
      }
    const edits: [id: ObjectId, ops: readonly Op[], at: number][] = []
    const known = [...changed.keys()].filter((id) => created.has(id) || space.rows.has(id))
    try {
      await this.documents.loadAll(
        space,
        known.map((id) => [id, created.get(id)?.creation]),
      )
      for (const [id, list] of changed) {
        const creation = created.get(id)?.creation
        if (!creation && !space.rows.has(id)) {
          this.showing.damage(misfit(space, id, 'it was never made'))
          continue
        }
        const { ops, refused, waiting } = await this.documents.merge(space, id, list, creation)
        for (const { reason } of refused) this.showing.damage(misfit(space, id, reason))
        if (waiting.length > 0) this.showing.damage(misfit(space, id, 'what they build on is not there'))
        if (ops.length > 0) edits.push([id, ops, Math.max(...list.map(({ at }) => at))])
      }
      const ahead = next.then((some) => this.documents.loadAll(space, editedIn(space, some)))
      await Promise.all([
        this.store.write(rowsOf(space, opened, edits), 'strict'),
        ahead.catch(() => undefined),
      ])
    } catch (e) {
      for (const id of changed.keys()) this.documents.forget(id)
      throw e
    }
    this.took(space, feeds, opened, created, edits)
  }

  /** All of it is durable: in one turn it is shown, and counts. */
  private took(
    space: Space,
    feeds: Feeds,
    opened: readonly Opened[],
    created: ReadonlyMap<ObjectId, Created>,
    edits: Journal,
  ): void {
    for (const { sealed, entry } of opened) {
      const { feed, seq, id } = sealed
      // Of this device's own, one that counts again is not the last.
      if (feed !== space.device || seq > space.seq) space.feeds.set(feed, { seq, head: id })
      if (feed !== space.device) space.fresh.set(feed, toBase64Url(id))
      space.lamport = Math.max(space.lamport, entry?.lamport ?? 0)
    }
    space.applied++
    feeds.took(opened.map(({ sealed }) => sealed))
    for (const { record, seq } of created.values()) {
      const row = space.add(record, sizeOf(record.value))
      row.seq = seq
      row.stored(record)
    }
    const shown = edits.map(([id, ops, at]) => {
      const row = space.rows.get(id)!
      const before = row.record
      const onTop = mapPending(id, ops, this.showing.pending())
      row.merge(ops, onTop, at)
      row.bytes += ops.reduce((sum, op) => sum + opSize(op), 0)
      space.pages.touch(row.page)
      return [id, onTop, at, before] as const
    })
    this.showing.show(
      space,
      [...created.values()].map(({ record }) => record),
      shown,
    )
  }

  /** New objects, each as whoever made it made it. One whose id is taken is not made. */
  private creations(space: Space, entries: readonly Entry[]): Map<ObjectId, Created> {
    const created = new Map<ObjectId, Created>()
    for (const entry of entries)
      for (const [index, creation] of entry.creations.entries()) {
        const [id, type, value] = creation
        try {
          // defence: creation-as-a-tab-may
          verifyItem({ id, type, value })
          if (space.rows.has(id) || created.has(id) || this.showing.elsewhere(id, space))
            throw new HearthError('echo/invalid', { reason: 'its id is taken' })
        } catch (e) {
          this.showing.damage(misfit(space, id, (e as Error).message))
          continue
        }
        const record = createdBy(space.id, entry, creation, index)
        created.set(id, { creation: { id, type, value }, record, seq: entry.seq })
      }
    return created
  }
}

/** Objects that are here and that these entries change. */
function editedIn(space: Space, opened: readonly Opened[]): (readonly [ObjectId, undefined])[] {
  const ids = opened.flatMap(({ entry }) => entry?.changes.map(([id]) => id) ?? [])
  return [...new Set(ids)].filter((id) => space.rows.has(id)).map((id) => [id, undefined])
}

function* inGroups(ids: readonly string[], carried: Carried): Generator<string[]> {
  let some: string[] = []
  let bytes = 0
  for (const id of ids) {
    const more = carried.get(id)?.bytes.length ?? STRAY_BYTES
    if (some.length === TOGETHER || (some.length > 0 && bytes + more > TOGETHER_BYTES)) {
      yield some
      some = []
      bytes = 0
    }
    some.push(id)
    bytes += more
  }
  if (some.length > 0) yield some
}

/** Entries that count from now on, and what they did. */
function rowsOf(space: Space, opened: readonly Opened[], edits: Journal): Write[] {
  const writes: Write[] = []
  const entries: EntryPlace[] = []
  for (const { bytes, sealed, entry, isStray } of opened) {
    const { feed, seq, id } = sealed
    writes.push({ table: 'entries', key: [space.id, feed, seq], put: bytes })
    if (isStray) writes.push({ table: 'strays', key: [space.id, toBase64Url(id)], delete: true })
    for (const [object] of entry?.changes ?? [])
      writes.push({ table: 'touched', key: [object, feed, seq], put: space.id })
    entries.push([feed, seq])
  }
  const row: JournalRow = { entries, edits }
  return [...writes, { table: 'journal', key: [space.id, space.applied + 1], put: row }]
}

interface Created {
  readonly creation: Creation
  readonly record: ObjectRecord
  readonly seq: number
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

const unreadable = (space: Space, { seq }: SealedEntry, e: unknown): Damage => ({
  what: 'entry',
  space: space.id,
  message: `entry ${seq} of another device's feed cannot be read: ${(e as Error).message}`,
})

const misfit = (space: Space, object: ObjectId, reason: string): Damage => ({
  ...{ what: 'document', space: space.id, object },
  message: `changes of another device to this object were left out: ${reason}`,
})

/**
 * Entries of other devices: checked by whoever may not be trusted, judged, kept, and applied when they count.
 */
import { toHearthError } from '../protocol/errors.js'
import type { ClientId, ObjectId } from '../protocol/ids.js'
import type { Damage } from '../protocol/status.js'
import type { Store } from '../store.js'
import { Applying, type Applied, type Checked, type Opened, type Shows } from './applying.js'
import type { Documents } from './documents.js'
import { openStored, readStored, type StoredEntry } from './bare-entry.js'
import { isWhole, readEntry } from './entry.js'
import { Feeds, headerOf, strayRow } from './feeds.js'
import { hashText } from './hash-text.js'
import type { EchoPlatform } from './platform.js'
import type { Space } from './space.js'
import { stand } from './standing.js'
import type { Syncing } from './syncing.js'
import type { Tails } from './tails.js'
import { Withdrawing, type Remade } from './withdrawing.js'

/** Entries that are applied in one transaction, and bytes of them, at most; one entry goes whole. */
const TOGETHER = 256
const TOGETHER_BYTES = 1 << 20
/** Of one that waits in the store, nobody knows how long it is: as if it were this long. */
const STRAY_BYTES = 64 << 10
/** Who made what came from elsewhere, to tabs. */
export const OTHERS = 'others................' as ClientId

/** What receiving does to ECHO. */
export interface Showing extends Shows {
  /** Everything here is known to be here. */
  loaded(): Promise<void>
  /** By another membership log than what is stored was judged by. */
  judged(space: Space): void
  /** These are what they were made again as, or nothing; what waited on them has no base any more. */
  remade(space: Space, objects: ReadonlyMap<ObjectId, Remade | undefined>): void
}

/** Entries that are here and not in the store, by id. */
type Carried = ReadonlyMap<string, Checked>

export class Receiving {
  private readonly feeds = new WeakMap<Space, Promise<Feeds>>()
  private readonly withdrawing: Withdrawing
  private readonly applying: Applying

  constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    private readonly documents: Documents,
    private readonly tails: Tails,
    syncing: Syncing,
    private readonly showing: Showing,
  ) {
    this.withdrawing = new Withdrawing(platform, store, documents, tails)
    this.applying = new Applying(store, documents, tails, syncing, showing)
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
    const replica = hashText(space.keeper.replica())
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
      const { id } = one.header
      if (!feeds.has(id) && !fresh.has(id)) fresh.set(id, one)
    }
    for (const { header } of fresh.values()) feeds.add(header)
    if (isByAnother(space, feeds, fresh.values())) {
      space.copiedAt ??= space.seq
      this.showing.copied()
    }
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

  /** What is here has come by a checkpoint: it is judged as if it had been read from the store. To be called by one at a time. @throws HearthError `store/…` */
  async anew(space: Space): Promise<void> {
    this.feeds.delete(space)
    await this.settle(space, await this.of(space), new Map())
  }

  /** The membership log may say something else now. To be called by one at a time. @throws HearthError `store/…` */
  async rejudge(space: Space): Promise<void> {
    const { keeper, device, judged } = space
    const { heads, mayWrite } = keeper
    if (keeper.feeds.every((feed) => feed === device)) return
    if (judged?.join() === heads.join()) {
      Object.assign(space, { knows: heads, mayWrite })
      // What it has written since may have ended before it was durable.
      if (!(await this.known(space))?.standsAgain) return
    }
    await this.settle(space, await this.of(space), new Map())
  }

  private async checkOne(space: Space, ours: string, bytes: Uint8Array): Promise<Checked | undefined> {
    try {
      const sealed = await readEntry(bytes, (b) => this.platform.sha256(b))
      const { feed, replica, header, signature } = sealed
      // defence: whole-entry
      if (!isWhole(sealed)) return undefined
      // defence: entry-of-this-space
      if (hashText(replica) !== ours) return undefined
      // defence: entry-by-its-feed
      if (!(await space.keeper.verify('feed-entry', feed, replica, header, signature))) return undefined
      return { bytes, sealed, header: headerOf(sealed) }
    } catch {
      return undefined
    }
  }

  private async settle(space: Space, feeds: Feeds, carried: Carried): Promise<void> {
    await this.showing.loaded()
    // In one turn: the log may grow while something is written.
    const { heads, mayWrite } = space.keeper
    const { accepted, withdrawn } = feeds.next()
    if (withdrawn.length > 0) {
      const tails = this.tails.all.length
      this.showing.remade(space, await this.withdrawing.withdraw(space, feeds, withdrawn))
      if (this.tails.all.length > tails) this.showing.copied()
    }
    Object.assign(space, { knows: heads, mayWrite })
    const groups = [...inGroups(accepted, carried)]
    const open = (some: readonly string[] = []) => {
      const opening = this.open(space, some, carried)
      // Whoever comes to take it hears of a failure.
      opening.catch(() => undefined)
      return opening
    }
    let opening = open(groups[0])
    /** What is being written, and is taken when that is done. */
    let last: Applied | undefined
    let taking = Promise.resolve()
    for (const [i, some] of groups.entries()) {
      const opened = feeds.placed(await opening)
      // Another thread decrypts them while these are merged, and the disk is waited for.
      opening = open(groups[i + 1])
      const ahead = opening.then((next) => this.documents.loadAll(space, editedIn(space, next)))
      ahead.catch(() => undefined)
      if (opened.length > 0) {
        const before = taking
        const applied = await this.applying.apply(space, feeds, opened, last, () => before)
        // Nothing is read while something is written.
        await ahead.catch(() => undefined)
        last = applied
        taking = this.applying.take(space, feeds, applied)
        taking.catch(() => undefined)
      }
      // A key is on its way: the rest builds on what it opens.
      if (opened.length < some.length) return taking
    }
    await taking
    if (feeds.standsAgain) {
      const { header, bytes } = await stand(this.platform, this.store, space)
      feeds.wrote(header)
      // Others wait for it.
      const { feed, seq, id } = header
      this.showing.appended(space, [{ feed, seq, id, bytes }])
      return this.settle(space, feeds, carried)
    }
    if (space.judged?.join() === heads.join()) return
    space.judged = heads
    this.showing.judged(space)
  }

  private async open(space: Space, ids: readonly string[], carried: Carried): Promise<Opened[]> {
    const opening = ids.map(async (id): Promise<Opened | undefined> => {
      const here = carried.get(id)
      const checked = here ?? (await this.stray(space, id))
      const { sealed } = checked
      const isStray = !here
      try {
        return { ...checked, isStray, entry: await openStored(sealed, space.keeper) }
      } catch (e) {
        if (toHearthError(e).code === 'halo/key-missing') return undefined
        this.showing.damage(unreadable(space, sealed, e))
        return { ...checked, isStray, entry: undefined }
      }
    })
    const opened = await Promise.all(opening)
    const end = opened.indexOf(undefined)
    return (end < 0 ? opened : opened.slice(0, end)) as Opened[]
  }

  private async stray(space: Space, id: string): Promise<Checked> {
    const bytes = (await this.store.get<Uint8Array>('strays', [space.id, id]))!
    const sealed = await readStored(bytes, (b) => this.platform.sha256(b))
    return { bytes, sealed, header: headerOf(sealed) }
  }
}

/** Whether another one has written as this device: beside what this one wrote, or after it. */
function isByAnother(space: Space, feeds: Feeds, fresh: Iterable<Checked>): boolean {
  const own = [...fresh].filter(({ sealed }) => sealed.feed === space.device)
  return own.length > 0 && (feeds.isCopied || own.some(({ sealed }) => sealed.seq > space.seq))
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

const unreadable = (space: Space, { seq }: StoredEntry, e: unknown): Damage => ({
  what: 'entry',
  space: space.id,
  message: `entry ${seq} of another device's feed cannot be read: ${(e as Error).message}`,
})

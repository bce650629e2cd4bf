/**
 * ECHO on one device: the spaces of an origin, what tabs ask to change in them, and what follows from it. An edit is
 * checked, applied to plain records and told to every tab at once; then it becomes an entry and is made durable,
 * and if that fails it is taken back (invariants 1 and 2).
 */
import { HearthError, toHearthError, toWire, type WireError } from '../protocol/errors.js'
import type { ClientId, DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import { isOwnType } from '../protocol/own-types.js'
import type { SpaceInfo } from '../protocol/facts.js'
import type { Item, ObjectRecord } from '../protocol/rpc.js'
import type { Damage } from '../protocol/status.js'
import { verifyItem } from '../protocol/verify.js'
import type { Shown } from './applying.js'
import { Asides } from './asides.js'
import type { Batch, Refusal } from './batch.js'
import { PageWriter } from './page-writer.js'
import { Checkpoints } from './checkpoints/checkpoints.js'
import { Claims } from './claims.js'
import { Committer, type Mark } from './commit.js'
import { Documents } from './documents.js'
import { applyItems } from './editing.js'
import { Exchange } from './exchange.js'
import { Gate } from './gate.js'
import type { RecordChange } from './matching.js'
import type { Appended, Keeper } from './keeper.js'
import { openSpace, type Heads } from './opening.js'
import type { EchoPlatform } from './platform.js'
import type { Store, Write } from '../store.js'
import { Queries } from './queries.js'
import { OTHERS, Receiving } from './receiving.js'
import { Refusals, type Refused } from './refusals.js'
import { scrub } from './scrub.js'
import type { Row } from './row.js'
import { Space } from './space.js'
import { takeBack } from './takeback.js'
import { Syncing } from './syncing.js'
import { Tails } from './tails.js'
import { Twins } from './twins.js'
import { wipe } from './wipe.js'
import type { Remade } from './withdrawing.js'

/** What can wait is done this long after the store was opened, in milliseconds. */
const TIDY_MS = 2000

/** What a session hears of; each call is followed by `settle` before anything else happens. */
export interface Listener {
  /**
   * Effective operations on an object, in the order that holds everywhere.
   * @param author the device that made them, if they came from elsewhere
   */
  edited(id: ObjectId, ops: readonly Op[], updatedAt: number, by: ClientId, author?: DeviceId): void
  /** The client's batches up to `n` are durable. */
  durable(client: ClientId, n: number): void
  refused(client: ClientId, n: number, error: WireError): void
  /** The records of these objects are to be read anew; undefined where there is none any more. */
  reset(records: ReadonlyMap<ObjectId, ObjectRecord | undefined>): void
  spaces(): void
}

/** What can happen to all of it. */
export interface EchoEvents {
  /** The store is lost: this ECHO is of no more use, and says nothing more to anybody. */
  gone?(): void
  /**
   * Somebody else writes as this device, or has. Nothing is written here any more, until `released`. It is to be opened anew, after this device
   * has come in as another one if `isCopied`.
   */
  copied?(): void
  /** These are durable: of this device's own, or from others. */
  appended?(space: SpaceId, entries: readonly Appended[], isOwn: boolean): void
  /** There is another checkpoint of it here. */
  covered?(space: SpaceId): void
  /** Whether entries need not be kept there that a checkpoint stands for; they are, where nobody says so. */
  mayDrop?(space: SpaceId): boolean
}

export interface Accepted {
  readonly at: number
  readonly created: readonly (readonly [ObjectId, order: number])[]
}

export class Echo {
  readonly listeners = new Set<Listener>()
  readonly damage: Damage[] = []
  /** With other devices. */
  readonly exchange: Exchange
  private readonly spaces = new Map<SpaceId, Space>()
  /** What does not count, as people are told of it. */
  readonly asides: Asides
  /** Of tabs. */
  readonly queries = new Queries(this.spaces)
  /** Accepted and not durable, in order. */
  private readonly pending: Batch[] = []
  private readonly marks = new Map<ClientId, Mark>()
  private readonly claims = new Claims(() => this.spaces.values())
  private readonly refusals = new Refusals()
  private readonly documents: Documents
  private readonly committer: Committer
  private readonly gate = new Gate()
  /** As this device, somebody else may write, too. */
  readonly twins: Twins
  private readonly pageWriter: PageWriter
  readonly checkpoints: Checkpoints
  /** Closed, or erased: nothing more is read or written. */
  private ended = false
  /** Spaces that were left, or deleted. */
  private readonly gone: SpaceId[] = []
  /** Counts what tabs ask, so that what can wait gives way. */
  private asked = 0

  private constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    events: EchoEvents,
  ) {
    this.documents = new Documents(platform, store)
    const tails = new Tails(platform, store, this.documents)
    const syncing = new Syncing(store)
    const receiving = new Receiving(platform, store, this.documents, tails, syncing, {
      damage: (damage) => this.report(damage),
      elsewhere: (id, space) => (this.row(id)?.[0] ?? space) !== space,
      pending: () => this.pending,
      copied: () => this.twins.met(),
      loaded: () => this.loadAll(),
      judged: (space) => this.judged(space),
      show: (space, created, edits) => this.show(space, created, edits),
      remade: (space, objects) => this.remade(space, objects),
      appended: (space, entries) => {
        events.appended?.(space.id, entries, false)
        this.checkpoints.look(space)
      },
    })
    this.asides = new Asides(platform, store, (space) => receiving.known(space))
    this.exchange = new Exchange(platform, store, this.spaces, receiving, this.gate, this.asides, syncing)
    this.committer = new Committer(
      platform,
      syncing,
      this.documents,
      this.claims,
      this.refusals,
      this.gate,
      async (spaces) => {
        // It is done again with whatever comes next, and what cannot be read now must not keep anybody from writing.
        for (const space of spaces) await receiving.rejudge(space).catch(() => undefined)
      },
      (space, header, bytes) => {
        void receiving.known(space).then((feeds) => feeds?.wrote(header))
        const { feed, seq, id } = header
        events.appended?.(space.id, [{ feed, seq, id, bytes }], true)
        this.checkpoints.look(space)
      },
      (batches) => this.becameDurable(batches),
      (batches, refusal) => this.failed(batches, refusal),
    )
    this.twins = new Twins(this, this.spaces, this.asides, this.gate, tails, () => {
      const release = this.committer.hold()
      events.copied?.()
      return release
    })
    this.pageWriter = new PageWriter(
      platform,
      store,
      this.documents,
      () => this.spaces.values(),
      async () => {
        await this.committer.idle()
        await this.gate.idle()
      },
      // Derived data could not be written; entries are what counts, and the next time tries again.
      () => this.pageWriter.due(),
    )
    this.checkpoints = new Checkpoints(
      ...([platform, store, this.spaces, receiving, syncing, this.gate] as const),
      {
        damage: (damage) => this.report(damage),
        show: (space, created) => this.show(space, created, []),
        loaded: () => this.loadAll(),
        covered: (space) => events.covered?.(space.id),
        mayDrop: (space) => events.mayDrop?.(space.id) ?? false,
        writePages: () => this.pageWriter.run(),
        save: (space, id, covers) => this.documents.saveUpTo(space, id, covers),
        ended: () => this.ended,
      },
    )
  }

  /**
   * @param heads as `readHeads` found them
   * @param keepers of the spaces, the personal one first
   * @throws HearthError `store/unavailable`, `store/newer`, `store/quota`
   */
  static async open(
    platform: EchoPlatform,
    store: Store,
    heads: Heads,
    keepers: readonly Keeper[],
    events: EchoEvents = {},
  ): Promise<Echo> {
    const echo = new Echo(platform, store, events)
    store.onGone(() => {
      if (echo.ended) return
      echo.close()
      events.gone?.()
    })
    await echo.recover(heads, keepers)
    return echo
  }

  private async recover(heads: Heads, keepers: readonly Keeper[]): Promise<void> {
    heads.damage.forEach((damage) => this.report(damage))
    this.asides.restore(heads.asides.filter(({ space }) => keepers.some(({ id }) => id === space)))
    this.twins.restore(heads)
    for (const [client, mark] of heads.marks) {
      this.marks.set(client, mark)
      this.refusals.add(client, mark.refused ?? [])
    }
    const open = (keeper: Keeper) =>
      openSpace(this.platform, this.store, this.documents, heads, keeper, {
        damage: (damage) => this.report(damage),
        found: (id) => this.claims.found(id),
        came: (records) => this.queries.came(records),
        ended: (space) => this.loaded(space),
      })
    for (const space of await Promise.all(keepers.map(open))) this.spaces.set(space.id, space)
    for (const space of this.spaces.values()) if (!space.loading) this.loaded(space)
    void this.loadAll()
      // The power may have gone between what was said of who is in, and what followed from it.
      .then(() => this.exchange.rejudge())
      .catch(() => undefined)
      .then(() => this.platform.later(() => void this.tidy(heads.stale), TIDY_MS))
  }

  /**
   * Reads all that is not here, one space after the other, and without haste.
   * @throws HearthError `store/…`; asking again tries again
   */
  async loadAll(): Promise<void> {
    for (const space of [...this.spaces.values()]) await space.loading?.rest()
  }

  /** All of a space is here. */
  private loaded(space: Space): void {
    if (space.pages.dirty) this.pageWriter.soon()
    this.checkpoints.look(space)
  }

  /** What nobody waits for: old marks are deleted, and entries are checked. */
  private async tidy(stale: readonly ClientId[]): Promise<void> {
    // No commit is under way then that might just be writing one of these.
    await this.committer.idle()
    if (this.ended) return
    const old = stale.filter((client) => !(this.marks.get(client)?.n ?? 0))
    const writes = old.map((key): Write => ({ table: 'marks', key, delete: true }))
    await this.store.write(writes, 'relaxed').catch(() => undefined)
    for (const id of this.gone) await wipe(this.store, id).catch(() => undefined)
    const quiet = { asked: () => this.asked + this.queries.asked, stopped: () => this.ended }
    const report = (damage: Damage) => this.report(damage)
    for (const space of [...this.spaces.values()])
      await scrub(this.platform, this.store, space, report, quiet).catch(() => undefined)
  }

  get spaceInfos(): SpaceInfo[] {
    const infos = [...this.spaces.values()].map((space) => space.info)
    // Which one that is changes when the device joins another identity.
    return infos.sort((a, b) => Number(b.personal) - Number(a.personal))
  }

  has(space: SpaceId): boolean {
    return this.spaces.has(space)
  }

  /** A space that has just begun, or was joined. */
  addSpace(keeper: Keeper): void {
    this.spaces.set(keeper.id, new Space(keeper))
  }

  /** A space that was left, or deleted: it is shown no more, and then what is stored of it is deleted. */
  async dropSpace(id: SpaceId): Promise<void> {
    const space = this.spaces.get(id)
    if (!space) return
    space.loading?.stop(new HearthError('echo/unknown-space'))
    this.spaces.delete(id)
    this.asides.forget(id)
    const records = [...space.rows.values()].map(({ record }) => record)
    this.queries.changed(records.map((record) => [record, undefined]))
    const gone = new Map(records.map((record) => [record.id, undefined]))
    for (const listener of this.listeners) listener.reset(gone)
    await this.committer.idle()
    for (const { id: object } of records) this.documents.forget(object)
    // What stays now goes at a later opening.
    await wipe(this.store, id).catch(() => undefined)
  }

  /** Spaces of which nothing is shown, and something may still be stored: the end came in between. */
  wipeLater(ids: Iterable<SpaceId>): void {
    this.gone.push(...ids)
  }

  /** Names and roles may be others now. */
  changedSpaces(): void {
    for (const listener of this.listeners) listener.spaces()
  }

  /** Highest batch of this client that is never to be applied again. */
  mark(client: ClientId): number {
    return Math.max(this.marks.get(client)?.n ?? 0, this.refusals.highest(client))
  }

  /** Batches up to the mark that were refused, which this client may not have heard. */
  refused(client: ClientId): Refused {
    return this.refusals.unheard(client)
  }

  /** The client has seen that its batch `n` was refused. */
  heard(client: ClientId, n: number): void {
    this.refusals.heard(client, n)
  }

  /** A batch was refused before it came here: it is never to be applied. */
  skip(client: ClientId, n: number, error: WireError): void {
    this.committer.skip(client, n, error)
  }

  /** Resolves when no batch (of this client) is on its way to the disk. */
  async settled(client?: ClientId): Promise<void> {
    if (!client || this.pending.some((batch) => batch.client === client)) await this.committer.idle()
  }

  record(id: ObjectId): ObjectRecord | undefined {
    this.asked++
    return this.row(id)?.[1].record
  }

  /** What is there of one type, or of all, in order of creation. */
  objectsOf(space: SpaceId, type?: string): ObjectRecord[] {
    const rows = this.spaces.get(space)?.rows
    const made = inOrder(type !== undefined && isOwnType(type) ? rows?.own : rows)
    return made.filter((one) => !one.gone && (type === undefined || one.type === type))
  }

  /** All that were ever made of these types of Hearth's own, removed ones, too, in order of creation. */
  madeOf(space: SpaceId, types: readonly string[]): ObjectRecord[] {
    return inOrder(this.spaces.get(space)?.rows.own).filter(({ type }) => types.includes(type))
  }

  /**
   * Applies a batch, already mapped to the state of now, and tells everybody; durable later.
   * @throws HearthError `echo/…`, `store/erased`; nothing was changed then, and the batch counts as refused
   */
  accept(client: ClientId, n: number, spaceId: SpaceId, items: readonly Item[]): Accepted {
    this.asked++
    try {
      const space = this.spaces.get(spaceId)
      if (this.ended) throw new HearthError('store/erased')
      if (!space) throw new HearthError('echo/unknown-space')
      if (!space.keeper.mayWrite) throw new HearthError('echo/not-a-writer')
      for (const item of items) verifyItem(item)
      return this.apply(client, n, space, items)
    } catch (e) {
      this.skip(client, n, toWire(toHearthError(e)))
      throw e
    }
  }

  private apply(client: ClientId, n: number, space: Space, items: readonly Item[]): Accepted {
    const now = this.platform.now()
    const made = items.filter((item) => !('op' in item)).map(({ id }) => id)
    // What waits for its id to be free must not share an entry with what does not.
    if (made.length > 0 && this.claims.open) space.closeDraft()
    const { before, placed } = applyItems(space, items, now, (id) => !!this.row(id))
    if (made.length > 0) this.claims.claim(made)
    const ids = [...before.keys()]
    const batch: Batch = { client, n, space, items: placed, ids }
    this.pending.push(batch)
    for (const id of ids) space.rows.get(id)!.await()
    for (const item of placed)
      if ('ops' in item)
        for (const listener of this.listeners) listener.edited(item.id, item.ops, item.slot.at, client)
    this.queries.changed([...before].map(([id, was]) => [was, space.rows.get(id)!.record]))
    this.committer.add(batch)
    const created = placed.flatMap((item) =>
      'created' in item ? [[item.id, item.created.order] as const] : [],
    )
    return { at: now, created }
  }

  /** Whether not everything is here yet. */
  get loading(): boolean {
    return this.claims.open
  }

  /**
   * Undefined if it is known of each of these whether it is there; else resolves when it is.
   * @throws HearthError `store/…` if the store cannot be read
   */
  unknown(ids: readonly ObjectId[]): Promise<void> | undefined {
    return this.loading && ids.some((id) => !this.row(id)) ? this.claims.settled() : undefined
  }

  /** Everything accepted is durable, and derived data is written: an end for which nobody waits. */
  async drain(): Promise<void> {
    await this.committer.idle()
    await this.pageWriter.run(true)
  }

  async erase(): Promise<void> {
    this.end(new HearthError('store/erased'))
    await this.committer.idle()
    await this.store.erase()
  }

  close(): void {
    this.end(new HearthError('rpc/closed'))
    this.store.close()
  }

  private end(error: HearthError): void {
    this.ended = true
    this.pageWriter.stop()
    this.checkpoints.stop()
    this.asides.stop()
    for (const { loading } of this.spaces.values()) loading?.stop(error)
  }

  /** Counts only: no plaintext and no keys. */
  diagnostics(): Record<string, unknown> {
    const spaces = [...this.spaces.values()].map((s) => ({
      objects: s.rows.size,
      entries: s.seq,
      lamport: s.lamport,
      loading: !!s.loading,
    }))
    return {
      spaces,
      documents: this.documents.count,
      pending: this.pending.length,
      queries: this.queries.count,
      isCopied: this.twins.isHeld,
    }
  }

  private row(id: ObjectId): [Space, Row] | undefined {
    for (const space of this.spaces.values()) {
      const row = space.rows.get(id)
      if (row) return [space, row]
    }
    return undefined
  }

  private becameDurable(batches: readonly Batch[]): void {
    this.pending.splice(0, batches.length)
    const at = this.platform.now()
    for (const { client, n, space, items, ids } of batches) {
      this.marks.set(client, { n, at })
      for (const item of items) space.rows.get(item.id)!.follow(item)
      for (const id of ids) {
        const row = space.rows.get(id)!
        row.settle()
        space.pages.touch(row.page)
      }
    }
    const latest = new Map(batches.map(({ client, n }) => [client, n]))
    for (const [client, n] of latest) for (const listener of this.listeners) listener.durable(client, n)
    this.pageWriter.due()
  }

  private failed(batches: readonly Batch[], refusal: Refusal): void {
    // Whoever comes next hears of these batches from their tabs, by number.
    if (this.ended) return
    const { error, only } = refusal
    this.pending.splice(0)
    if (only && error.code === 'echo/damaged')
      this.report({ what: 'document', object: only, message: error.message })
    const { listeners } = this
    const record = (id: ObjectId) => this.record(id)
    const changed = (changes: readonly RecordChange[]) => this.queries.changed(changes)
    const apply = this.apply.bind(this)
    const skip = this.committer.skip.bind(this.committer)
    takeBack({ listeners, record, changed, apply, skip }, batches, refusal)
  }

  /** A position says so; it is written with a page. */
  private judged(space: Space): void {
    if (space.pages.layout.lows.length === 0) return
    space.pages.touch(0)
    this.pageWriter.due()
  }

  /** What others have made is durable. */
  private show(space: Space, created: readonly ObjectRecord[], edits: readonly Shown[]): void {
    for (const { id, ops, at, author } of edits)
      for (const listener of this.listeners) listener.edited(id, ops, at, OTHERS, author)
    this.queries.changed([
      ...created.map((record): RecordChange => [undefined, record]),
      ...edits.map(({ id, before }): RecordChange => [before, space.rows.get(id)!.record]),
    ])
    this.pageWriter.due()
  }

  /** Objects were made again without what counts no more; what was written on top of them is refused. */
  private remade(space: Space, objects: ReadonlyMap<ObjectId, Remade | undefined>): void {
    const changes: RecordChange[] = []
    for (const [id, remade] of objects) {
      const row = space.rows.get(id)
      if (!row) continue
      const before = row.record
      const isSame = remade?.record.author === before.author && remade.record.order === before.order
      if (remade && isSame) row.rebuilt(remade.record)
      else space.remove(id)
      if (remade && !isSame) space.addStored(remade.record, remade.seq)
      else if (remade) space.pages.touch(row.page)
      const after = space.rows.get(id)?.record
      if (before !== after) changes.push([before, after])
    }
    this.queries.changed(changes)
    for (const only of objects.keys())
      if (this.pending.some((batch) => batch.ids.includes(only)))
        this.failed(this.committer.takeAll(), { error: new HearthError('echo/lost-base'), only })
    const records = new Map([...objects.keys()].map((id) => [id, space.rows.get(id)?.record]))
    for (const listener of this.listeners) listener.reset(records)
    this.pageWriter.due()
  }

  private report(damage: Damage): void {
    if (this.damage.some((known) => known.object === damage.object && known.message === damage.message))
      return
    this.damage.push(damage)
  }
}

const inOrder = (rows: ReadonlyMap<ObjectId, Row> = new Map()): ObjectRecord[] =>
  [...rows.values()]
    .map(({ record }) => record)
    .sort((a, b) => a.order - b.order || (a.author < b.author ? -1 : 1))

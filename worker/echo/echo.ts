/**
 * ECHO on one device: the spaces of an origin, what tabs ask to change in them, and what follows from it. An edit is
 * checked, applied to plain records and told to every tab at once; then it becomes an entry and is made durable,
 * and if that fails it is taken back (invariants 1 and 2).
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { HearthError, invalid, toWire, type WireError } from '../protocol/errors.js'
import {
  newId,
  toBase64Url,
  type ClientId,
  type DeviceId,
  type ObjectId,
  type SpaceId,
} from '../protocol/ids.js'
import { apply, type Op } from '../protocol/operations.js'
import type { QuerySpec } from '../protocol/queries.js'
import type { Damage, Item, ObjectRecord, SpaceInfo } from '../protocol/rpc.js'
import { checkString, MAX_OBJECT, sameStored, sizeOf } from '../protocol/values.js'
import { verifyItem } from '../protocol/verify.js'
import type { Batch, Placed, Refusal } from './batch.js'
import { Checkpoints } from './checkpoint.js'
import { Committer, type Mark } from './commit.js'
import { Documents } from './documents.js'
import { Matching, type RecordChange } from './matching.js'
import type { EchoPlatform, Store } from './platform.js'
import { Recovery } from './recovery.js'
import { scrub } from './scrub.js'
import { Space, type Row } from './space.js'

/** Marks of clients that have not written for so long are forgotten, in milliseconds. */
const MARK_MS = 7 * 24 * 3600_000

/** Entries are checked this long after the store was opened, in milliseconds. */
const SCRUB_MS = 2000

/** What a session hears of; each call is followed by `settle` before anything else happens. */
export interface Listener {
  /** Effective operations on an object, in the order that holds everywhere. */
  edited(id: ObjectId, ops: readonly Op[], updatedAt: number, by: ClientId): void
  /** The client's batches up to `n` are durable. */
  durable(client: ClientId, n: number): void
  refused(client: ClientId, n: number, error: WireError): void
  /** The records of these objects are to be read anew; undefined where there is none any more. */
  reset(records: ReadonlyMap<ObjectId, ObjectRecord | undefined>): void
  spaces(): void
}

export interface Accepted {
  readonly at: number
  readonly created: readonly (readonly [ObjectId, order: number])[]
}

export class Echo {
  readonly listeners = new Set<Listener>()
  readonly damage: Damage[] = []
  private readonly spaces = new Map<SpaceId, Space>()
  private readonly matchings = new Map<string, Matching>()
  /** Accepted and not durable, in order. */
  private readonly pending: Batch[] = []
  private readonly marks = new Map<ClientId, Mark>()
  private readonly documents: Documents
  private readonly committer: Committer
  private readonly checkpoints: Checkpoints
  /** Closed, or erased: nothing more is read or written. */
  private ended = false

  private constructor(
    private readonly platform: EchoPlatform,
    private readonly store: Store,
    readonly device: DeviceId,
  ) {
    this.documents = new Documents(platform, store)
    this.committer = new Committer(
      platform,
      store,
      this.documents,
      (batches) => this.becameDurable(batches),
      (batches, refusal) => this.failed(batches, refusal),
    )
    this.checkpoints = new Checkpoints(
      platform,
      store,
      this.documents,
      () => this.spaces.values(),
      () => this.committer.idle(),
      // Derived data could not be written; entries are what counts, and the next checkpoint tries again.
      () => this.checkpoints.due(),
    )
  }

  /** @throws HearthError `store/unavailable`, `store/newer`, `store/quota` */
  static async open(platform: EchoPlatform): Promise<Echo> {
    const store = await platform.openStore()
    let device = await store.get<DeviceId>('meta', 'device')
    if (!device) {
      device = newId<DeviceId>(platform.random(16))
      await store.write([{ table: 'meta', key: 'device', put: device }], 'strict')
    }
    const echo = new Echo(platform, store, device)
    await echo.recover()
    return echo
  }

  private async recover(): Promise<void> {
    const now = this.platform.now()
    await this.reportLoss()
    for (const { key, value } of await this.store.rows<Mark>('marks'))
      if (value.at > now - MARK_MS) this.marks.set(key as ClientId, value)
      else await this.store.write([{ table: 'marks', key, delete: true }], 'relaxed')
    const infos: SpaceInfo[] = []
    for (const { key, value } of await this.store.rows<SpaceInfo>('spaces')) {
      if (typeof value?.id === 'string' && value.id === key) infos.push(value)
      else
        this.damage.push({ what: 'space', message: `the record of space ${String(key)} could not be read` })
    }
    infos.sort((a, b) => Number(b.personal) - Number(a.personal) || a.createdAt - b.createdAt)
    for (const info of infos) {
      const report = (damage: Damage) => this.damage.push(damage)
      const recovery = new Recovery(this.platform, this.store, this.documents, report, info, this.device)
      this.spaces.set(info.id, await recovery.open())
    }
    if (!infos.some((info) => info.personal)) await this.createSpace('Personal', true)
    if ([...this.spaces.values()].some((space) => space.pages.dirty)) this.checkpoints.due()
    this.platform.later(() => void this.scrub(), SCRUB_MS)
  }

  /** A store that was emptied by the browser never begins anew in silence: it is said at every opening from then on. */
  private async reportLoss(): Promise<void> {
    const { lost } = this.store
    if (lost) await this.store.write([{ table: 'meta', key: 'lost', put: lost }], 'strict')
    const words = await this.store.get<string>('meta', 'lost')
    if (!words) return
    const message = `the browser could not read what was stored here, and began an empty store (${words})`
    this.damage.push({ what: 'store', message })
  }

  private async scrub(): Promise<void> {
    const report = (damage: Damage) => this.report(damage)
    for (const space of [...this.spaces.values()])
      await scrub(this.platform, this.store, space, report, () => this.ended).catch(() => undefined)
  }

  get spaceInfos(): SpaceInfo[] {
    return [...this.spaces.values()].map((space) => space.info)
  }

  /** Durable when it resolves. @throws HearthError `echo/invalid`, `store/quota`, `store/failed` */
  async createSpace(name: string, personal = false): Promise<SpaceInfo> {
    if (typeof name !== 'string' || name.trim() === '') invalid('a space needs a name')
    checkString(name)
    const createdAt = this.platform.now()
    const nonce = this.platform.random(16)
    const genesis = encode(
      { v: 1, device: this.device, name, personal, at: createdAt, nonce },
      rfc8949EncodeOptions,
    )
    const id = toBase64Url(await this.platform.sha256(genesis)) as SpaceId
    const info: SpaceInfo = { id, name, personal, createdAt }
    await this.store.write([{ table: 'spaces', key: id, put: { ...info, genesis } }], 'strict')
    this.spaces.set(id, new Space(info, this.device))
    for (const listener of this.listeners) listener.spaces()
    return info
  }

  /** Highest batch of this client that is never to be applied again. */
  mark(client: ClientId): number {
    return this.marks.get(client)?.n ?? 0
  }

  record(id: ObjectId): ObjectRecord | undefined {
    return this.row(id)?.[1].record
  }

  /**
   * Applies a batch, already mapped to the state of now, and tells everybody; durable later.
   * @throws HearthError `echo/…`, `store/erased`; nothing was changed then, and the batch counts as refused
   */
  accept(client: ClientId, n: number, spaceId: SpaceId, items: readonly Item[]): Accepted {
    try {
      const space = this.spaces.get(spaceId)
      if (this.ended) throw new HearthError('store/erased')
      if (!space) throw new HearthError('echo/unknown-space')
      for (const item of items) verifyItem(item)
      return this.apply(client, n, space, items)
    } catch (e) {
      this.committer.skip(client, n)
      throw e
    }
  }

  private apply(client: ClientId, n: number, space: Space, items: readonly Item[]): Accepted {
    const before = new Map<ObjectId, ObjectRecord | undefined>()
    const bytes = new Map<Row, number>()
    const placed: Placed[] = []
    const now = this.platform.now()
    try {
      for (const item of items) {
        const row = space.rows.get(item.id)
        if (!before.has(item.id)) before.set(item.id, row?.record)
        if ('op' in item) {
          if (!row) throw new HearthError('echo/unknown-object')
          if (!bytes.has(row)) bytes.set(row, row.bytes)
          const done = edit(space, row, item.op, now)
          if (!done) continue
          const last = placed.at(-1)
          if (last?.id === item.id && 'ops' in last && last.slot === done) (last.ops as Op[]).push(item.op)
          else placed.push({ id: item.id, slot: done, ops: [item.op] })
        } else {
          if (this.row(item.id)) invalid('an object with this id is there already')
          placed.push(create(space, item, now))
        }
      }
    } catch (e) {
      for (const [row, size] of bytes) row.bytes = size
      for (const [id, record] of before) {
        if (record) space.rows.get(id)!.record = record
        else space.remove(id)
      }
      throw e
    }
    const after = new Map([...before.keys()].map((id) => [id, space.rows.get(id)!.record]))
    const batch: Batch = { client, n, space, items: placed, after }
    this.pending.push(batch)
    for (const item of placed)
      if ('ops' in item)
        for (const listener of this.listeners) listener.edited(item.id, item.ops, item.slot.at, client)
    this.changed([...before].map(([id, was]) => [was, after.get(id)]))
    this.committer.add(batch)
    const created = placed.flatMap((item) =>
      'created' in item ? [[item.id, item.created.order] as const] : [],
    )
    return { at: now, created }
  }

  /** The live result of a query; opens it, or shares the one that is open. */
  matching(spec: QuerySpec): Matching {
    const { space, type, where, orderBy } = spec
    const key = JSON.stringify([space, type, where, orderBy])
    let matching = this.matchings.get(key)
    if (!matching) {
      const spaces = space ? [this.spaces.get(space)].filter((s) => !!s) : [...this.spaces.values()]
      matching = new Matching({ space, type, where, orderBy } as QuerySpec, records(spaces))
      this.matchings.set(key, matching)
    }
    return matching
  }

  /** A window has closed: results that nobody looks at are dropped. */
  release(): void {
    for (const [key, matching] of this.matchings) if (matching.windows.size === 0) this.matchings.delete(key)
  }

  /** Everything accepted is durable, and derived data is written. */
  async drain(): Promise<void> {
    await this.committer.idle()
    await this.checkpoints.run(true)
  }

  async erase(): Promise<void> {
    this.ended = true
    this.checkpoints.stop()
    await this.committer.idle()
    await this.store.erase()
  }

  close(): void {
    this.ended = true
    this.checkpoints.stop()
    this.store.close()
  }

  /** Counts only: no plaintext and no keys. */
  diagnostics(): Record<string, unknown> {
    const spaces = [...this.spaces.values()].map((s) => ({
      objects: s.rows.size,
      entries: s.seq,
      lamport: s.lamport,
    }))
    return {
      spaces,
      documents: this.documents.count,
      pending: this.pending.length,
      queries: this.matchings.size,
    }
  }

  private row(id: ObjectId): [Space, Row] | undefined {
    for (const space of this.spaces.values()) {
      const row = space.rows.get(id)
      if (row) return [space, row]
    }
    return undefined
  }

  private changed(changes: readonly RecordChange[]): void {
    for (const matching of this.matchings.values()) matching.update(changes)
  }

  private becameDurable(batches: readonly Batch[]): void {
    this.pending.splice(0, batches.length)
    const at = this.platform.now()
    for (const { client, n, space, after } of batches) {
      this.marks.set(client, { n, at })
      for (const [id, record] of after) {
        const row = space.rows.get(id)!
        row.durable = record
        space.pages.touch(row.page)
      }
    }
    const latest = new Map(batches.map(({ client, n }) => [client, n]))
    for (const [client, n] of latest) for (const listener of this.listeners) listener.durable(client, n)
    this.checkpoints.due()
  }

  /**
   * Takes back everything that is not durable, and applies again, in order, what was not the cause. What a tab
   * sends before it has heard of this is refused by its session, for it was made on what is no more.
   */
  private failed(batches: readonly Batch[], { error, only }: Refusal): void {
    this.pending.splice(0)
    const shown = new Map<ObjectId, ObjectRecord | undefined>()
    for (const { space, after } of batches)
      for (const id of after.keys()) {
        const row = space.rows.get(id)
        if (!row || shown.has(id)) continue
        shown.set(id, row.record)
        if (row.durable) row.record = row.durable
        else space.remove(id)
      }
    const refused = batches.filter((batch) => only === undefined || batch.after.has(only))
    if (only) this.report({ what: 'document', object: only, message: error.message })
    const now = new Map<ObjectId, ObjectRecord | undefined>(
      [...shown.keys()].map((id) => [id, this.record(id)]),
    )
    this.changed([...shown].map(([id, was]) => [was, now.get(id)]))
    for (const batch of refused) {
      this.committer.skip(batch.client, batch.n)
      for (const listener of this.listeners) listener.refused(batch.client, batch.n, toWire(error))
    }
    for (const listener of this.listeners) listener.reset(now)
    for (const batch of batches) if (!refused.includes(batch)) this.again(batch, error)
  }

  /** Applies once more a batch that failed with another one. */
  private again({ client, n, space, items }: Batch, error: HearthError): void {
    const same = items.flatMap((item): Item[] =>
      'created' in item
        ? [{ id: item.id, type: item.created.type, value: item.created.value }]
        : item.ops.map((op) => ({ id: item.id, op })),
    )
    try {
      this.apply(client, n, space, same)
      // Its own tab counted it as confirmed, and has just been told to forget that.
      const records = new Map(items.map(({ id }) => [id, this.record(id)]))
      for (const listener of this.listeners) listener.reset(records)
    } catch {
      this.committer.skip(client, n)
      for (const listener of this.listeners) listener.refused(client, n, toWire(error))
    }
  }

  private report(damage: Damage): void {
    if (this.damage.some((known) => known.object === damage.object && known.message === damage.message))
      return
    this.damage.push(damage)
  }
}

function* records(spaces: readonly Space[]): Iterable<ObjectRecord> {
  for (const space of spaces) for (const row of space.rows.values()) yield row.record
}

function create(space: Space, item: Extract<Item, { type: string }>, now: number): Placed {
  const { id, type, value } = item
  const bytes = sizeOf(value)
  const { order, ...slot } = space.creationSlot(now, bytes)
  const created: ObjectRecord = {
    id,
    type,
    value,
    order,
    createdAt: slot.at,
    updatedAt: slot.at,
    author: space.device,
    space: space.info.id,
    gone: false,
  }
  space.add(created, bytes)
  return { id, slot, created }
}

/** Applies one operation to a row; its place in the feed, or undefined if it changed nothing. */
function edit(space: Space, row: Row, op: Op, now: number): Placed['slot'] | undefined {
  const { record } = row
  const value = apply(record.value, op)
  const gone = op.t === 'gone' ? op.v : record.gone
  if (gone === record.gone && (value === record.value || (op.t === 'put' && sameStored(value, record.value))))
    return
  const added = 'v' in op && typeof op.v !== 'boolean' ? sizeOf(op.v) : 16
  row.bytes += added
  // The running figure is an upper bound; count again only where it matters.
  if (row.bytes > MAX_OBJECT && (row.bytes = sizeOf(value)) > MAX_OBJECT)
    throw new HearthError('echo/too-large', { reason: 'an object over 16 MiB' })
  const slot = space.slot(now, added)
  row.record = { ...record, value, gone, updatedAt: slot.at }
  return slot
}

/**
 * One tab, as the worker sees it: its stream, what it watches, its queries, and what it has not seen yet. Whatever
 * the tab does wrong ends this session and touches no other.
 */
import { Bridge } from './bridge.js'
import type { Accepted, Echo, Listener } from './echo/echo.js'
import { QueryWindow, type WindowDiff } from './echo/matching.js'
import { FormerNames } from './former-names.js'
import { Asked } from './facts.js'
import type { Halo } from './halo/halo.js'
import type { Network } from './network.js'
import type { Planes } from './planes.js'
import { coalesce } from './protocol/coalesce.js'
import { HearthError, toHearthError, toWire, type WireError } from './protocol/errors.js'
import type { ClientId, DeviceId, ObjectId } from './protocol/ids.js'
import type { Op } from './protocol/operations.js'
import { isOwnType } from './protocol/own-types.js'
import { checkSpec, type QuerySpec } from './protocol/queries.js'
import {
  PING_MS,
  tabLock,
  type Author,
  type Hello,
  type Item,
  type ObjectRecord,
  type RecordKind,
  type RecordRow,
  type TabFrame,
  type TabMessage,
  type Welcome,
  type WorkerMessage,
} from './protocol/rpc.js'
import type { WorkerStatus } from './protocol/status.js'
import { verifyFrame } from './protocol/verify.js'

/** A tab that does not answer for so long is frozen or wedged; it attaches anew when it wakes. */
const MAX_UNANSWERED = 6
/** A tab that lets so many beats pass after a ping is not present any more for others: it stands still. */
const SILENT_BEATS = 3
const SILENT_MS = MAX_UNANSWERED * PING_MS
/** Operations kept for a tab that does not say what it has seen. */
const MAX_UNSEEN = 50_000
const MAX_QUERIES = 1000
/** The first version of the protocol that knows of identities. */
const WITH_IDENTITY = 2

/** What a session needs of the runtime that made it. */
export interface SessionHouse {
  later(run: () => void, ms: number): void
  isFree(name: string): Promise<boolean>
  /** Resolves when nobody holds the lock; rejects when called off. */
  whenFree(name: string, signal: AbortSignal): Promise<void>
  /** Serves requests of this tab. */
  requests(session: Session, port: MessagePort): void
  left(session: Session): void
}

export class Session implements Listener {
  ended = false
  readonly client: ClientId
  /** Whether its page is the shell's own. */
  readonly isShell: boolean
  private readonly echo: Echo
  private readonly halo: Halo
  private readonly asked: Asked
  private readonly network: Network
  /** Hears no more of the network. */
  private readonly forget: () => void
  /** Of a tab that does not know of identities, and was open when its spaces were moved. */
  private readonly former: FormerNames
  private readonly about: { readonly app: string; readonly build: string }
  private readonly bridge: Bridge
  private readonly watched = new Set<ObjectId>()
  /** Open queries; undefined while what is here does not decide the result. */
  private readonly windows = new Map<number, QueryWindow | undefined>()
  /** Frames, in order, behind an edit of an object that may be there and has not come yet. */
  private held: TabFrame[] | undefined
  private readonly locked = new AbortController()
  private outbox: WorkerMessage[] = []
  /** Number of the frame that is being gathered. */
  private frame = 1
  /** As it was at the last beat. */
  private beaten = 0
  private lastBatch: number
  /** Refusals that the tab may not have seen, and the frames that tell of them. */
  private readonly refusals: [frame: number, n: number][] = []
  /** Pings in a row without a sign of life. They are counted, not timed: a machine that slept has not waited. */
  private unanswered = 0
  /** Since a ping that was not answered. */
  private beats = 0
  private unseen = 0

  constructor(
    planes: Planes,
    private readonly stream: MessagePort,
    { client, rpc, app, build, held, shell }: Hello,
    private readonly house: SessionHouse,
  ) {
    const { echo, former, halo, network } = planes
    this.client = client
    this.echo = echo
    this.halo = halo
    this.network = network
    this.former = rpc < WITH_IDENTITY ? former : new FormerNames([])
    this.isShell = shell === true
    this.asked = new Asked(client, planes, (q, value) => this.send({ t: 'told', q, value }))
    this.about = { app, build }
    this.bridge = new Bridge(client)
    this.lastBatch = echo.mark(client)
    echo.listeners.add(this)
    this.forget = network.onChange(() => this.asked.changed())
    stream.onmessage = (event) => this.receive(event.data)
    if (held) this.watchLock().catch(() => undefined)
  }

  welcome(welcome: Welcome): void {
    const device = this.former.device ?? welcome.device
    this.send({ t: 'welcome', welcome: { ...welcome, device, spaces: this.former.infos(welcome.spaces) } })
    for (const [n] of welcome.refused ?? []) this.refusals.push([this.frame, n])
    this.network.hosts.came(this.client, () => this.send({ t: 'host' }))
  }

  /** Ends with the tab's lock: it is held from now on. */
  private async watchLock(): Promise<void> {
    const name = tabLock(this.client)
    // Free while the tab speaks: this worker does not see its locks. Pings must do.
    if (await this.house.isFree(name)) return
    await this.house.whenFree(name, this.locked.signal)
    this.end(new HearthError('rpc/closed'))
  }

  describe(): Record<string, unknown> {
    return {
      tab: this.client,
      ...this.about,
      watched: this.watched.size,
      queries: this.windows.size,
      unseen: this.bridge.size,
    }
  }

  sendStatus(status: WorkerStatus): void {
    this.send({ t: 'status', status })
  }

  /** A sign of life, unless there was one since the last beat. */
  beat(): void {
    if (this.unanswered > 0 && ++this.beats >= SILENT_BEATS) this.hush(true)
    if (!this.ended && this.frame === this.beaten) this.stream.postMessage({ f: this.frame++, m: [] })
    this.beaten = this.frame
  }

  /** Asks for a sign of life, and gives up on a tab that has shown none for long. */
  ping(): void {
    if (this.unanswered++ < MAX_UNANSWERED) this.send({ t: 'ping' })
    else this.end(new HearthError('rpc/worker-gone', { ms: SILENT_MS }))
  }

  /** The last word to this tab. */
  end(error: HearthError): void {
    this.leave({ t: 'end', error: toWire(error) })
  }

  /** Sends the tab to another worker; or says nothing, where it finds the next one by itself. */
  move(url: string | undefined): void {
    this.leave(url === undefined ? undefined : { t: 'moved', url })
  }

  private leave(last: WorkerMessage | undefined): void {
    if (this.ended) return
    if (last) this.send(last)
    this.flush()
    this.ended = true
    this.locked.abort()
    this.echo.listeners.delete(this)
    this.forget()
    this.network.ephemera.left(this.client)
    this.network.hosts.left(this.client)
    for (const window of this.windows.values()) window?.close()
    this.echo.queries.release()
    // Closing in this turn could drop the frame that was just posted.
    this.house.later(() => this.stream.close(), 1000)
    this.house.left(this)
  }

  private hush(isSilent: boolean): void {
    this.network.ephemera.hush(this.client, isSilent)
    this.network.hosts.hush(this.client, isSilent)
  }

  // What the tab says

  private receive(data: unknown): void {
    if (this.ended) return
    try {
      const frame = verifyFrame(data)
      this.unanswered = 0
      this.beats = 0
      this.hush(false)
      this.take(frame)
    } catch (e) {
      this.end(toHearthError(e, 'rpc/malformed'))
    }
  }

  private take(frame: TabFrame): void {
    if (this.ended) return
    if (this.held) return void this.held.push(frame)
    const { seen, m } = frame
    while ((this.refusals[0]?.[0] ?? Infinity) <= seen)
      this.echo.heard(this.client, this.refusals.shift()![1])
    if (this.unseen > 0) {
      this.bridge.seen(seen)
      this.unseen = this.bridge.size
    }
    for (const [i, message] of m.entries()) {
      const known = message.t === 'batch' && this.echo.loading && this.echo.unknown(basesOf(message.items))
      if (known) return this.hold({ seen, m: m.slice(i) }, known)
      this.handle(message, seen)
    }
  }

  private hold(frame: TabFrame, until: Promise<void>): void {
    this.held = [frame]
    const take = () => {
      const frames = this.held ?? []
      this.held = undefined
      for (const one of frames) this.take(one)
    }
    until.then(take).catch((e: unknown) => this.end(toHearthError(e, 'rpc/malformed')))
  }

  private handle(message: TabMessage, seen: TabFrame['seen']): void {
    switch (message.t) {
      case 'batch':
        return this.batch(message, seen)
      case 'query':
        return this.open(message.q, this.named(message.spec))
      case 'unquery':
        this.windows.get(message.q)?.close()
        this.windows.delete(message.q)
        return this.echo.queries.release()
      case 'load':
        return this.load(message.q, message.id)
      case 'ask':
        return this.asked.ask(message.q, message.what)
      case 'unask':
        return this.asked.drop(message.q)
      case 'unwatch':
        for (const id of message.ids) this.watched.delete(id)
        return
      case 'held':
        return void this.watchLock().catch(() => undefined)
      case 'requests':
        return this.house.requests(this, message.port)
      case 'leave':
        return this.end(new HearthError('rpc/closed'))
    }
  }

  private batch({ n, space, items }: Extract<TabMessage, { t: 'batch' }>, seen: number): void {
    if (n <= this.lastBatch) return
    if (n !== this.lastBatch + 1) throw new HearthError('rpc/malformed', { reason: 'a batch is missing' })
    this.lastBatch = n
    let accepted: Accepted
    // The tab has what it makes: a query of its own that the new object enters must not send it back.
    const made = items.filter(({ id }) => !this.watched.has(id))
    try {
      for (const { id } of made) this.watched.add(id)
      checkTypes(items)
      accepted = this.echo.accept(this.client, n, this.former.now(space), this.map(items, seen))
    } catch (e) {
      for (const { id } of made) this.watched.delete(id)
      return this.refuse(n, toHearthError(e), items)
    }
    const last = this.outbox.at(-1)
    // Batches that made nothing, one right after the other, are one message.
    if (last?.t === 'applied' && last.created.length + accepted.created.length === 0)
      this.outbox[this.outbox.length - 1] = { t: 'applied', n, ...accepted }
    else this.send({ t: 'applied', n, ...accepted })
  }

  private map(items: readonly Item[], seen: number): Item[] {
    return items.flatMap((item): Item[] => {
      if (!('op' in item)) return [item]
      if (!this.bridge.hasBase(item.id, seen)) throw new HearthError('echo/lost-base')
      return this.bridge.map(item.id, [item.op], seen).map((op) => ({ id: item.id, op }))
    })
  }

  /** The tab made later edits on top of this one: they have no base either, until it has heard. */
  private refuse(n: number, error: HearthError, items: readonly Item[]): void {
    const wire = toWire(error)
    this.echo.skip(this.client, n, wire)
    this.refused(this.client, n, wire)
    this.reset(new Map(items.map(({ id }) => [id, this.echo.record(id)])))
  }

  private load(q: number, id: ObjectId): void {
    const known = this.echo.unknown([id])
    if (known) return void known.then(() => this.load(q, id)).catch((e) => this.end(toHearthError(e)))
    const record = this.echo.record(id)
    if (record && isOwnType(record.type)) return this.send({ t: 'loaded', q, found: false })
    if (record) this.show([record])
    this.send({ t: 'loaded', q, found: !!record && !record.gone })
  }

  private named(spec: QuerySpec): QuerySpec {
    const { space } = spec
    return space === undefined ? spec : { ...spec, space: this.former.now(space) }
  }

  private open(q: number, spec: QuerySpec): void {
    const fail = (e: unknown) =>
      this.send({ t: 'failed', q, error: toWire(toHearthError(e, 'echo/invalid')) })
    try {
      if (this.windows.has(q) || this.windows.size >= MAX_QUERIES)
        throw new HearthError('echo/too-large', {
          reason: `more than ${MAX_QUERIES} open queries in one tab`,
        })
      checkSpec(spec)
      const decided = this.echo.queries.undecided(spec)
      if (decided) {
        this.windows.set(q, undefined)
        const again = () => {
          // Unless the tab does not ask any more.
          if (this.ended || !this.windows.delete(q)) return
          this.open(q, spec)
        }
        return void decided.then(again).catch((e: unknown) => this.windows.delete(q) && fail(e))
      }
      const { after } = spec
      if (after && !this.echo.record(after)) throw new HearthError('echo/unknown-object')
      const window = new QueryWindow(
        this.echo.queries.matching(spec),
        spec.limit,
        after && (() => this.echo.record(after)),
        (diff) => this.shift(q, diff),
      )
      this.windows.set(q, window)
      this.result(q, window)
    } catch (e) {
      fail(e)
    }
  }

  private result(q: number, window: QueryWindow): void {
    const records = window.view()
    this.show(records)
    this.send({ t: 'result', q, ids: records.map((record) => record.id), total: window.total })
  }

  private shift(q: number, diff: WindowDiff | undefined): void {
    if (!diff) return this.result(q, this.windows.get(q)!)
    this.show(diff.into.map(([, record]) => record))
    const into = diff.into.map(([index, record]) => [index, record.id] as const)
    this.send({ t: 'diff', q, out: diff.out, into, total: diff.total })
  }

  // What ECHO says

  edited(id: ObjectId, ops: readonly Op[], updatedAt: number, by: ClientId, author?: DeviceId): void {
    if (by === this.client || !this.watched.has(id)) return
    const last = this.outbox.at(-1)
    // Typing that is on its way in the same frame, and nothing after it: what is told is joined, and so is what is kept. To what is empty
    // nothing is joined, for what is kept is then what came before.
    const joins =
      last?.t === 'ops' &&
      last.ops.length > 0 &&
      last.id === id &&
      last.by === by &&
      last.from?.[1] === author
    if (joins) {
      for (const op of ops) coalesce(last.ops as Op[], op)
      this.outbox[this.outbox.length - 1] = { ...last, updatedAt }
    } else {
      const from: Author | undefined = author && [this.halo.isOwn(author) ? 'device' : 'member', author]
      this.send({ t: 'ops', id, ops: [...ops], updatedAt, by, ...(from && { from }) })
    }
    this.bridge.tell(id, this.frame, by, ops, joins)
    this.unseen += ops.length
    if (this.unseen > MAX_UNSEEN && (this.unseen = this.bridge.size) > MAX_UNSEEN)
      this.end(new HearthError('rpc/worker-gone', { ms: SILENT_MS }))
  }

  durable(client: ClientId, n: number): void {
    if (client === this.client) this.send({ t: 'durable', n })
  }

  refused(client: ClientId, n: number, error: WireError): void {
    if (client !== this.client) return
    this.send({ t: 'refused', n, error })
    this.refusals.push([this.frame, n])
  }

  reset(records: ReadonlyMap<ObjectId, ObjectRecord | undefined>): void {
    const there: ObjectRecord[] = []
    const missing: ObjectId[] = []
    for (const [id, record] of records) {
      if (record ? !this.watched.has(id) : !this.watched.delete(id)) continue
      this.bridge.reset(id, this.frame)
      if (record) there.push(record)
      else missing.push(id)
    }
    this.sendRecords(there)
    if (missing.length > 0) this.send({ t: 'void', ids: missing })
  }

  spaces(): void {
    this.send({ t: 'spaces', spaces: this.former.infos(this.echo.spaceInfos) })
    this.asked.changed()
  }

  // The stream

  /** Sends the records that the tab does not have; from now on it hears of their changes. */
  private show(records: readonly ObjectRecord[]): void {
    const fresh = records.filter((record) => !this.watched.has(record.id))
    for (const { id } of fresh) this.watched.add(id)
    this.sendRecords(fresh)
  }

  private sendRecords(records: readonly ObjectRecord[]): void {
    const kinds: { of: RecordKind; rows: RecordRow[] }[] = []
    let kind: (typeof kinds)[0] | undefined
    const isOf = (of: RecordKind | undefined, { space, type, author }: ObjectRecord) =>
      of?.[0] === space && of[1] === type && of[2] === author
    for (const record of records) {
      const { id, space, type, author, value, order, createdAt, updatedAt, gone } = record
      // Most are of the kind of the one before.
      if (!kind || !isOf(kind.of, record)) {
        kind = kinds.find((one) => isOf(one.of, record))
        if (!kind) kinds.push((kind = { of: [space, type, author], rows: [] }))
      }
      kind.rows.push([id, value, order, createdAt, updatedAt, gone])
    }
    for (const { of, rows } of kinds)
      this.send({ t: 'records', of: [this.former.formerly(of[0]), of[1], of[2]], rows })
  }

  /** Everything of one turn goes in one frame. */
  private send(message: WorkerMessage): void {
    if (this.ended) return
    if (this.outbox.push(message) === 1) queueMicrotask(() => this.flush())
  }

  private flush(): void {
    if (this.outbox.length === 0 || this.ended) return
    this.stream.postMessage({ f: this.frame++, m: this.outbox })
    this.outbox = []
  }
}

/** @throws HearthError `echo/invalid` */
function checkTypes(items: readonly Item[]): void {
  if (items.some((item) => 'type' in item && isOwnType(item.type)))
    throw new HearthError('echo/invalid', { reason: 'types that begin with "hearth/" are its own' })
}

/** The objects that must be there for these to be applied. */
function basesOf(items: readonly Item[]): ObjectId[] {
  const made = new Set(items.filter((item) => !('op' in item)).map(({ id }) => id))
  return items.filter((item) => 'op' in item && !made.has(item.id)).map(({ id }) => id)
}

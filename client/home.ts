/** The data plane, seen from this tab: what it holds, and what the worker's messages do to it. */
import { HearthError, fromWire } from '../worker/protocol/errors.js'
import type { ClientId, ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type { DeviceInfo, IdentityInfo, ProfileInfo, SpaceInfo } from '../worker/protocol/facts.js'
import type { Welcome, WorkerMessage } from '../worker/protocol/rpc.js'
import type { SessionApi } from '../worker/protocol/session-api.js'
import type { WorkerStatus } from '../worker/protocol/status.js'
import type { Kept } from './cleared.js'
import { Connection } from './connection.js'
import { LiveValue, type Live } from './live.js'
import { ObjectTable } from './objects.js'
import { Query, type QueryContext } from './query.js'
import { Space, querySpec } from './space.js'
import { Told, type Telling } from './told.js'
import { sharing } from './later.js'
import type {
  HomeStatus,
  Invitation,
  InvitationOptions,
  ImportOptions,
  JoinOptions,
  RecoverOptions,
  Rejected,
  Untyped,
} from './types.js'
import { Writes, type Batch } from './writes.js'

/** How long a link or `load` waits for an object, in milliseconds. */
const LOAD_MS = 15_000
/** Beats of the worker's that are missing when people are told, within 3 s. */
const SILENT = 3
/** How often at most the number of unsaved batches is told, in milliseconds. */
const COUNT_MS = 100

export class Home {
  /** This identity's own space. */
  readonly space!: Space
  /** The personal one first. */
  readonly spaces: Live<Space[]>
  /** Writes that were refused after they were shown. */
  readonly rejected: Live<Rejected[]>
  readonly status: Live<HomeStatus>
  /** Who this is, made silently at the first visit. */
  readonly identity: Live<IdentityInfo>
  /** This identity's devices, also those that were revoked. */
  readonly devices: Live<readonly DeviceInfo[]>
  /** @internal */
  readonly table: ObjectTable
  /** @internal */
  readonly writes: Writes
  /** @internal */
  readonly queries: QueryContext
  /** @internal What else of Hearth is in this browser, and goes with `erase`: set by who put it there. */
  erased: (() => Promise<void>) | undefined

  /** @internal */
  readonly facts: Telling
  readonly #line: Connection
  readonly #profiles = new Map<string, Told<ProfileInfo>>()
  readonly #spacesNow = new LiveValue<Space[]>([])
  readonly #rejectedNow = new LiveValue<Rejected[]>([], true)
  /** Empty until the first worker has answered, which nobody sees. */
  readonly #statusNow = new LiveValue({} as HomeStatus)
  readonly #loads = new Map<number, { id: ObjectId; done: (error?: HearthError) => void }>()
  #welcome: Welcome | undefined
  #worker!: WorkerStatus
  #asked = 0
  #isCounting = false
  /** Whether the browser was asked to keep what is stored here when it needs room. */
  #askedKeep = false
  #ended: HearthError | undefined

  /** @internal */
  constructor(
    client: ClientId,
    app: string,
    worker: string | undefined,
    shell: boolean | undefined,
    private readonly onError: ((e: HearthError) => void) | undefined,
    private readonly onEnd: () => void,
    /** @internal Whom to use when something is shared: null is nobody. */
    readonly kube: string | null | undefined,
  ) {
    this.table = new ObjectTable(client)
    this.#line = new Connection(client, app, worker, shell, {
      attached: (welcome) => this.#attached(welcome),
      frame: (messages) => this.#receive(messages),
      beat: () => this.#statusNow.value.worker?.silent === this.#line.silence >= SILENT || this.#showStatus(),
      lost: (error) => this.#end(error),
    })
    const send = this.#line.send.bind(this.#line)
    this.writes = new Writes(
      this.table,
      send,
      (batch, error) => this.#reject(batch, error),
      () => this.#count(),
    )
    const next = () => ++this.#asked
    this.facts = { told: new Map(), next, send }
    this.identity = new Told(this.facts, ['identity'], {} as IdentityInfo)
    this.devices = new Told<readonly DeviceInfo[]>(this.facts, ['devices'], [])
    this.queries = {
      table: this.table,
      writes: this.writes,
      open: new Map(),
      send,
      next,
      check: () => this.check(),
    }
    this.table.fetch = (id) => void this.load(id).catch(() => undefined)
    this.table.listeners.add((object) => {
      for (const query of this.queries.open.values()) query.touched(object)
    })
    this.spaces = this.#spacesNow
    this.rejected = this.#rejectedNow
    this.status = this.#statusNow
    const online = () => this.#showStatus()
    addEventListener('online', online)
    addEventListener('offline', online)
  }

  /** @internal */
  open(timeoutMs: number): Promise<void> {
    return this.#line.open(timeoutMs)
  }

  getSpace(id: string): Space | undefined {
    return this.#spacesNow.value.find((space) => space.id === id)
  }

  /** Durable when it resolves. @throws HearthError `echo/invalid`, `store/quota` */
  async createSpace(options: { readonly name: string }): Promise<Space> {
    const info = await this.call('createSpace', options?.name)
    this.#showSpaces([...this.#spacesNow.value.map(({ info }) => info.value), info])
    return this.getSpace(info.id)!
  }

  /**
   * What others see of this identity, and what this device is called. Durable when it resolves; what is left out stays.
   * @throws HearthError `echo/invalid`, `store/quota`
   */
  setProfile(profile: { readonly displayName?: string; readonly deviceName?: string }): Promise<void> {
    return this.call('setProfile', profile)
  }

  /** Of anyone met in a space. @param id of an identity, as members have it */
  profile(id: string): Live<ProfileInfo> {
    const known = this.#profiles.get(id)
    if (known) return known
    const initial = { id: id as ProfileInfo['id'], displayName: '' }
    const profile = new Told<ProfileInfo>(this.facts, ['profile', id], initial)
    this.#profiles.set(id, profile)
    return profile
  }

  /**
   * The device is out of this identity and all its spaces, and what is written from now on is sealed with keys that it does
   * not have. What it had read, it has.
   * @throws HearthError `halo/unknown-device`, `halo/current-device`
   */
  revokeDevice(id: string): Promise<void> {
    return this.call('revokeDevice', id as DeviceInfo['id'])
  }

  /** What is here of the space is removed. @throws HearthError `halo/last-owner`, `halo/personal-space` */
  leaveSpace(id: string): Promise<void> {
    return this.call('leaveSpace', id as SpaceId)
  }

  /**
   * The 24 words that give this identity and its data back when every device is lost. Hearth's own page shows them.
   * @throws HearthError `halo/shell-only`, `halo/no-words-here`
   */
  recoveryPhrase(): Promise<string> {
    return this.call('recoveryPhrase')
  }

  /** @internal A request of the worker. @throws HearthError its own, or `rpc/…` */
  async call<K extends keyof SessionApi>(
    method: K,
    ...args: Parameters<SessionApi[K]>
  ): Promise<Awaited<ReturnType<SessionApi[K]>>> {
    this.check()
    return this.#line.call(method, ...args)
  }

  /**
   * An invitation that brings another device into this identity.
   * @throws HearthError `mesh/no-kube`, `echo/invalid`, `store/…`
   */
  async inviteDevice(options?: Omit<InvitationOptions, 'role'>): Promise<Invitation> {
    return (await sharing()).invite(this, null, options)
  }

  /**
   * Follows an invitation link, to a space or into an identity; what this device has stays.
   * @returns the space; `home.space`, of an identity
   * @throws HearthError `halo/invite-…`, `halo/code-…`, `halo/host-away`, `mesh/…`, `store/…`: each says what to do next
   */
  async join(link: string, options?: JoinOptions): Promise<Space> {
    return (await sharing()).join(this, link, options)
  }

  /**
   * Gives back an identity and all that a server keeps of its spaces, or another device has that is on, by its 24 words; what this device has stays, and goes over to it.
   * @param by the words; on Hearth's own page, also the 32 bytes that a passkey answers
   * @returns `home.space`
   * @throws HearthError `halo/recovery-…`, `halo/nothing-to-recover`, `mesh/…`, `store/…`: each says what to do next
   */
  async recover(by: string | Uint8Array, options?: RecoverOptions): Promise<Space> {
    return (await sharing()).recover(this, by, options)
  }

  /**
   * Takes a space from a file that `space.export` wrote. Where this device is in that space, what is missing here comes to it; otherwise its
   * objects become a new space.
   * @param options `copy`: a new space in any case; `words`: the very space that was written, by the recovery words of whoever wrote it
   * @throws HearthError `echo/import-unknown`, `echo/import-newer`, `echo/import-damaged`, `echo/import-others`, `halo/recovery-…`, `store/…`; nothing is changed then
   */
  async import(file: Blob, options?: ImportOptions): Promise<Space> {
    return (await sharing()).importSpace(this, file, options)
  }

  /** As `space.query`, over every space. */
  query<T extends object = Untyped>(type?: string, where?: object): Query<T> {
    return new Query<T>(this.queries, querySpec(type, where))
  }

  /** Everything support would ask for: no plaintext and no keys. */
  async diagnostics(): Promise<Record<string, unknown>> {
    this.check()
    const tab = {
      objects: this.table.size,
      queries: this.queries.open.size,
      rejected: this.#rejectedNow.value.length,
    }
    return { tab: { ...tab, status: this.#statusNow.value }, worker: await this.#line.call('diagnostics') }
  }

  /** Leaves: what was written is made durable first. The page can open it again. */
  async close(): Promise<void> {
    if (this.#ended) return
    await this.writes.settled(undefined, LOAD_MS).catch(() => undefined)
    this.#end(new HearthError('rpc/closed'))
  }

  /** Removes everything of Hearth from this browser; there is no way back. Every tab is told. */
  async erase(): Promise<void> {
    this.check()
    await this.#line.call('erase')
    this.#end(new HearthError('store/erased'))
    await this.erased?.()
  }

  /** @internal @throws HearthError if this home was closed or erased */
  check(): void {
    if (this.#ended) throw this.#ended
  }

  /** @internal Fetches an object. @throws HearthError `rpc/worker-gone` */
  load(id: ObjectId): Promise<void> {
    return new Promise((resolve, reject) => {
      const q = ++this.#asked
      const timer = setTimeout(() => {
        this.#loads.delete(q)
        reject(new HearthError('rpc/worker-gone', { ms: LOAD_MS }))
      }, LOAD_MS)
      const done = (error?: HearthError) => {
        clearTimeout(timer)
        if (error) reject(error)
        else resolve()
      }
      this.#loads.set(q, { id, done })
      this.#line.send({ t: 'load', q, id })
    })
  }

  #attached(welcome: Welcome): void {
    const known = this.#welcome
    this.#welcome = welcome
    this.table.device = welcome.device
    this.#worker = welcome.status
    // A device can become another one: then nothing is lost.
    if (known && known.identity.id !== welcome.identity.id) this.#cleared(welcome.spaces)
    ;(this.identity as LiveValue<IdentityInfo>).set(welcome.identity)
    this.#showSpaces(welcome.spaces)
    this.#showStatus()
    if (!known) return
    // A worker that knows nothing of this tab: everything is asked for again, and what was not durable told again.
    const unsaved = this.writes.restart(welcome.mark, welcome.refused)
    for (const query of this.queries.open.values()) query.ask()
    for (const told of this.facts.told.values()) told.ask()
    for (const [q, { id }] of this.#loads) this.#line.send({ t: 'load', q, id })
    let rereading = 1
    const reread = () => {
      // Only for the worker that was asked: it may be gone by now, too.
      if (--rereading === 0 && this.#welcome === welcome) this.writes.resume(welcome.mark)
    }
    for (const object of this.table.all()) {
      if (!object.root?.deref() && !unsaved.has(object)) {
        // Nobody looks at it now; who asks for it again has it read again.
        if (object.record) object.state = 'loading'
        continue
      }
      rereading++
      this.load(object.id).then(reread, reread)
    }
    reread()
  }

  /** Everything is gone from the store; this tab still has what it shows, and says so. */
  #cleared(now: readonly SpaceInfo[]): void {
    const before = this.#spacesNow.value.map(({ info }) => info.value)
    const kept = [...this.table.all()].flatMap(({ id, current }): Kept[] =>
      current ? [{ id, created: current }] : [],
    )
    const unsaved = this.writes.forget()
    // The personal space is another one now; what the app holds stands for it.
    const [{ id: old }, { id }] = [before[0]!, now[0]!]
    Object.assign(this.space, { id })
    for (const query of this.queries.open.values()) query.cleared(old, id)
    this.#refused(new HearthError('store/cleared'), id, Date.now(), kept, async () => {
      const { writeAgain } = await import('./cleared.js')
      await writeAgain(this, kept, before, unsaved)
    })
  }

  #receive(messages: readonly WorkerMessage[]): void {
    for (const message of messages) this.#handle(message)
  }

  #handle(m: WorkerMessage): void {
    switch (m.t) {
      case 'records':
        for (const row of m.rows) this.table.received(m.of, row)
        return
      case 'ops':
        return this.table.get(m.id)?.received(m.ops, m.updatedAt, m.by, m.from)
      case 'applied':
        return this.writes.applied(m.n, m.at, m.created)
      case 'durable':
        this.writes.durable(m.n)
        // Once a page, after a person's first write: some browsers put the question to the person, WebKitGTK has none.
        if (!this.#askedKeep && navigator.userActivation?.hasBeenActive) {
          this.#askedKeep = true
          void navigator.storage?.persist()
        }
        return
      case 'refused':
        return this.writes.refused(m.n, fromWire(m.error))
      case 'void':
        for (const id of m.ids) this.table.get(id)?.replace(undefined)
        return
      case 'result':
      case 'diff':
        return this.queries.open.get(m.q)?.receive(m)
      case 'failed':
        return this.queries.open.get(m.q)?.failed(m.error)
      case 'loaded': {
        const load = this.#loads.get(m.q)
        this.#loads.delete(m.q)
        if (load && !m.found) this.table.get(load.id)?.replace(undefined)
        return load?.done()
      }
      case 'told':
        return this.facts.told.get(m.q)?.set(m.value as never)
      case 'spaces':
        return this.#showSpaces(m.spaces)
      case 'status':
        this.#worker = m.status
        return this.#showStatus()
      case 'host':
        return void this.#line.call('look').catch(() => undefined)
      case 'ping':
        return this.#line.send({ t: 'seen' })
    }
  }

  #showSpaces(infos: readonly SpaceInfo[]): void {
    const unique = new Map(infos.map((info) => [info.id, info]))
    const spaces = [...unique.values()].map(
      (info) => this.getSpace(info.id)?.received(info) ?? new Space(this, info),
    )
    const before = this.#spacesNow.value
    if (spaces.length === before.length && spaces.every((space, i) => space === before[i])) return
    Object.assign(this, { space: spaces[0] })
    this.#spacesNow.set(spaces)
  }

  #showStatus(): void {
    if (!this.#welcome) return
    const { instance, build: version, mode } = this.#welcome
    const { tabs, used, quota, persisted, ...found } = this.#worker
    this.#statusNow.set({
      online: navigator.onLine,
      unsaved: this.writes.unsaved,
      storage: { used, quota, persisted },
      worker: { instance, version, mode, tabs, silent: this.#line.silence >= SILENT },
      quarantine: [],
      forks: [],
      peers: 0,
      links: [],
      kube: 'none',
      sync: { pending: 0, spaces: [] },
      ...found,
    })
  }

  /** Once for many keystrokes: what is shown of it, a person reads. */
  #count(): void {
    if (this.#isCounting) return
    this.#isCounting = true
    setTimeout(() => {
      this.#isCounting = false
      this.showCount()
    }, COUNT_MS)
  }

  /** @internal For whoever has waited for it. */
  showCount(): void {
    if (this.#statusNow.value.unsaved !== this.writes.unsaved) this.#showStatus()
  }

  #reject(batch: Batch, error: HearthError): void {
    const values = [...batch.parts.values()].map(({ object: { id }, created, ops }) => ({
      id,
      created,
      edits: [...ops],
    }))
    this.#refused(error, batch.space, batch.at, values, (space) => this.writes.again(batch, space))
  }

  #refused(
    error: HearthError,
    space: SpaceId,
    at: number,
    values: Rejected['values'],
    again: (space: SpaceId) => void | Promise<void>,
  ): void {
    const remove = () => this.#rejectedNow.set(this.#rejectedNow.value.filter((one) => one !== rejected))
    const rejected: Rejected = {
      code: error.code,
      message: error.message,
      error,
      at: new Date(at),
      space,
      values,
      retry: async () => {
        this.check()
        await again(rejected.space)
        remove()
      },
      discard: remove,
    }
    const others = this.#rejectedNow.value
    // In the order in which they can be retried: what was cleared, others stand on.
    this.#rejectedNow.set(error.code === 'store/cleared' ? [rejected, ...others] : [...others, rejected])
    this.onError?.(error)
  }

  #end(error: HearthError): void {
    if (this.#ended) return
    this.#ended = error
    this.#line.close()
    this.onEnd()
    this.writes.end(error)
    for (const { done } of this.#loads.values()) done(error)
    this.#loads.clear()
    for (const query of this.queries.open.values()) query.fail(error)
    for (const live of [this.#spacesNow, this.#rejectedNow, this.#statusNow, ...this.facts.told.values()])
      live.fail(error)
    if (error.code !== 'rpc/closed') this.onError?.(error)
  }
}

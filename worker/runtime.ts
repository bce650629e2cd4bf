/**
 * Composition root: given a platform, opens ECHO and serves one session for each tab that connects. The same
 * runtime runs in a SharedWorker, in Node and in a simulation; only the platform differs.
 */
import { Echo } from './echo/echo.js'
import type { EchoPlatform } from './echo/platform.js'
import { HearthError, toHearthError, toWire } from './protocol/errors.js'
import { newId, type InstanceId } from './protocol/ids.js'
import {
  OWNER_LOCK,
  PING_MS,
  RPC_VERSION,
  workerLock,
  type Welcome,
  type WorkerFrame,
  type WorkerStatus,
} from './protocol/rpc.js'
import { verifyHello } from './protocol/verify.js'
import { Session, type SessionHouse } from './session.js'
import { serve } from './serve.js'

export interface Platform extends EchoPlatform {
  readonly build: string
  storage(): Promise<{ used: number; quota: number; persisted: boolean }>
  /** Holds an exclusive lock of the origin. @throws HearthError `store/busy` after `timeoutMs` */
  hold(name: string, timeoutMs: number): Promise<() => void>
  /** Resolves when nobody holds the lock; rejects when called off. */
  whenFree(name: string, signal: AbortSignal): Promise<void>
}

/** Automerge is made ready this long after the store was opened, in milliseconds. */
const AUTOMERGE_MS = 500

/** The longest wait for an older worker to let go of the store, in milliseconds. */
const OWNER_MS = 10_000

export class Runtime {
  readonly instance: InstanceId
  private readonly sessions = new Set<Session>()
  private opening: Promise<Echo> | undefined
  /** Lets go of the store's lock. */
  private release: (() => void) | undefined
  private readonly house: SessionHouse = {
    later: (run, ms) => this.platform.later(run, ms),
    whenFree: (name, signal) => this.platform.whenFree(name, signal),
    requests: (session, port) => this.serve(session, port),
    left: (session) => {
      this.sessions.delete(session)
      void this.refreshStatus()
    },
  }
  private status: WorkerStatus = { tabs: 0, used: 0, quota: 0, persisted: false, damage: [] }

  constructor(readonly platform: Platform) {
    this.instance = newId<InstanceId>(platform.random(16))
    // Tabs queue for this lock: it is how they learn at once that this worker is gone.
    void platform.hold(workerLock(this.instance), OWNER_MS).catch(() => undefined)
    // Opening the store takes longest: begin before the first tab has said hello.
    void this.echo().catch(() => undefined)
    this.platform.later(() => this.tick(), PING_MS)
  }

  /** A new tab. Its first message is `Hello`; nothing it sends can reach beyond its own session. */
  connect(port: MessagePort): void {
    port.onmessage = ({ data }) => {
      // What comes before the answer breaks the protocol, and is not worth an answer.
      port.onmessage = null
      this.attach(data, port).catch((e: unknown) => {
        const end: WorkerFrame = { f: 1, m: [{ t: 'end', error: toWire(toHearthError(e, 'rpc/malformed')) }] }
        port.postMessage(end)
      })
    }
  }

  private async attach(data: unknown, port: MessagePort): Promise<void> {
    const hello = verifyHello(data)
    const { rpc, client } = hello
    if (rpc !== RPC_VERSION) throw new HearthError('rpc/version', { theirs: rpc, ours: RPC_VERSION })
    const echo = await this.echo()
    // An earlier try of the same tab, which it gave up.
    for (const other of this.sessions) if (other.client === client) other.end(new HearthError('rpc/closed'))
    const session = new Session(echo, port, hello, this.house)
    this.sessions.add(session)
    session.welcome(this.welcome(echo, session))
    // Asking for the quota takes longer than all the rest; the tab hears it a little later.
    void this.refreshStatus()
  }

  private serve(session: Session, port: MessagePort): void {
    const attached = () => {
      if (session.ended) throw new HearthError('rpc/closed')
      return this.echo()
    }
    serve(
      {
        createSpace: async (name) => (await attached()).createSpace(name),
        diagnostics: async () => this.diagnostics(await attached()),
        erase: async () => this.erase(await attached()),
      },
      port,
    )
  }

  /** Opens the store once; a failure is told to whoever asks, and the next one tries again. */
  private echo(): Promise<Echo> {
    this.opening ??= this.open().catch((e: unknown) => {
      this.opening = undefined
      throw toHearthError(e, 'store/unavailable')
    })
    return this.opening
  }

  private async open(): Promise<Echo> {
    const release = await this.platform.hold(OWNER_LOCK, OWNER_MS)
    this.release = release
    try {
      const echo = await Echo.open(this.platform)
      // Off the path of the first reads; a write that comes earlier asks for it itself.
      this.platform.later(() => void this.platform.automerge().catch(() => undefined), AUTOMERGE_MS)
      return echo
    } catch (e) {
      release()
      throw e
    }
  }

  private welcome(echo: Echo, session: Session): Welcome {
    return {
      rpc: RPC_VERSION,
      build: this.platform.build,
      instance: this.instance,
      device: echo.device,
      spaces: echo.spaceInfos,
      mark: echo.mark(session.client),
      status: this.status,
    }
  }

  private tick(): void {
    for (const session of this.sessions) session.ping(this.platform.now())
    void this.refreshStatus()
    this.platform.later(() => this.tick(), PING_MS)
  }

  private async refreshStatus(): Promise<void> {
    const storage = await this.platform.storage().catch(() => ({ used: 0, quota: 0, persisted: false }))
    const damage = (await this.opening?.catch(() => undefined))?.damage ?? []
    const next: WorkerStatus = { ...storage, tabs: this.sessions.size, damage: [...damage] }
    if (JSON.stringify(next) === JSON.stringify(this.status)) return
    this.status = next
    for (const session of this.sessions) session.sendStatus(next)
  }

  private async erase(echo: Echo): Promise<void> {
    for (const session of [...this.sessions]) session.end(new HearthError('store/erased'))
    await echo.erase()
    // Pages that were told keep being told; one that is opened from here on starts anew.
    this.opening = undefined
    this.release?.()
  }

  private diagnostics(echo: Echo): Record<string, unknown> {
    return {
      instance: this.instance,
      build: this.platform.build,
      rpc: RPC_VERSION,
      tabs: [...this.sessions].map((session) => session.describe()),
      status: this.status,
      echo: echo.diagnostics(),
    }
  }
}

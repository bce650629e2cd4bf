/**
 * Composition root: given a platform, opens ECHO and serves one session for each tab that connects. The same
 * runtime runs in a SharedWorker, in Node and in a simulation; only the platform differs.
 */
import type { Echo } from './echo/echo.js'
import { openPlanes, type Planes, type PlanesPlatform } from './planes.js'
import { HearthError, toHearthError, toWire } from './protocol/errors.js'
import { newId, type InstanceId } from './protocol/ids.js'
import {
  BEAT_MS,
  OLDEST_SERVED,
  PING_MS,
  RPC_VERSION,
  workerLock,
  type Welcome,
  type WorkerFrame,
  type WorkerMode,
  type WorkerMessage,
} from './protocol/rpc.js'
import type { WorkerStatus } from './protocol/status.js'
import { isFrame, verifyHello } from './protocol/verify.js'
import { Session, type SessionHouse } from './session.js'
import { serve } from './serve.js'
import { Tenure, type TenurePlatform } from './tenure.js'

export interface Platform extends PlanesPlatform, TenurePlatform {
  readonly mode: WorkerMode
  /** Where Hearth's files are, as a tab has it: for a script that does not lie among them. */
  filesAt(folder: string | undefined): void
  storage(): Promise<{ used: number; quota: number; persisted: boolean }>
  now(): number
  later(run: () => void, ms: number): () => void
  isFree(name: string): Promise<boolean>
  /** Resolves when nobody holds the lock; rejects when called off. */
  whenFree(name: string, signal: AbortSignal): Promise<void>
  /** Runs when the device has a network again, or another one (true), or none any more. */
  onNetwork(run: (isThere: boolean) => void): void
  /** Ends this worker. */
  close(): void
}

/** Automerge is made ready this long after the store was opened, in milliseconds. */
const AUTOMERGE_MS = 500

/** Others are looked for this long after the store was opened, in milliseconds: the first tab has what it asked for. */
const RESUME_MS = 50

/** A beat that comes so late has slept, in milliseconds. */
const SLEPT_MS = 5_000

/** A store that cannot be opened is tried again for so long, in milliseconds. */
const REOPEN_MS = 1_500
/** The longest wait for the lock that says that this worker lives, which nobody else wants, in milliseconds. */
const LOCK_MS = 10_000
/** What was just posted gets so long to arrive before a worker ends, in milliseconds. */
const LINGER_MS = 1_000
/** The longest that an old worker takes to make durable what it has, in milliseconds; tabs send what is left to the next. */
const DRAIN_MS = 1_000

export class Runtime {
  readonly instance: InstanceId
  private readonly sessions = new Set<Session>()
  private opening: Promise<Planes> | undefined
  private readonly tenure: Tenure
  private readonly house: SessionHouse = {
    later: (run, ms) => this.platform.later(run, ms),
    isFree: (name) => this.platform.isFree(name),
    whenFree: (name, signal) => this.platform.whenFree(name, signal),
    requests: (session, port) => this.serve(session, port),
    left: (session) => {
      this.sessions.delete(session)
      void this.refreshStatus()
    },
  }
  /** When the last beat was. */
  private ticked: number
  private status: WorkerStatus = {
    tabs: 0,
    used: 0,
    quota: 0,
    persisted: false,
    damage: [],
    quarantine: [],
    forks: [],
  }

  constructor(readonly platform: Platform) {
    this.instance = newId<InstanceId>(platform.random(16))
    // Tabs queue for this lock: it is how they learn at once that this worker is gone.
    void platform.hold(workerLock(this.instance), LOCK_MS).catch(() => undefined)
    this.tenure = new Tenure(platform, (url) => this.retire(url))
    // Opening the store takes longest: begin before the first tab has said hello.
    void this.planes().catch(() => undefined)
    this.ticked = platform.now()
    this.platform.later(() => this.tick(1), BEAT_MS)
    platform.onNetwork((isThere) => this.hasNetwork(isThere))
  }

  /** A new tab. Its first message is `Hello`; nothing it sends can reach beyond its own session. */
  connect(port: MessagePort): void {
    port.onmessage = ({ data }) => {
      // What comes before the answer breaks the protocol, and is not worth an answer.
      port.onmessage = null
      this.attach(data, port).catch((e: unknown) => {
        this.answer(port, { t: 'end', error: toWire(toHearthError(e, 'rpc/malformed')) })
      })
    }
  }

  /** To one that gets no session. */
  private answer(port: MessagePort, message: WorkerMessage): void {
    port.postMessage({ f: 1, m: [message] } satisfies WorkerFrame)
  }

  private async attach(data: unknown, port: MessagePort): Promise<void> {
    // WebKit starts a worker again behind the backs of its tabs, on the ports that they have: they shake hands anew.
    if (isFrame(data)) throw new HearthError('rpc/worker-gone', { ms: 0 })
    const hello = verifyHello(data)
    const { rpc, client, build, files } = hello
    this.platform.filesAt(files)
    await this.tenure.meet(build, rpc > RPC_VERSION)
    if (rpc < OLDEST_SERVED || rpc > RPC_VERSION)
      throw new HearthError('rpc/version', { theirs: rpc, ours: RPC_VERSION })
    const planes = await (this.tenure.movedTo ? undefined : this.planes())?.catch((e: unknown) => {
      if (!this.tenure.movedTo) throw e
    })
    // What this tab sent on an earlier stream is durable, or refused, before it hears which batches are.
    await planes?.echo.settled(client)
    const { movedTo } = this.tenure
    if (!planes || movedTo) return this.answer(port, { t: 'moved', url: movedTo! })
    // An earlier try of the same tab, which it gave up.
    for (const other of this.sessions) if (other.client === client) other.end(new HearthError('rpc/closed'))
    const session = new Session(planes, port, hello, this.house)
    this.sessions.add(session)
    session.welcome(this.welcome(planes, session))
    // Somebody is here who may want to see others: nobody waits for the next try.
    planes.network.hasNetwork(true)
    // Asking for the quota takes longer than all the rest; the tab hears it a little later.
    void this.refreshStatus()
  }

  private serve(session: Session, port: MessagePort): void {
    const attached = () => {
      if (session.ended) throw new HearthError('rpc/closed')
      return this.planes()
    }
    const halo = async () => (await attached()).halo
    const network = async () => (await attached()).network.open()
    const shown = () => {
      if (!session.isShell) throw new HearthError('halo/shell-only')
      return attached()
    }
    serve(
      {
        createSpace: async (name) => (await halo()).createSpace(name),
        setProfile: async (profile) => (await halo()).setProfile(profile),
        revokeDevice: async (device) => (await halo()).revokeDevice(device),
        setRole: async (space, member, role) => (await halo()).setRole(space, member, role),
        removeMember: async (space, member) => (await halo()).removeMember(space, member),
        leaveSpace: async (space) => (await halo()).leaveSpace(space),
        rename: async (space, name) => (await halo()).rename(space, name),
        deleteSpace: async (space) => (await halo()).deleteSpace(space),
        addHost: async (space, url, isAll) => (await network()).keeping.add(space, url, isAll),
        removeHost: async (space, url) => (await network()).keeping.remove(space, url),
        keepHistory: async (space, keep) => (await attached()).history.keep(space, keep),
        recoveryPhrase: async () => (await shown()).halo.recoveryPhrase(),
        passkeys: async () => (await shown()).passkeys.all(),
        lockWords: async (passkey, answer) => (await shown()).passkeys.lock(passkey, answer),
        unlockWords: async (credential, answer) => (await shown()).passkeys.unlock(credential, answer),
        invite: async (options) => (await network()).invitations.make(options),
        openInvite: async (space) => (await attached()).network.openInvitation(space),
        cancelInvite: async (id) => (await network()).invitations.cancel(id),
        join: async (id, link, code) => (await network()).invitations.join(id, link, code),
        joined: async (id) => (await network()).joins.joined(id),
        cancelJoin: async (id) => (await network()).joins.cancel(id),
        recover: async (id, by, kubes) => {
          if (typeof by !== 'string') await shown()
          await (await network()).recovering.begin(id, by, kubes)
        },
        synced: async (space, timeoutMs) => (await network()).networking.synced(space, timeoutMs),
        exportSpace: async (job, space) =>
          (await attached()).transfers.beginExport(session.client, job, space),
        importSpace: async (job, file, isCopy, by) =>
          (await attached()).transfers.beginImport(session.client, job, file, isCopy, by),
        outcome: async (job) => (await attached()).transfers.outcome(session.client, job),
        present: async (space, name, value) =>
          (await attached()).network.ephemera.set(session.client, { space, name }, value),
        say: async (space, name, value) =>
          (await attached()).network.ephemera.say(session.client, { space, name }, value),
        host: async () => {
          const { network } = await attached()
          // There is no way to hand a port to another tab.
          return this.platform.mode === 'elected-tab' ? undefined : network.hosts.offer(session.client)
        },
        look: async () => (await attached()).network.hasNetwork(true),
        diagnostics: async () => this.diagnostics((await attached()).echo, session),
        erase: async () => this.erase(await attached()),
      },
      port,
    )
  }

  /** Opens the store once; a failure is told to whoever asks, and the next one tries again. */
  private planes(): Promise<Planes> {
    this.opening ??= this.open().catch((e: unknown) => {
      this.opening = undefined
      throw toHearthError(e, 'store/unavailable')
    })
    return this.opening
  }

  private async open(): Promise<Planes> {
    await this.tenure.begin()
    try {
      const planes = await this.openStore()
      planes.network.onChange(() => this.showNetwork(planes))
      this.platform.later(() => void planes.network.resume().catch(() => undefined), RESUME_MS)
      // Off the path of the first reads; a write that comes earlier asks for it itself.
      this.platform.later(() => void this.platform.automerge().catch(() => undefined), AUTOMERGE_MS)
      return planes
    } catch (e) {
      this.tenure.release()
      throw e
    }
  }

  /** What was cleared while it was being opened is there, empty, for a later try; clearing takes a moment. */
  private async openStore(): Promise<Planes> {
    const end = this.platform.now() + REOPEN_MS
    for (let wait = 10; ; wait *= 2)
      try {
        return await openPlanes(this.platform, () => this.restart())
      } catch (e) {
        const { code } = toHearthError(e, 'store/unavailable')
        if (code !== 'store/unavailable' || this.platform.now() + wait > end) throw e
        await new Promise<void>((resolve) => this.platform.later(resolve, wait))
      }
  }

  /** Everything accepted becomes durable, the store is let go, and this worker ends; its tabs go to the next one. */
  private async retire(url: string): Promise<void> {
    if (this.tenure.movedTo) return
    const elsewhere = url !== this.platform.url
    this.leaveTabs(url)
    const { echo, network } = (await this.opening?.catch(() => undefined)) ?? {}
    network?.stop()
    const late = new Promise<void>((resolve) => this.platform.later(resolve, DRAIN_MS))
    await Promise.race([echo?.settled(), late]).catch(() => undefined)
    echo?.close()
    this.tenure.release()
    this.platform.later(() => this.platform.close(), elsewhere ? LINGER_MS : 0)
  }

  /** The store's connection is gone, and in some browsers it heals in a new worker only. */
  private restart(): void {
    if (this.tenure.movedTo) return
    this.leaveTabs(this.platform.url)
    this.tenure.release()
    this.platform.close()
  }

  /**
   * From here on tabs are sent elsewhere, and nothing is taken from them. Those who would open this very script find
   * this worker until it has ended: they hear nothing, and go by its lock.
   */
  private leaveTabs(url: string): void {
    this.tenure.movedTo = url
    for (const session of [...this.sessions]) session.move(url === this.platform.url ? undefined : url)
  }

  private welcome({ halo, echo }: Planes, session: Session): Welcome {
    return {
      rpc: RPC_VERSION,
      build: this.platform.build,
      instance: this.instance,
      mode: this.platform.mode,
      device: halo.device,
      identity: halo.identity,
      spaces: echo.spaceInfos,
      mark: echo.mark(session.client),
      refused: echo.refused(session.client),
      status: this.status,
    }
  }

  private hasNetwork(isThere: boolean): void {
    void this.opening?.then(({ network }) => network.hasNetwork(isThere)).catch(() => undefined)
  }

  private tick(beats: number): void {
    const now = this.platform.now()
    // The machine has slept, and its connections may be of a network where it is no more.
    if (now - this.ticked > SLEPT_MS) this.hasNetwork(true)
    this.ticked = now
    if (beats % (PING_MS / BEAT_MS) === 0) {
      for (const session of this.sessions) session.ping()
      void this.refreshStatus()
    } else for (const session of this.sessions) session.beat()
    this.platform.later(() => this.tick(beats + 1), BEAT_MS)
  }

  private async refreshStatus(): Promise<void> {
    const { halo, echo, network } = (await this.opening?.catch(() => undefined)) ?? {}
    // Then all damage is known; and the browser, which counts for long, does not keep the store from being read.
    await echo?.loadAll().catch(() => undefined)
    const storage = await this.platform.storage().catch(() => ({ used: 0, quota: 0, persisted: false }))
    const damage = [...(halo?.damage ?? []), ...(echo?.damage ?? [])]
    const quarantine = echo?.asides.quarantine ?? []
    const forks = echo?.asides.forks ?? []
    this.show({ ...storage, tabs: this.sessions.size, damage, quarantine, forks, ...network?.status })
  }

  private showNetwork({ network }: Planes): void {
    this.show({ ...this.status, ...network.status })
  }

  private show(next: WorkerStatus): void {
    if (JSON.stringify(next) === JSON.stringify(this.status)) return
    this.status = next
    for (const session of this.sessions) session.sendStatus(next)
  }

  private async erase({ echo, network }: Planes): Promise<void> {
    network.stop()
    for (const session of [...this.sessions]) session.end(new HearthError('store/erased'))
    await echo.erase()
    // Pages that were told keep being told; one that is opened from here on starts anew.
    this.opening = undefined
    this.tenure.release()
  }

  /** @param session of the tab that asks */
  private diagnostics(echo: Echo, session: Session): Record<string, unknown> {
    return {
      tab: session.client,
      instance: this.instance,
      build: this.platform.build,
      rpc: RPC_VERSION,
      tabs: [...this.sessions].map((session) => session.describe()),
      status: this.status,
      echo: echo.diagnostics(),
    }
  }
}

/**
 * The line to the worker: starts it, shakes hands, and comes back when it is gone. Requests go over Comlink, each with
 * a limit; everything else is frames on one stream. Nothing here knows what the frames say.
 */
import * as Comlink from 'comlink'
import { fromWire, HearthError, toHearthError, type WireError } from '../worker/protocol/errors.js'
import type { ClientId } from '../worker/protocol/ids.js'
import {
  RPC_VERSION,
  tabLock,
  workerLock,
  type SessionApi,
  type TabMessage,
  type Welcome,
  type WorkerFrame,
  type WorkerMessage,
} from '../worker/protocol/rpc.js'

declare const __HEARTH_BUILD__: string | undefined
const BUILD = typeof __HEARTH_BUILD__ === 'string' ? __HEARTH_BUILD__ : 'source'

/**
 * The first try at a handshake, in milliseconds; each further one waits twice as long. A worker that is just ending
 * never answers, the next one does; one that opens a large store answers late, and keeps only the last try.
 */
const TRY_MS = 400
const REQUEST_MS = 15_000

type Answer = { readonly ok: unknown } | { readonly error: WireError }
type Remote = { readonly [method: string]: (...args: unknown[]) => Promise<Answer> }

export interface LineEvents {
  /** A worker has answered: the first one, or one that knows nothing of this tab. */
  attached(welcome: Welcome): void
  frame(messages: readonly WorkerMessage[]): void
  /** It cannot go on without the page being loaded anew. */
  lost(error: HearthError): void
}

export class Connection {
  private remote: Remote | undefined
  private stream: MessagePort | undefined
  private outbox: TabMessage[] = []
  private seen = 0
  private closed = false
  private attaching: Promise<void> | undefined
  private waiting: AbortController | undefined

  constructor(
    private readonly client: ClientId,
    private readonly app: string,
    private readonly workerUrl: string,
    private readonly events: LineEvents,
  ) {}

  /** @throws HearthError `rpc/worker-gone` after `ms`, or what the worker says */
  async open(ms: number): Promise<void> {
    // Held for the page's life: when it is free, the worker knows that this tab is gone.
    await new Promise<void>((held) => {
      void navigator.locks.request(tabLock(this.client), () => (held(), new Promise(() => undefined)))
    })
    await this.attach(ms)
  }

  /** A request. @throws HearthError the worker's, or `rpc/worker-gone` */
  async call<K extends keyof SessionApi>(
    method: K,
    ...args: Parameters<SessionApi[K]>
  ): Promise<Awaited<ReturnType<SessionApi[K]>>> {
    if (this.closed || !this.remote) throw new HearthError('rpc/closed')
    await this.attaching
    return (await this.request(this.remote, method, args, REQUEST_MS)) as Awaited<ReturnType<SessionApi[K]>>
  }

  /** Everything of one microtask goes in one frame. */
  send(message: TabMessage): void {
    if (this.outbox.push(message) === 1) queueMicrotask(() => this.flush())
  }

  close(): void {
    this.closed = true
    this.waiting?.abort()
    this.stream?.close()
  }

  private flush(): void {
    if (!this.stream || this.closed || this.outbox.length === 0) return
    this.stream.postMessage({ seen: this.seen, m: this.outbox })
    this.outbox = []
  }

  private attach(ms: number): Promise<void> {
    return (this.attaching ??= this.tryAttach(Date.now() + ms).finally(() => (this.attaching = undefined)))
  }

  private async tryAttach(end: number): Promise<void> {
    for (let patience = TRY_MS; ; patience *= 2) {
      const left = end - Date.now()
      try {
        return await this.handshake(Math.min(patience, left))
      } catch (e) {
        const error = toHearthError(e)
        // Only silence is worth another try; what the worker says, it means.
        if (error.code !== 'rpc/worker-gone' || Date.now() >= end) throw error
      }
    }
  }

  private async handshake(ms: number): Promise<void> {
    const worker = new SharedWorker(this.workerUrl, { name: 'hearth' })
    const remote = Comlink.wrap<Remote>(worker.port) as unknown as Remote
    const { port1, port2 } = new MessageChannel()
    const failed = new Promise<never>((_, reject) => {
      worker.onerror = () =>
        reject(new HearthError('env/unsupported', { reason: `a worker at ${this.workerUrl}` }))
    })
    const hello = { rpc: RPC_VERSION, build: BUILD, client: this.client, app: this.app }
    const attaching = this.request(remote, 'attach', [hello, Comlink.transfer(port2, [port2])], ms)
    const welcome = (await Promise.race([attaching, failed])) as Welcome
    this.stream = port1
    this.remote = remote
    this.seen = 0
    // What was in the box was meant for another worker; those who sent it send it again now.
    this.outbox = []
    this.events.attached(welcome)
    port1.onmessage = ({ data }: MessageEvent<WorkerFrame>) => {
      if (port1 !== this.stream) return
      this.seen = data.f
      this.receive(data.m)
    }
    this.watch(welcome)
  }

  /** The worker's lock is free: it has crashed, or was ended. */
  private watch({ instance }: Welcome): void {
    this.waiting?.abort()
    const waiting = (this.waiting = new AbortController())
    navigator.locks
      .request(workerLock(instance), { mode: 'shared', signal: waiting.signal }, () => undefined)
      .then(() => this.again())
      .catch(() => undefined)
  }

  private again(): void {
    if (this.closed) return
    this.stream = undefined
    this.attach(2 * REQUEST_MS).catch((e: unknown) => this.events.lost(toHearthError(e)))
  }

  private receive(messages: readonly WorkerMessage[]): void {
    const last = messages.at(-1)
    this.events.frame(messages)
    if (last?.t === 'end') {
      const error = fromWire(last.error)
      if (error.code === 'rpc/worker-gone') this.again()
      else this.events.lost(error)
    }
  }

  private async request(remote: Remote, method: string, args: unknown[], ms: number): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout>
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new HearthError('rpc/worker-gone', { ms })), ms)
    })
    const answer = await Promise.race([remote[method]!(...args), late]).finally(() => clearTimeout(timer))
    if ('error' in answer) throw fromWire(answer.error)
    return answer.ok
  }
}

/**
 * The line to the worker: starts it, shakes hands, and comes back when it is gone. Everything goes in frames on one
 * stream, and nothing here knows what they say; requests have a port of their own (`requests.ts`).
 */
import { fromWire, HearthError, toHearthError } from '../worker/protocol/errors.js'
import type { ClientId } from '../worker/protocol/ids.js'
import {
  BEAT_MS,
  RPC_VERSION,
  tabLock,
  workerLock,
  type Hello,
  type TabMessage,
  type Welcome,
  type WorkerFrame,
  type WorkerMessage,
} from '../worker/protocol/rpc.js'
import type { Answer, SessionApi } from '../worker/protocol/session-api.js'

declare const __HEARTH_BUILD__: string | undefined
const BUILD = typeof __HEARTH_BUILD__ === 'string' ? __HEARTH_BUILD__ : 'source'

/**
 * The first try at a handshake, in milliseconds; each further one waits twice as long. A worker that is just ending
 * never answers, the next one does; one that opens a large store answers late, and keeps only the last try.
 */
const TRY_MS = 400
const REQUEST_MS = 15_000
/** Between two tries, in milliseconds: workers that change places need a moment. */
const MOVED_MS = 50
/** A start that fails is tried again while a try has less patience than this, 1.5 s in all. */
const LAST_START_MS = 6_400
/**
 * Between a worker's end and the search for the next one, in milliseconds. Who asks Firefox right after a crash gets the
 * worker that has crashed, and so does every tab from then on.
 */
const GONE_MS = 100
/** Frames after which a tab says that it has seen them, so that the worker can forget what they said. */
const SEEN_FRAMES = 64
/** Beats missed in a row before a worker counts as gone. */
const MAX_SILENCE = 10

export interface LineEvents {
  /** A worker has answered: the first one, or one that knows nothing of this tab. */
  attached(welcome: Welcome): void
  frame(messages: readonly WorkerMessage[]): void
  /** Every beat, whether the worker was heard or not. */
  beat(): void
  /** It cannot go on without the page being loaded anew. */
  lost(error: HearthError): void
}

/** A way to a worker: a SharedWorker is one. */
export interface Line {
  readonly port: MessagePort
  onerror: ((event: ErrorEvent) => unknown) | null
}

/** Where Hearth's files are: beside this script, which need not be of the page's origin. */
export const filesAt = (): string => new URL('hearth/', import.meta.url).href
const start = (url: string) => new SharedWorker(url, { name: 'hearth' })

let early: SharedWorker | undefined

/**
 * Starts the worker before the page asks for it, as it will: it opens the store while the page's own scripts are still
 * being loaded. Where that is not so simply done, `open` does it.
 */
export function startEarly(): void {
  try {
    if (isSecureContext) early = start(`${filesAt()}worker.js`)
  } catch {
    // No SharedWorker, or not from there.
  }
}

export class Connection {
  readonly #files = filesAt()
  /** Where this tab looks for a worker, unless one has sent it elsewhere. */
  readonly #own: string
  #workerUrl: string
  /**
   * Added where nobody has answered twice: Firefox may have a worker there that crashed while it started, which it gives
   * to every tab for as long as one of them is open. Another address is another worker; if the first one has the store
   * and is only slow, the other sends this tab back to it.
   */
  #query = ''
  #stream: MessagePort | undefined
  #requests: ((method: string, args: unknown[]) => Promise<Answer<unknown>>) | undefined
  #outbox: TabMessage[] = []
  #seen = 0
  /** What the worker knows of `seen`. */
  #told = 0
  #held = false
  /** Beats since the worker was last heard. */
  silence = 0
  #closed = false
  #attaching: Promise<void> | undefined
  #waiting: AbortController | undefined
  /** The worker whose lock was free, although it had just spoken. */
  #doubted: string | undefined

  constructor(
    private readonly client: ClientId,
    private readonly app: string,
    worker: string | undefined,
    private readonly shell: boolean | undefined,
    private readonly events: LineEvents,
  ) {
    this.#own = this.#workerUrl = worker ?? `${this.#files}worker.js`
  }

  /** @throws HearthError `rpc/worker-gone` after `ms`, or what the worker says */
  open(ms: number): Promise<void> {
    this.#hold()
    // Out of the back/forward cache: the worker may have given this tab up, or be another one.
    addEventListener('pageshow', ({ persisted }) => persisted && this.#again())
    this.#listen()
    return this.#attach(ms)
  }

  /** Holds the lock by which the worker knows that this tab is there. It is not waited for. */
  #hold(): void {
    void navigator.locks
      .request(tabLock(this.client), () => {
        this.#held = true
        if (this.#stream) this.send({ t: 'held' })
        return new Promise(() => undefined)
      })
      .catch(() => undefined)
  }

  /** A request. @throws HearthError the worker's, or `rpc/worker-gone` */
  async call<K extends keyof SessionApi>(
    method: K,
    ...args: Parameters<SessionApi[K]>
  ): Promise<Awaited<ReturnType<SessionApi[K]>>> {
    if (this.#closed) throw new HearthError('rpc/closed')
    const answer = await within(REQUEST_MS, this.#request(method, args))
    if ('error' in answer) throw fromWire(answer.error)
    return answer.ok as Awaited<ReturnType<SessionApi[K]>>
  }

  /** Everything of one microtask goes in one frame. */
  send(message: TabMessage): void {
    if (this.#outbox.push(message) === 1) queueMicrotask(() => this.#flush())
  }

  /** Leaves. The worker closes the stream: closed here, it could lose what was just said. */
  close(): void {
    this.send({ t: 'leave' })
    this.#flush()
    this.#closed = true
    this.#waiting?.abort()
  }

  #flush(): void {
    if (!this.#stream || this.#closed || this.#outbox.length === 0) return
    this.#stream.postMessage({ seen: (this.#told = this.#seen), m: this.#outbox })
    this.#outbox = []
  }

  #attach(ms: number): Promise<void> {
    return (this.#attaching ??= this.#tryAttach(Date.now() + ms).finally(() => (this.#attaching = undefined)))
  }

  async #tryAttach(end: number): Promise<void> {
    for (let patience = TRY_MS; ; patience *= 2) {
      const asked = this.#workerUrl + this.#query
      const began = Date.now()
      try {
        return await this.#handshake(Math.min(patience, end - Date.now()))
      } catch (e) {
        const error = toHearthError(e)
        // Silence is worth another try, and so is a start that failed, as that of a worker which was ended meanwhile or
        // could not be loaded just now, and one that waits for a worker which is slow; what else it says, it means.
        const failed = error.code === 'env/unsupported' && patience < LAST_START_MS
        const slow = /gone|busy/.test(error.code)
        if (!(failed || slow) || this.#closed || Date.now() >= end) throw error
        if (!failed && patience === 2 * TRY_MS && this.#workerUrl + this.#query === asked)
          this.#query += '?again'
        // Who has waited for an answer in vain has waited.
        const pause = failed ? patience / 4 : MOVED_MS
        if (Date.now() - began < pause) await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }

  async #handshake(ms: number): Promise<void> {
    const { client, app, shell } = this
    const [held, files, own, workerUrl] = [this.#held, this.#files, this.#own, this.#workerUrl]
    const line = await this.#dial()
    const { port } = line
    const first = new Promise<WorkerFrame>((resolve, reject) => {
      port.onmessage = ({ data }) => resolve(data)
      line.onerror = () => {
        const code = workerUrl === own ? 'env/unsupported' : 'rpc/worker-gone'
        // The one it was sent to is no more.
        this.#workerUrl = own
        this.#query = ''
        reject(new HearthError(code, { reason: `a worker at ${own}`, ms }))
      }
    })
    const hello: Hello = { rpc: RPC_VERSION, build: BUILD, client, app, held, files, ...(shell && { shell }) }
    port.postMessage(hello)
    const { f, m } = await within(ms, first)
    const [answer] = m
    if (answer?.t === 'end') throw fromWire(answer.error)
    if (answer?.t === 'moved') {
      this.#workerUrl = answer.url
      this.#query = ''
      throw new HearthError('rpc/worker-gone', { ms: MOVED_MS })
    }
    const { welcome } = answer as Extract<WorkerMessage, { t: 'welcome' }>
    this.#stream = port
    this.#requests = undefined
    this.silence = 0
    this.#seen = this.#told = f
    // What was in the box was meant for another worker; those who sent it send it again now.
    this.#outbox = []
    if (this.#held !== held) this.send({ t: 'held' })
    this.events.attached(welcome)
    this.#receive(m.slice(1))
    port.onmessage = ({ data }: MessageEvent<WorkerFrame>) => {
      if (port !== this.#stream || this.#closed) return
      this.#seen = data.f
      this.silence = 0
      this.#receive(data.m)
      if (this.#seen - this.#told >= SEEN_FRAMES) this.send({ t: 'seen' })
    }
    this.#watch(welcome).catch(() => undefined)
  }

  async #dial(): Promise<Line> {
    try {
      const url = this.#workerUrl + this.#query
      const line =
        early && url === `${this.#files}worker.js` ? early : start(new URL(url, location.href).href)
      early = undefined
      return line
    } catch {
      // This browser has none, the script is another origin's, or that is no URL.
      const { dial } = await import('./dial.js').catch(gone)
      return dial(this.#workerUrl, this.#files)
    }
  }

  /** The worker's lock is free: it has crashed, or was ended. */
  async #watch({ instance }: Welcome): Promise<void> {
    this.#waiting?.abort()
    const { signal } = (this.#waiting = new AbortController())
    const name = workerLock(instance)
    const held = await navigator.locks.request(name, { mode: 'shared', ifAvailable: true }, (lock) => !lock)
    if (held) {
      await navigator.locks.request(name, { mode: 'shared', signal }, () => (this.#stream = undefined))
      setTimeout(() => signal.aborted || this.#again(), GONE_MS)
    }
    // Free: the worker went right after its welcome; or it speaks, and this tab does not see its locks (the site's data
    // were cleared). Asked once more, one that is gone does not answer, the next one does; for the other, pings must do.
    else if (this.#doubted !== instance && !signal.aborted) {
      this.#doubted = instance
      this.#again()
    }
  }

  /** A worker that says nothing for long is gone, whatever its lock says: it says something every `BEAT_MS`. */
  #listen(): void {
    if (this.#closed) return
    if (++this.silence > MAX_SILENCE && !this.#attaching) this.#again()
    this.events.beat()
    setTimeout(() => this.#listen(), BEAT_MS)
  }

  #again(): void {
    if (this.#closed) return
    this.#stream = undefined
    this.#attach(2 * REQUEST_MS).catch((e: unknown) => this.events.lost(toHearthError(e)))
  }

  #receive(messages: readonly WorkerMessage[]): void {
    const last = messages.at(-1)
    this.events.frame(messages)
    if (last?.t === 'moved') {
      this.#workerUrl = last.url
      this.#query = ''
      this.#again()
    } else if (last?.t === 'end') {
      const error = fromWire(last.error)
      if (error.code === 'rpc/closed') {
        // The lock was taken from this tab, which is alive: a browser does that when a site's data are cleared.
        this.#held = false
        this.#hold()
      }
      if (/gone|closed/.test(error.code)) this.#again()
      else this.events.lost(error)
    }
  }

  /** Comlink comes with the first request: most tabs make none. */
  async #request(method: string, args: unknown[]): Promise<Answer<unknown>> {
    const { requestsOn } = await import('./requests.js').catch(gone)
    await this.#attaching
    if (!this.#requests) {
      const { port1, port2 } = new MessageChannel()
      this.#stream?.postMessage({ seen: this.#seen, m: [{ t: 'requests', port: port2 }] }, [port2])
      this.#requests = requestsOn(port1)
    }
    return this.#requests(method, args)
  }
}

/** What was to be loaded did not come. */
const gone = (): never => {
  throw new HearthError('rpc/worker-gone', { ms: 0 })
}

/** @throws HearthError `rpc/worker-gone` after `ms` */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HearthError('rpc/worker-gone', { ms })), ms)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

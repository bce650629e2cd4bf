/**
 * No SharedWorker in this browser: the tabs elect one, by a Web Lock, that runs the worker for all of them, and each
 * calls that worker over BroadcastChannels. When the elected tab closes, crashes or is frozen, the next one is elected, and
 * the lines find its worker as they would find a SharedWorker that was started again.
 * Why no service worker hands out ports: docs/decisions/0008.
 */
import { HearthError } from '../worker/protocol/errors.js'
import { newId } from '../worker/protocol/ids.js'
import {
  CALLS,
  ELECTED_LOCK,
  HEIR,
  layLine,
  TAB_WORKER,
  tabWorkerLock,
  type CallMessage,
} from '../worker/protocol/line.js'
import { BEAT_MS } from '../worker/protocol/rpc.js'
import { end } from './blob.js'
import type { Line } from './connection.js'

/** Calls in vain, after which the elected tab is asked whether it is there. The first three take 2.8 s together. */
const MAX_UNHEARD = 3
/** Beats missed in a row on an open line, after which it is asked, too. */
const MAX_SILENCE = 2
/** An elected tab that is alive answers within, in milliseconds. */
const ANSWER_MS = 1000
/** Between the end of a worker and the start of the next one, in milliseconds. */
const AGAIN_MS = 100
/** After a script could not be loaded, in milliseconds. */
const FAILED_MS = 2000
const TAKEOVER_LOCK = `${ELECTED_LOCK}:takeover`

interface OpenLine {
  readonly id: string
  /** The tab's. */
  readonly port: MessagePort
  readonly hangUp: () => void
  /** The worker has answered. */
  open: boolean
}

export class Electorate {
  readonly #calls = new BroadcastChannel(CALLS)
  /** The worker that all call, where this tab is the elected one. */
  #worker: Worker | undefined
  /** Ends this tab's candidacy, or its office. */
  #withdraw: (() => void) | undefined
  #line: OpenLine | undefined
  #unheard = 0
  /** Beats since the worker was last heard. */
  #silence = 0

  /** @param script URL of the worker */
  constructor(private readonly script: string) {
    this.#calls.onmessage = ({ data }: MessageEvent<CallMessage>) => this.#hear(data)
    // A page that is put away keeps its locks and answers nobody: another one is to be elected before.
    for (const away of ['freeze', 'pagehide']) addEventListener(away, () => this.#withdraw?.(), true)
    for (const back of ['resume', 'pageshow'])
      addEventListener(back, () => this.#withdraw ?? this.#stand(), true)
    setInterval(() => this.#listen(), BEAT_MS)
    this.#stand()
  }

  /** One try. */
  async dial(): Promise<Line> {
    if (this.#unheard >= MAX_UNHEARD && !this.#worker) await this.#takeOver()
    this.#unheard++
    this.#line?.hangUp()
    const { port1: port, port2 } = new MessageChannel()
    const id = newId()
    const opened = () => (line.open = true)
    const heard = () => (this.#unheard = this.#silence = 0)
    const line: OpenLine = { id, port, hangUp: layLine(port2, id, { opened, heard }), open: false }
    this.#line = line
    this.#tell({ t: 'call', line: id })
    return { port, onerror: null }
  }

  #tell(message: CallMessage): void {
    this.#calls.postMessage(message)
  }

  #hear({ t }: CallMessage): void {
    if (t === 'who' && this.#worker) this.#tell({ t: 'here' })
    else if (t === 'here' || t === 'ready') {
      this.#unheard = 0
      const line = this.#line
      if (!line) return
      if (!line.open) return t === 'ready' ? this.#tell({ t: 'call', line: line.id }) : undefined
      // There is another worker, and nothing comes from the one at the other end, which keeps its locks; or the elected tab
      // is there, and its worker would beat.
      if (this.#silence < (t === 'ready' ? 1 : 2 * MAX_SILENCE)) return
      line.open = false
      const data = end(new HearthError('rpc/worker-gone', { ms: MAX_SILENCE * BEAT_MS }))
      line.port.dispatchEvent(new MessageEvent('message', { data }))
    }
  }

  /** The worker beats, and so does its tab answer, while they live: one that is only slow does either. */
  #listen(): void {
    if (!this.#line?.open || this.#worker || ++this.#silence % MAX_SILENCE !== 0) return
    this.#unheard = MAX_UNHEARD
    void this.#takeOver()
  }

  /** Waits to be elected; or is, at once, in the place of one that does not answer. */
  #stand(inPlaceOfAnother = false): void {
    this.#withdraw?.()
    const over = new AbortController()
    let leave: (() => void) | undefined
    const withdraw = (this.#withdraw = () => {
      over.abort()
      leave?.()
      this.#worker?.terminate()
      this.#worker = undefined
      if (this.#withdraw === withdraw) this.#withdraw = undefined
    })
    const options = inPlaceOfAnother ? { steal: true } : { signal: over.signal }
    navigator.locks
      .request(ELECTED_LOCK, options, () => {
        if (over.signal.aborted) return undefined
        this.#run(inPlaceOfAnother ? HEIR : TAB_WORKER)
        return new Promise<void>((resolve) => (leave = resolve))
      })
      .catch(() => {
        // Called off; or this tab was silent for so long that another one was elected.
        if (this.#withdraw === withdraw) this.#stand()
      })
  }

  #run(name: string): void {
    const worker = new Worker(this.script, { name })
    this.#worker = worker
    this.#tell({ t: 'here' })
    const again = (ms: number) =>
      setTimeout(() => {
        if (this.#worker === worker) this.#run(TAB_WORKER)
      }, ms)
    worker.onmessage = ({ data: instance }: MessageEvent<string>) => {
      worker.onerror = null
      // It ends by itself to make room for a newer build, or because its store is gone.
      void navigator.locks.request(tabWorkerLock(instance), { mode: 'shared' }, () => void again(AGAIN_MS))
    }
    worker.onerror = () => {
      worker.terminate()
      again(FAILED_MS)
    }
  }

  /** One tab after the other; who comes second finds the first one elected. */
  #takeOver(): Promise<void> {
    return navigator.locks.request(TAKEOVER_LOCK, async () => {
      this.#tell({ t: 'who' })
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
      if (this.#unheard >= MAX_UNHEARD) this.#stand(true)
    })
  }
}

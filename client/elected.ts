/**
 * No SharedWorker in this browser: the tabs elect one, by a Web Lock, that runs the worker for all of them, and each
 * calls that worker over BroadcastChannels. When the elected tab closes, crashes or is frozen, the next one is elected, and
 * the lines find its worker as they would find a SharedWorker that was started again.
 * Why no service worker hands out ports: docs/decisions/0008.
 */
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
import type { Line } from './connection.js'

/** Calls in vain, after which the elected tab is asked whether it is there. The first three take 2.8 s together. */
const MAX_UNHEARD = 3
/** An elected tab that is alive answers within, in milliseconds. */
const ANSWER_MS = 1000
/** Between the end of a worker and the start of the next one, in milliseconds. */
const AGAIN_MS = 100
/** After a script could not be loaded, in milliseconds. */
const FAILED_MS = 2000
const TAKEOVER_LOCK = `${ELECTED_LOCK}:takeover`

export class Electorate {
  private readonly calls = new BroadcastChannel(CALLS)
  /** The worker that all call, where this tab is the elected one. */
  private worker: Worker | undefined
  /** Ends this tab's candidacy, or its office. */
  private withdraw: (() => void) | undefined
  private line: { readonly id: string; readonly hangUp: () => void; open: boolean } | undefined
  private unheard = 0

  /** @param script URL of the worker */
  constructor(private readonly script: string) {
    this.calls.onmessage = ({ data }: MessageEvent<CallMessage>) => this.hear(data)
    // A page that is put away keeps its locks and answers nobody: another one is to be elected before.
    for (const away of ['freeze', 'pagehide']) addEventListener(away, () => this.withdraw?.(), true)
    for (const back of ['resume', 'pageshow'])
      addEventListener(back, () => this.withdraw ?? this.stand(), true)
    this.stand()
  }

  /** One try. */
  async dial(): Promise<Line> {
    if (this.unheard >= MAX_UNHEARD && !this.worker) await this.takeOver()
    this.unheard++
    this.line?.hangUp()
    const { port1: port, port2 } = new MessageChannel()
    const id = newId()
    const opened = () => {
      line.open = true
      this.unheard = 0
    }
    const line = { id, hangUp: layLine(port2, id, { opened }), open: false }
    this.line = line
    this.tell({ t: 'call', line: id })
    return { port, onerror: null }
  }

  private tell(message: CallMessage): void {
    this.calls.postMessage(message)
  }

  private hear({ t }: CallMessage): void {
    if (t === 'who' && this.worker) this.tell({ t: 'here' })
    else if (t === 'here' || t === 'ready') {
      this.unheard = 0
      if (t === 'ready' && this.line && !this.line.open) this.tell({ t: 'call', line: this.line.id })
    }
  }

  /** Waits to be elected; or is, at once, in the place of one that does not answer. */
  private stand(inPlaceOfAnother = false): void {
    this.withdraw?.()
    const over = new AbortController()
    let leave: (() => void) | undefined
    const withdraw = (this.withdraw = () => {
      over.abort()
      leave?.()
      this.worker?.terminate()
      this.worker = undefined
      if (this.withdraw === withdraw) this.withdraw = undefined
    })
    const options = inPlaceOfAnother ? { steal: true } : { signal: over.signal }
    navigator.locks
      .request(ELECTED_LOCK, options, () => {
        if (over.signal.aborted) return undefined
        this.run(inPlaceOfAnother ? HEIR : TAB_WORKER)
        return new Promise<void>((resolve) => (leave = resolve))
      })
      .catch(() => {
        // Called off; or this tab was silent for so long that another one was elected.
        if (this.withdraw === withdraw) this.stand()
      })
  }

  private run(name: string): void {
    const worker = new Worker(this.script, { name })
    this.worker = worker
    this.tell({ t: 'here' })
    const again = (ms: number) =>
      setTimeout(() => {
        if (this.worker === worker) this.run(TAB_WORKER)
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
  private takeOver(): Promise<void> {
    return navigator.locks.request(TAKEOVER_LOCK, async () => {
      this.tell({ t: 'who' })
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
      if (this.unheard >= MAX_UNHEARD) this.stand(true)
    })
  }
}

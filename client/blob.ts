/**
 * One worker for the tabs of an origin that has no file of ours: they agree on one `blob:` URL, whose text imports the
 * worker of another origin. A SharedWorker of that URL can be reached as long as it lives, also when the tab that made the
 * URL is gone; it cannot be started again then, and another URL takes its place.
 */
import { HearthError, toWire } from '../worker/protocol/errors.js'
import type { WorkerFrame } from '../worker/protocol/rpc.js'
import type { Line } from './connection.js'

/** Tries without an answer, after which nobody is expected to answer there. The first three take 2.8 s together. */
const MAX_UNANSWERED = 3

/** A URL for as long as this page is open. */
export const importing = (script: string): string =>
  URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(script)})`], { type: 'text/javascript' }))

/** What a worker would say to end a handshake. */
export const end = (error: HearthError): WorkerFrame => ({ f: 1, m: [{ t: 'end', error: toWire(error) }] })

export class SharedBlob {
  /** What this tab has last tried, and how often in vain. */
  #tried: string | undefined
  #unanswered = 0
  #failed = false
  readonly #key: string

  /** @param script URL of the worker to import */
  constructor(private readonly script: string) {
    this.#key = `hearth:blob:${script}`
  }

  async dial(): Promise<Line> {
    const url = await this.#agree()
    if (url !== this.#tried) this.#unanswered = 0
    this.#tried = url
    this.#unanswered++
    this.#failed = false
    const worker = new SharedWorker(url, { name: 'hearth' })
    const { port } = worker
    port.addEventListener('message', () => (this.#unanswered = 0), { once: true })
    worker.onerror = () => {
      // The next try is not to wait until this one is over.
      port.dispatchEvent(new MessageEvent('message', { data: end(new HearthError('rpc/worker-gone')) }))
      this.#failed = true
    }
    return { port, onerror: null }
  }

  /** One tab after the other: of those who find that nobody answers, the first one makes the next URL. */
  #agree(): Promise<string> {
    return navigator.locks.request(this.#key, () => {
      const known = this.#read()
      const stale = known === this.#tried && (this.#failed || this.#unanswered >= MAX_UNANSWERED)
      if (known && !stale) return known
      const made = importing(this.script)
      this.#write(made)
      return made
    })
  }

  // Where there is no localStorage, each tab has its own worker for a moment: then the owner of the store has all.

  #read(): string | undefined {
    try {
      return localStorage.getItem(this.#key) ?? undefined
    } catch {
      return this.#tried
    }
  }

  #write(url: string): void {
    try {
      localStorage.setItem(this.#key, url)
    } catch {
      this.#tried = url
    }
  }
}

/** Work that may take longer than a tab waits for one answer: it is begun, and asked for until it is done. */
import { HearthError, invalid } from '../protocol/errors.js'
import { isId, type ClientId } from '../protocol/ids.js'

export interface JobsPlatform {
  later(run: () => void, ms: number): () => void
}

/** One answer is waited for so long, in milliseconds. */
const SLICE_MS = 5_000
/** What nobody has asked for so long after it was done is forgotten, in milliseconds. */
const KEPT_MS = 60_000
const MAX_JOBS = 8

export class Jobs {
  private readonly running = new Map<string, Promise<unknown>>()

  constructor(private readonly platform: JobsPlatform) {}

  /** @param id chosen by the tab @throws HearthError `rpc/malformed`, `echo/invalid` */
  begin(client: ClientId, id: string, run: () => Promise<unknown>): void {
    const name = nameOf(client, id)
    if (!isId(id) || this.running.has(name)) throw new HearthError('rpc/malformed', { reason: 'job' })
    if (this.running.size >= MAX_JOBS) invalid(`up to ${MAX_JOBS} files at one time; wait for one of them`)
    const job = run()
    this.running.set(name, job)
    const done = () => void this.platform.later(() => this.running.delete(name), KEPT_MS)
    job.then(done, done)
  }

  /**
   * @returns in a list, what came of it; undefined if it is not done yet
   * @throws HearthError its own; `rpc/worker-gone` if it is not known, because the worker that had begun it has ended
   */
  async outcome(client: ClientId, id: string): Promise<readonly [unknown] | undefined> {
    const name = nameOf(client, id)
    const job = this.running.get(name)
    if (!job) throw new HearthError('rpc/worker-gone', { ms: 0 })
    let cancel = () => {}
    const late = new Promise<undefined>((resolve) => {
      cancel = this.platform.later(() => resolve(undefined), SLICE_MS)
    })
    try {
      const outcome = await Promise.race([job.then((value) => [value] as const), late])
      if (outcome) this.running.delete(name)
      return outcome
    } catch (e) {
      this.running.delete(name)
      throw e
    } finally {
      cancel()
    }
  }
}

const nameOf = (client: ClientId, id: string): string => `${client} ${id}`

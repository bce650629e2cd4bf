/** What is to be written goes to a thread that does nothing else; everything that waits meanwhile goes in one transaction. */
import type { Key } from 'lmdb'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Row } from './rows.js'
import { SUM_BYTES } from './sums.mjs'

interface Waiting {
  readonly puts: readonly Row[]
  readonly deletes: readonly Key[]
  readonly done: () => void
  readonly fail: (why: unknown) => void
}

/** Why a commit failed. `code` is of the system (as `ENOSPC` has 28), or of LMDB. */
export class CommitFailed extends Error {
  constructor(
    reason: string,
    readonly code: number | undefined,
  ) {
    super(reason)
  }
}

export class Committing {
  readonly #worker: Worker
  #waiting: Waiting[] = []
  #underway: Waiting[] | undefined
  /** Why nothing can be written any more. */
  #ended: Error | undefined

  /** @param options of LMDB */
  constructor(
    options: object,
    /** After something was written, and before anybody is told. */
    private readonly written: () => void,
  ) {
    this.#worker = new Worker(new URL('./commits.mjs', import.meta.url), {
      workerData: options,
      // It is plain JavaScript: what this process loads to read its own source with, it needs not.
      execArgv: [],
    })
    this.#worker.on('message', (answer: { reason?: string; code?: number }) => this.#answered(answer))
    this.#worker.on('error', (e) => this.#end(e as Error))
    this.#worker.on('exit', () => this.#end(new CommitFailed('it was closed', undefined)))
  }

  /** All of it or none; durable when it resolves. @throws CommitFailed */
  write(puts: readonly Row[], deletes: readonly Key[]): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended)
    return new Promise((done, fail) => {
      this.#waiting.push({ puts, deletes, done, fail })
      if (!this.#underway) this.#next()
    })
  }

  /** What waits is written first. */
  async close(): Promise<void> {
    if (this.#ended) return
    const exit = once(this.#worker, 'exit')
    while (this.#underway) await new Promise((resolve) => setTimeout(resolve, 1))
    this.#worker.postMessage({})
    await exit
  }

  #next(): void {
    if (this.#waiting.length === 0) return
    const group = (this.#underway = this.#waiting)
    this.#waiting = []
    const rows = group.flatMap(({ puts }) => puts)
    // Sums are taken where there is nothing else to do.
    const lengths = rows.map(([, value]) => value.length + SUM_BYTES)
    const values = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const [i, [, value]] of rows.entries()) {
      values.set(value, at)
      at += lengths[i]!
    }
    const deletes = group.flatMap((one) => one.deletes)
    this.#worker.postMessage({ puts: rows.map(([key]) => key), lengths, values, deletes }, [values.buffer])
  }

  #answered({ reason, code }: { reason?: string; code?: number }): void {
    const group = this.#underway ?? []
    this.#underway = undefined
    this.written()
    for (const { done, fail } of group)
      if (reason === undefined) done()
      else fail(new CommitFailed(reason, code))
    this.#next()
  }

  #end(why: Error): void {
    this.#ended ??= why
    const group = [...(this.#underway ?? []), ...this.#waiting]
    this.#underway = undefined
    this.#waiting = []
    for (const { fail } of group) fail(why)
  }
}

/** Those who are many, in a process of their own: what they cost is not to be taken for the server's. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answered, Asked, Jobs } from './crowd-main.js'

const main = fileURLToPath(new URL('./crowd-main.ts', import.meta.url))

export class Crowd implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { done(value: unknown): void; fail(why: Error): void }>()
  #n = 0

  /** @param url of the KUBE */
  constructor(url: string) {
    this.#child = fork(main, [url], { execArgv: ['--import', 'tsx'] })
    this.#child.on('message', ({ n, value, failed }: Answered) => {
      const { done, fail } = this.#waiting.get(n)!
      this.#waiting.delete(n)
      if (failed === undefined) done(value)
      else fail(new Error(failed))
    })
    this.#child.once('exit', () => {
      for (const { fail } of this.#waiting.values()) fail(new Error('The crowd has ended.'))
    })
  }

  do<J extends keyof Jobs>(job: J, count = 0): ReturnType<Jobs[J]> {
    const n = this.#n++
    return new Promise((done, fail) => {
      this.#waiting.set(n, { done, fail })
      this.#child.send({ n, job, count } satisfies Asked)
    }) as ReturnType<Jobs[J]>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}

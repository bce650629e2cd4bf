/** Time that passes as it does, and can be made to pass at once. */
import { setTimeout as wait } from 'node:timers/promises'

interface Timer {
  readonly at: number
  readonly run: () => void
  readonly handle: NodeJS.Timeout
}

export class Clock {
  private ahead = 0
  private readonly timers = new Set<Timer>()
  private isStopped = false

  now = (): number => Date.now() + this.ahead

  later = (run: () => void, ms: number): (() => void) => {
    if (this.isStopped) return () => undefined
    const fire = () => {
      if (!this.timers.delete(timer)) return
      clearTimeout(timer.handle)
      run()
    }
    // As browsers do it.
    const handle = setTimeout(fire, ms > 0x7fffffff ? 1 : ms)
    const timer = { at: this.now() + (ms > 0x7fffffff ? 1 : ms), run: fire, handle }
    this.timers.add(timer)
    return () => {
      if (this.timers.delete(timer)) clearTimeout(handle)
    }
  }

  /** What is due meanwhile runs, and what follows from it, each at its time. */
  async pass(ms: number, step = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.ahead += Math.min(step, left)
      const due = [...this.timers].filter(({ at }) => at <= this.now()).sort((a, b) => a.at - b.at)
      for (const { run } of due) run()
      await wait(1)
    }
  }

  /** Nothing runs any more. */
  stop(): void {
    this.isStopped = true
    for (const { handle } of this.timers) clearTimeout(handle)
    this.timers.clear()
  }
}

/** Within some seconds, as they really pass. */
export async function until(what: string, is: () => boolean, ms = 4_000): Promise<void> {
  for (const end = performance.now() + ms; !is(); await wait(3))
    if (performance.now() > end) throw new Error(`not ${what} in ${ms} ms`)
}

/** Until a number stays the same. It is not time that counts: on a busy machine, all that changes it takes longer, too. */
export async function still(count: () => number, turns = 100): Promise<void> {
  for (let left = turns, last = count(); left > 0; left--) {
    await wait(3)
    if (count() !== last) [left, last] = [turns, count()]
  }
}

export const turns = (ms = 30): Promise<void> => wait(ms)

/** What is to be done later, for as long as something lasts. */
import type { MeshPlatform } from './platform.js'

export class Timers {
  isOver = false
  private readonly cancels = new Set<() => void>()

  constructor(private readonly platform: Pick<MeshPlatform, 'later'>) {}

  /** @returns calls it off */
  after(ms: number, run: () => void): () => void {
    const call = () => {
      this.cancels.delete(off)
      if (!this.isOver) run()
    }
    const cancel = this.platform.later(call, ms)
    const off = () => {
      this.cancels.delete(off)
      cancel()
    }
    this.cancels.add(off)
    return off
  }

  /** Resolves when it is over, or this has ended. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = () => {
        this.cancels.delete(stop)
        cancel()
        resolve()
      }
      const cancel = this.platform.later(stop, ms)
      this.cancels.add(stop)
    })
  }

  end(): void {
    this.isOver = true
    for (const cancel of [...this.cancels]) cancel()
  }
}

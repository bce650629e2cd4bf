/**
 * A token bucket that goes into debt: what has arrived is dealt with, and what comes next waits until it is paid for.
 * Nobody is refused for being fast; they are read at the pace that they are allowed.
 */
export class Bucket {
  #tokens: number
  #at: number

  /** @param now in milliseconds, of any clock that never goes back */
  constructor(
    readonly burst: number,
    readonly perSecond: number,
    now: number,
  ) {
    this.#tokens = burst
    this.#at = now
  }

  /** @returns for how long to take nothing more, in milliseconds */
  take(cost: number, now: number): number {
    const earned = ((now - this.#at) / 1_000) * this.perSecond
    this.#tokens = Math.min(this.burst, this.#tokens + earned) - cost
    this.#at = now
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.perSecond) * 1_000)
  }
}

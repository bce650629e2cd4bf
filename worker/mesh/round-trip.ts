/**
 * How long it takes to the other device and back, by the answers to pings: smoothed, and told when a person would see a difference and not
 * each time. Only distances between moments of this device count.
 */
import { silent } from './link.js'

/** It is asked for again so much later at the latest, in milliseconds, also while other things are said. */
export const ASK_MS = 5_000
/** What is told stands so long at least, in milliseconds. */
const STANDS_MS = 1_000
/** A difference that is worth to be told, as part of what was told last; and at least, in milliseconds. */
const WORTH = 0.2
const LEAST_MS = 1
/** As TCP smooths it: of what is measured, an eighth counts. */
const SHARE = 1 / 8

export class RoundTrip {
  /** What was told last differs from this one. */
  onTold: () => void = silent
  /** As it was last told, in whole milliseconds; undefined before the first answer. */
  toldMs: number | undefined
  private smoothed: number | undefined
  private toldAt = -Infinity
  private askedAt = -Infinity
  /** Of the last ping, which has not been answered. */
  private open: number | undefined
  private count = 0

  constructor(private readonly now: () => number) {}

  get isDue(): boolean {
    return this.now() - this.askedAt >= ASK_MS
  }

  /** @returns the number of the ping that is said now; one before it is not waited for any more */
  ask(): number {
    this.askedAt = this.now()
    return (this.open = ++this.count)
  }

  answered(number: number): void {
    if (number !== this.open) return
    this.open = undefined
    const now = this.now()
    const sample = Math.max(0, now - this.askedAt)
    this.smoothed = this.smoothed === undefined ? sample : this.smoothed + (sample - this.smoothed) * SHARE
    if (this.toldMs !== undefined) {
      const difference = Math.abs(this.smoothed - this.toldMs)
      if (now - this.toldAt < STANDS_MS || difference <= Math.max(LEAST_MS, WORTH * this.toldMs)) return
    }
    this.toldMs = Math.round(this.smoothed)
    this.toldAt = now
    this.onTold()
  }
}

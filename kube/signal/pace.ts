/** How fast one key may send, over all of its connections: messages, and bytes. */
import { Bucket } from './bucket.js'
import type { SignalLimits } from './limits.js'

export class Pace {
  readonly #messages: Bucket
  readonly #bytes: Bucket

  constructor({ burst, perSecond, burstBytes, bytesPerSecond }: SignalLimits, now: number) {
    this.#messages = new Bucket(burst, perSecond, now)
    this.#bytes = new Bucket(burstBytes, bytesPerSecond, now)
  }

  /** @returns for how long to read nothing more, in milliseconds */
  take(messages: number, bytes: number, now: number): number {
    return Math.max(this.#messages.take(messages, now), this.#bytes.take(bytes, now))
  }
}

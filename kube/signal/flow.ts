/**
 * What one device sends to one peer at one topic: how much of it has not left the KUBE yet. Whoever counts as it does never
 * goes beyond the window, for what counts here has been counted there before.
 */
import { RELAY_WINDOW } from '../../worker/protocol/signal.js'

/** Credit is told in portions, or else each frame would cost a message. */
const PORTION = RELAY_WINDOW / 4

export class Flow {
  /** Bytes that wait in the KUBE, and bytes that have left it and were not told. */
  #waiting = 0
  #untold = 0
  #frames = 0
  #over = false

  /**
   * @param strict whether to hold the sender to the window. After a peer has left and come back under the same id, what
   *   was on its way to the former one counts for the latter, and is not the sender's fault.
   */
  constructor(readonly strict: boolean) {}

  /** How many wait. The window bounds their bytes, but small ones cost more than these. */
  get frames(): number {
    return this.#frames
  }

  /** @returns false if the sender goes beyond its window */
  take(bytes: number): boolean {
    this.#waiting += bytes
    this.#frames++
    return !this.strict || this.#waiting + this.#untold <= RELAY_WINDOW
  }

  /** So many have been handed to the receiver's socket. @returns the bytes to tell the sender of, or 0 */
  release(bytes: number): number {
    this.#waiting -= bytes
    this.#frames--
    this.#untold += bytes
    if (this.#over || (this.#untold < PORTION && this.#waiting > 0)) return 0
    const credit = this.#untold
    this.#untold = 0
    return credit
  }

  /** Nothing of it waits any more. @returns the bytes to tell the sender of */
  releaseAll(): number {
    const credit = this.#waiting + this.#untold
    this.#waiting = this.#untold = this.#frames = 0
    return credit
  }

  /** Sender or peer have left the topic: nobody is to be told any more. */
  end(): void {
    this.#over = true
  }
}

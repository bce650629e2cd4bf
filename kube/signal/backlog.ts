/**
 * Bytes that wait for devices that read more slowly than others send. One device that keeps more than its share waiting is
 * given up; when it is all of them together, the one that keeps most.
 */
export interface Waiting {
  /** Bytes that wait for it. */
  readonly waiting: number
  giveUp(): void
}

export class Backlog {
  readonly #waiting = new Set<Waiting>()
  #total = 0

  constructor(
    readonly perDevice: number,
    readonly inAll: number,
  ) {}

  get total(): number {
    return this.#total
  }

  /** So many more (or fewer) wait for this one, who counts them already. */
  change(who: Waiting, bytes: number): void {
    this.#total += bytes
    if (who.waiting > 0) this.#waiting.add(who)
    else this.#waiting.delete(who)
    if (bytes <= 0) return
    // defence: bounded-backlog
    if (who.waiting > this.perDevice) return who.giveUp()
    // defence: bounded-backlog-in-all
    if (this.#total > this.inAll) this.#slowest()?.giveUp()
  }

  #slowest(): Waiting | undefined {
    let most: Waiting | undefined
    for (const one of this.#waiting) if (!most || one.waiting > most.waiting) most = one
    return most
  }
}

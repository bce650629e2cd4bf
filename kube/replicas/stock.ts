/**
 * What a KUBE keeps in memory for sessions: what has come and is not worked through, and what is to go and was not taken. Where there is
 * much of it, devices are told later that they may send more; a message that does not end, and whoever keeps most, lose their sessions.
 */
export interface StockLimits {
  /** Bytes of messages that have not come to their end. */
  readonly unfinished: number
  /** Bytes of everything, from which on no device is told that it may send more. */
  readonly ample: number
  /** Bytes of everything. */
  readonly most: number
}

export const defaultStock: StockLimits = { unfinished: 48 << 20, ample: 96 << 20, most: 192 << 20 }

/** Somebody for whom something is kept. */
export interface Holder {
  close(): void
}

export class Stock {
  readonly #kept = new Map<Holder, number>()
  /** Who began longest ago comes first. */
  readonly #unfinished = new Map<Holder, number>()
  readonly #waiting: (() => void)[] = []
  #total = 0
  #totalUnfinished = 0

  constructor(private readonly limits: StockLimits) {}

  /** Bytes of everything. */
  get total(): number {
    return this.#total
  }

  /** So much is kept for this one now. */
  keep(who: Holder, bytes: number, unfinished: number): void {
    this.#total += set(this.#kept, who, bytes)
    this.#totalUnfinished += set(this.#unfinished, who, unfinished)
    const { limits } = this
    // Who is honest sends on until the message ends, so whoever began longest ago is least likely to be.
    // defence: unfinished-in-all
    if (this.#totalUnfinished > limits.unfinished) this.#unfinished.keys().next().value?.close()
    // defence: kept-in-memory
    if (this.#total > limits.most) this.#largest()?.close()
    this.#giveRoom()
  }

  /** Nothing is kept for it any more. */
  leave(who: Holder): void {
    this.keep(who, 0, 0)
  }

  /** Runs when there is room for more: mostly at once. */
  whenRoom(run: () => void): void {
    // defence: room-before-more
    if (this.#waiting.length > 0 || this.#total >= this.limits.ample) return void this.#waiting.push(run)
    run()
  }

  #giveRoom(): void {
    while (this.#waiting.length > 0 && this.#total < this.limits.ample) this.#waiting.shift()!()
  }

  #largest(): Holder | undefined {
    let found: Holder | undefined
    let most = 0
    for (const [who, bytes] of this.#kept) if (bytes > most) [found, most] = [who, bytes]
    return found
  }
}

/** @returns how many more there are */
function set(bytesOf: Map<Holder, number>, who: Holder, bytes: number): number {
  const before = bytesOf.get(who) ?? 0
  if (bytes > 0) bytesOf.set(who, bytes)
  else bytesOf.delete(who)
  return bytes - before
}

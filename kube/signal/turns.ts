/**
 * Who sends much is read in turns. Node reads megabytes of a socket that has them before it looks at the next one: a hundred such would
 * be half a second in which nobody else is heard.
 */

/** Who sends more than this in one turn waits for the next, in bytes. Node reads up to 64 KiB at a time, and once more before it waits. */
const READ_A_TURN = 32 << 10
/** Of those who wait, so many go on in the next turn; all others have theirs later. */
const GO_ON = 8

/** A connection, as it is read. */
export interface Read {
  /** In which turn it was read last, and how many bytes. */
  turn: number
  readThisTurn: number
  wait(): void
  goOn(): void
}

export class Turns {
  #turn = 0
  #isEnding = false
  readonly #waiting = new Set<Read>()

  /** @param after runs something when all who have sent anything by now were read */
  constructor(private readonly after: (run: () => void) => void = setImmediate) {}

  /** So many bytes of it were read. */
  read(who: Read, bytes: number): void {
    if (who.turn !== this.#turn) who.readThisTurn = 0
    who.turn = this.#turn
    who.readThisTurn += bytes
    if (who.readThisTurn > READ_A_TURN && !this.#waiting.has(who)) {
      this.#waiting.add(who)
      who.wait()
    }
    this.#end()
  }

  #end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.after(() => this.#next())
  }

  #next(): void {
    this.#isEnding = false
    this.#turn++
    let left = GO_ON
    for (const who of this.#waiting) {
      if (left-- === 0) break
      this.#waiting.delete(who)
      who.goOn()
    }
    if (this.#waiting.size > 0) this.#end()
  }
}

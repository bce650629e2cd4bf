/** So many at once, and then at a steady pace. */
export class Budget {
  private left: number

  /** @param at the time now, in milliseconds */
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private at: number,
  ) {
    this.left = burst
  }

  /** @returns whether one more may be */
  take(now: number): boolean {
    this.left = Math.min(this.burst, this.left + (Math.max(0, now - this.at) / 1000) * this.perSecond)
    this.at = now
    if (this.left < 1) return false
    this.left--
    return true
  }
}

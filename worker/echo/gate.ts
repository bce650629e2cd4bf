/** One at a time: whoever changes documents and feeds, and the store with them. */
export class Gate {
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0

  run<T>(task: () => Promise<T>): Promise<T> {
    this.waiting++
    const next = this.last.then(task).finally(() => this.waiting--)
    this.last = next.catch(() => undefined)
    return next
  }

  /** Resolves when nobody is inside or waits. */
  async idle(): Promise<void> {
    while (this.waiting > 0) await this.last
  }
}

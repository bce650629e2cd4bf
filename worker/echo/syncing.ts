/**
 * What came from others is shown as soon as it is written, and not when the disk has it: somebody else has it, and gives it again. Only
 * who says that it is held here has to wait. Whatever is written strictly makes durable what was written before it.
 */
import type { Store, Write } from '../store.js'

/** The row of `meta` that is written for that. */
const SYNCED = 'synced'

export class Syncing {
  private written = 0
  private durable = 0
  private going: Promise<void> | undefined

  constructor(private readonly store: Store) {}

  /** Something was written, and may not be durable. */
  wrote(): void {
    this.written++
  }

  /** Resolves when all that was written until now is durable. @throws HearthError `store/…` */
  async sync(): Promise<void> {
    const { written } = this
    while (this.durable < written) {
      this.going ??= this.now().finally(() => (this.going = undefined))
      await this.going
    }
  }

  /** What was written before it is durable with it: nobody need wait for that once more. @throws HearthError `store/…` */
  async strictly(writes: readonly Write[]): Promise<void> {
    const { written } = this
    await this.store.write(writes, 'strict')
    this.durable = Math.max(this.durable, written)
  }

  private now(): Promise<void> {
    return this.strictly([{ table: 'meta', key: SYNCED, put: this.written }])
  }
}

/**
 * A checkpoint that comes from the other side: one at a time, each piece as its head says. Who gives something else brings none in this
 * session any more. Spec: docs/protocol/checkpoints.md.
 */
import type { CheckpointWish } from '../../protocol/wire.js'
import type { Carrier } from '../direct/carrier.js'
import type { Arriving, MeshPlatform, Replica } from '../platform.js'
import type { Timers } from '../timers.js'
import { streamsOf, type Streams } from './streams.js'

/** A checkpoint of which no piece comes for so long is given up, in milliseconds; but while pieces of another space come. */
export const PIECE_MS = 10_000
/** After one that came to nothing, none is begun for so long, in milliseconds. */
export const PAUSE_MS = 5_000

/** The side that takes, as the rest of it goes on. */
export interface TakingHost {
  /** Resolves when what has come of the membership log is taken. */
  logged(): Promise<void>
  /** Says what is here. */
  have(): void
  /** Again and again while the store fails. @returns undefined if it is over, or not wanted any more */
  keep<T>(run: () => Promise<T>, isWanted: () => boolean): Promise<T | undefined>
}

export class Taking {
  private arriving: Arriving | undefined
  /** The piece that comes next. */
  private next = 0
  private isWriting = false
  /** What was offered last, and not looked at so far. */
  private offered: Uint8Array | undefined
  private isBeginning = false
  /** Before that, none is begun, in milliseconds. */
  private notBefore = -Infinity
  /** One was not taken, or came to nothing: entries are better than to wait. */
  private hasDeclined = false
  /** The one that was given up last: a piece of it may still be on its way, and come after the offer of another one. */
  private former: string | undefined
  private last: Promise<void> = Promise.resolve()
  private readonly streams: Streams

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now'>,
    private readonly session: Pick<Carrier, 'send'>,
    private readonly replica: Replica,
    private readonly timers: Timers,
    private readonly host: TakingHost,
  ) {
    this.streams = streamsOf(session)
  }

  /** Pieces of one are on their way: what is here is said when that has ended. */
  get isUnderway(): boolean {
    return this.arriving !== undefined
  }

  /** What this side would do with another one. */
  get wish(): CheckpointWish {
    const { wish } = this.replica
    return wish === 'instead' && this.hasDeclined ? 'gaps' : wish
  }

  end(): void {
    this.stop()
  }

  offer(head: Uint8Array): void {
    this.offered = head
    // To look at one costs more than to offer it.
    // defence: one-offer-at-a-time
    if (this.isBeginning) return
    this.isBeginning = true
    void this.beginAll().catch(() => (this.isBeginning = false))
  }

  /** Resolves when it is worked through. */
  piece(id: string, n: number, bytes: Uint8Array): Promise<void> {
    let isAwaited = true
    // defence: only-what-is-awaited-counts
    isAwaited = id === this.arriving?.id
    if (isAwaited) this.streams.cameAt = this.platform.now()
    const next = this.last.then(() => this.take(id, n, bytes))
    this.last = next.catch(() => undefined)
    return next
  }

  private async beginAll(): Promise<void> {
    for (let head = this.offered; head && !this.timers.isOver; head = this.offered) {
      this.offered = undefined
      this.stop()
      await this.begin(head)
    }
    this.isBeginning = false
  }

  private async begin(head: Uint8Array): Promise<void> {
    await this.host.logged()
    const isDue = this.platform.now() >= this.notBefore
    const arriving = isDue ? await this.replica.begin(head).catch(() => undefined) : undefined
    if (this.offered || this.timers.isOver) return arriving?.stop()
    if (!arriving) return this.decline()
    this.arriving = arriving
    this.next = 0
    this.streams.cameAt = this.platform.now()
    await this.session.send(['fetch', this.replica.ref, arriving.id, 0])
    this.watch(arriving)
  }

  private async take(id: string, n: number, bytes: Uint8Array): Promise<void> {
    const { arriving } = this
    if (!arriving || this.timers.isOver || (id === this.former && id !== arriving.id)) return
    // defence: pieces-in-order
    if (id !== arriving.id || n !== this.next || n >= arriving.pieces) return this.fail(PAUSE_MS)
    this.isWriting = true
    try {
      const isStill = () => this.arriving === arriving
      const isGood = await this.host.keep(() => arriving.take(n, bytes), isStill)
      if (!isStill() || isGood === undefined) return
      // defence: bad-pieces-end-it
      if (!isGood) return this.fail(Infinity)
      this.next++
      if (this.next < arriving.pieces) return
      await this.host.keep(() => arriving.end(), isStill)
      if (!isStill()) return
      this.arriving = undefined
      this.hasDeclined = false
      this.host.have()
    } finally {
      this.isWriting = false
      this.streams.cameAt = this.platform.now()
    }
  }

  /** The other side may have ended in the middle. */
  private watch(arriving: Arriving): void {
    this.timers.after(PIECE_MS, () => {
      if (this.arriving !== arriving) return
      const isStill = !this.isWriting && this.platform.now() - this.streams.cameAt >= PIECE_MS
      if (isStill) this.fail(0)
      else this.watch(arriving)
    })
  }

  /** @param pauseMs before another one is begun */
  private fail(pauseMs: number): void {
    this.stop()
    this.notBefore = Math.max(this.notBefore, this.platform.now() + pauseMs)
    this.decline()
  }

  /** It is not wanted, or cannot be had now: who has it offers it again, ever less often. */
  private decline(): void {
    this.hasDeclined = true
    this.host.have()
  }

  private stop(): void {
    const { arriving } = this
    if (!arriving) return
    this.former = arriving.id
    this.arriving = undefined
    arriving.stop()
  }
}

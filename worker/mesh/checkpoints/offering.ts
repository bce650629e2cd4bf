/**
 * What one side has of a checkpoint for the other: whether to offer it, what waits meanwhile, and its pieces. Nothing waits without a limit:
 * who does not answer gets entries, where there are any. Spec: docs/protocol/checkpoints.md.
 */
import type { DeviceId } from '../../protocol/ids.js'
import type { CheckpointWish } from '../../protocol/wire.js'
import type { Carrier } from '../direct/carrier.js'
import type { Checkpoint, Holding, MeshPlatform, Replica } from '../platform.js'
import type { Timers } from '../timers.js'
import { streamsOf, type Streams } from './streams.js'

/** For fewer entries than these, a checkpoint is not worth it. */
export const WORTH_ENTRIES = 256
/** An offer is answered within this time, in milliseconds, or it counts as not wanted: somebody may have to decide first whether to take the space. */
export const ANSWER_MS = 20_000
/** Whoever has got all pieces says so within this time, in milliseconds: there may be very much in them. */
export const DONE_MS = 120_000
/**
 * One that came to nothing is offered again so much later, doubled each time, in milliseconds: what it is believed by may have been on its
 * way, or there was no room for it. When it is asked for, so much later at the soonest.
 */
export const AGAIN_MS = 10_000
const LONGEST_AGAIN_MS = 600_000

/** The side that offers, as the rest of it knows the other one. */
export interface OfferingHost {
  /** What the other side has, or was sent. */
  readonly theirs: ReadonlyMap<DeviceId, Holding>
  /** What it has said that it has, durably. */
  readonly held: ReadonlyMap<DeviceId, number>
  /** Resolves when what there was of the membership log is on its way. */
  given(): Promise<void>
  /** What has waited can go. */
  feed(): void
}

interface Wanted {
  readonly id: string
  readonly n: number
}

/** An offer, until it has come to its end. */
interface Standing {
  readonly checkpoint: Checkpoint
  /** Entries wait for it. */
  readonly isInPlace: boolean
  /** Pieces of it are wanted. */
  isFetched: boolean
}

export class Offering {
  private said: { readonly checkpoint: string | null; readonly wish: CheckpointWish } | undefined
  private standing: Standing | undefined
  /** When something was last offered, in milliseconds. */
  private offeredAt = -Infinity
  /** The one that came to nothing, or to its end; until it is offered again. */
  private declined: string | undefined
  private againMs = AGAIN_MS
  private cancelAgain: (() => void) | undefined
  /** The piece that comes next. */
  private wanted: Wanted | undefined
  private isStreaming = false
  private cancelWait: (() => void) | undefined
  private readonly waiting: (() => void)[] = []
  private readonly streams: Streams

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'checkpointFor'>,
    private readonly session: Pick<Carrier, 'send'>,
    private readonly replica: Replica,
    private readonly timers: Timers,
    private readonly host: OfferingHost,
  ) {
    this.streams = streamsOf(session)
  }

  end(): void {
    this.wanted = undefined
    this.release()
  }

  /** The other side has said what it has. */
  heard(checkpoint: string | null, wish: CheckpointWish): void {
    this.said = { checkpoint, wish }
    const { standing } = this
    if (standing) {
      // Said before the offer had come: whoever does not want it wishes something else from then on.
      if (!standing.isFetched && standing.isInPlace && this.isInstead(standing.checkpoint)) return
      this.close()
      if (checkpoint === standing.checkpoint.id) this.againMs = AGAIN_MS
      // Another one may have been made meanwhile.
      return this.consider()
    }
    let isDue = true
    // defence: offered-in-good-time
    isDue = this.platform.now() - this.offeredAt >= AGAIN_MS
    if (isDue) this.declined = undefined
    this.consider()
  }

  /** There may be something to offer now. */
  consider(): void {
    const { checkpoint } = this.replica
    if (this.standing || !this.said || !checkpoint || this.timers.isOver) return
    if (checkpoint.id === this.said.checkpoint || checkpoint.id === this.declined) return
    const isInPlace = this.isInstead(checkpoint) || this.isBelow(checkpoint)
    if (!isInPlace && !this.isLatest(checkpoint)) return
    this.standing = { checkpoint, isInPlace, isFetched: false }
    this.offeredAt = this.platform.now()
    void this.offer(this.standing)
  }

  /** Whether entries of a feed, of which the other side has so many, are to come otherwise, or are of no use to it. */
  holds(feed: DeviceId, seq: number): boolean {
    if (seq < this.floorOf(feed) - 1) return true
    if (!this.standing?.isInPlace) return false
    return this.said?.wish === 'instead' || seq < (this.standing.checkpoint.covers.get(feed) ?? 0)
  }

  /** Resolves when no entries wait for an answer. */
  answered(): Promise<void> {
    if (!this.standing?.isInPlace || this.standing.isFetched) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Pieces are wanted, from this one on. */
  fetch(id: string, from: number): void {
    const { checkpoint } = this.replica
    if (this.standing?.checkpoint.id !== id && checkpoint?.id === id)
      this.standing = {
        ...{ checkpoint, isFetched: true },
        isInPlace: this.isInstead(checkpoint) || this.isBelow(checkpoint),
      }
    if (this.standing?.checkpoint.id === id) this.standing.isFetched = true
    this.cancelWait?.()
    this.release()
    this.wanted = { id, n: from }
    // What it asks for meanwhile takes the place of what it has asked for before.
    if (!this.isStreaming) void this.stream()
  }

  private async stream(): Promise<void> {
    this.isStreaming = true
    const before = this.streams.last
    let done!: () => void
    this.streams.last = new Promise((resolve) => (done = resolve))
    // defence: one-stream-at-a-time
    await before
    try {
      for (let next = this.wanted; next && !this.timers.isOver; next = this.wanted) await this.give(next)
    } catch {
      // It is the store's: entries may come, and it may be offered again.
      this.close()
    } finally {
      this.isStreaming = false
      done()
    }
  }

  /** One piece, and no more are read before it is on its way. */
  private async give(next: Wanted): Promise<void> {
    const { id, n } = next
    const bytes = await this.replica.piece(id, n)
    if (this.wanted !== next) return
    if (!bytes) return this.gone(id)
    const isLast = n + 1 >= (this.standing?.checkpoint.pieces ?? 0)
    this.wanted = isLast ? undefined : { id, n: n + 1 }
    await this.session.send(['piece', this.replica.ref, id, n, bytes], 'bulk')
    if (isLast && this.standing?.isFetched && !this.wanted) this.wait(DONE_MS)
  }

  /** There is no such piece, or not any more. */
  private gone(id: string): void {
    this.wanted = undefined
    if (this.standing?.checkpoint.id !== id) return this.consider()
    this.close()
    this.consider()
  }

  private async offer(standing: Standing): Promise<void> {
    // Whoever has not that of the log by which it was made cannot believe it.
    await this.host.given()
    if (this.standing !== standing || this.timers.isOver) return
    await this.session.send(['offer', this.replica.ref, standing.checkpoint.head])
    if (this.standing === standing && !standing.isFetched) this.wait(ANSWER_MS)
  }

  private wait(ms: number): void {
    this.cancelWait?.()
    this.cancelWait = this.timers.after(ms, () => this.close())
  }

  private close(): void {
    this.cancelWait?.()
    this.wanted = undefined
    this.declined = this.standing?.checkpoint.id
    this.standing = undefined
    this.release()
    if (this.timers.isOver) return
    this.again()
    this.host.feed()
  }

  /** The other side need not know that it may want it now, nor ask. */
  private again(): void {
    this.cancelAgain?.()
    this.cancelAgain = this.timers.after(this.againMs, () => {
      this.declined = undefined
      this.consider()
    })
    this.againMs = Math.min(2 * this.againMs, LONGEST_AGAIN_MS)
  }

  private release(): void {
    for (const done of this.waiting.splice(0)) done()
  }

  /** It has nothing, and would rather have this than so many entries. */
  private isInstead({ covers }: Checkpoint): boolean {
    if (this.said?.wish !== 'instead') return false
    const lacked = [...covers].map(([feed, seq]) => Math.max(0, seq - this.has(feed)))
    return lacked.reduce((sum, count) => sum + count, 0) >= (this.platform.checkpointFor ?? WORTH_ENTRIES)
  }

  /** It lacks entries which are here only as a checkpoint. */
  private isBelow({ covers }: Checkpoint): boolean {
    return [...covers].some(([feed, seq]) => this.has(feed) < Math.min(seq, this.floorOf(feed) - 1))
  }

  /** It keeps the latest one, and has all entries: whoever has these may go on giving them. */
  private isLatest({ covers }: Checkpoint): boolean {
    if (this.said?.wish !== 'latest') return false
    return [...covers].every(([feed, seq]) => (this.host.held.get(feed) ?? 0) >= seq)
  }

  private has(feed: DeviceId): number {
    return this.host.theirs.get(feed)?.seq ?? 0
  }

  private floorOf(feed: DeviceId): number {
    return this.replica.floors.get(feed) ?? 1
  }
}

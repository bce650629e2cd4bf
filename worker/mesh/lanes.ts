/**
 * Messages over a secured line, on lanes: what is on `control` goes before what is on `bulk`, whatever waits there, and neither side
 * has to keep more of a lane than its window. One plaintext is
 *
 *   1 byte: lane (0, 1), 128 more if a message ends here ‖ up to 32 KiB of the message, or
 *   1 byte: 2 ‖ 1 byte: lane ‖ 4 bytes: so many more bytes may be sent on it
 */
import { CHUNK_BYTES, FRAME_COST, LANE_WINDOW, LANES, type Lane } from '../protocol/wire.js'
import { malformed } from './shape.js'

const ENDS = 0x80
const CREDIT = 2

interface Outgoing {
  readonly bytes: Uint8Array
  offset: number
  readonly sent: () => void
}

/** What a side sends: cut into plaintexts, as the other has room for them. */
export class Outbox {
  private readonly queues: Record<Lane, Outgoing[]> = { control: [], bulk: [] }
  private readonly credit: Record<Lane, number> = { ...LANE_WINDOW }
  private readonly grants: Uint8Array[] = []
  private total = 0

  /** Bytes that wait on both lanes. */
  get bytes(): number {
    return this.total
  }

  /** Whether something waits on a lane. */
  isWaiting(lane: Lane): boolean {
    return this.queues[lane].length > 0
  }

  /** Bytes that wait on a lane. */
  waiting(lane: Lane): number {
    return this.queues[lane].reduce((sum, { bytes, offset }) => sum + bytes.length - offset, 0)
  }

  /** @returns resolves when all of it has been taken by `next` */
  add(bytes: Uint8Array, lane: Lane): Promise<void> {
    this.total += bytes.length
    return new Promise((sent) => this.queues[lane].push({ bytes, offset: 0, sent }))
  }

  /** Nothing of it will be taken any more. */
  end(): void {
    this.total = 0
    for (const lane of LANES) for (const { sent } of this.queues[lane].splice(0)) sent()
  }

  granted(lane: Lane, bytes: number): void {
    // Who gives more than it took would have this side send as if nobody had to keep it.
    this.credit[lane] = Math.min(
      // defence: credit-of-a-window
      LANE_WINDOW[lane],
      this.credit[lane] + bytes,
    )
  }

  /** The other side may send so many more. */
  grant(lane: Lane, bytes: number): void {
    const plain = new Uint8Array(6)
    plain.set([CREDIT, LANES.indexOf(lane)])
    new DataView(plain.buffer).setUint32(2, bytes)
    this.grants.push(plain)
  }

  /** The next plaintext, if there is one that may be sent now. */
  next(): Uint8Array | undefined {
    const grant = this.grants.shift()
    if (grant) return grant
    for (const lane of LANES) {
      const [first] = this.queues[lane]
      if (!first || this.credit[lane] <= FRAME_COST) continue
      const most = Math.min(CHUNK_BYTES, this.credit[lane] - FRAME_COST)
      const part = first.bytes.subarray(first.offset, first.offset + most)
      first.offset += part.length
      this.total -= part.length
      this.credit[lane] -= part.length + FRAME_COST
      const ends = first.offset === first.bytes.length
      const plain = new Uint8Array(1 + part.length)
      plain[0] = LANES.indexOf(lane) | (ends ? ENDS : 0)
      plain.set(part, 1)
      if (ends) {
        this.queues[lane].shift()
        first.sent()
      }
      return plain
    }
    return undefined
  }
}

/** What comes of it on the other side. */
export type Incoming =
  /** `cost`: what it takes of the window until it is worked through. */
  | { readonly t: 'message'; readonly lane: Lane; readonly bytes: Uint8Array; readonly cost: number }
  | { readonly t: 'credit'; readonly lane: Lane; readonly bytes: number }
  | { readonly t: 'more' }

/** What a side receives: put together again, and no more kept than was granted. */
export class Inbox {
  private readonly parts: Record<Lane, Uint8Array[]> = { control: [], bulk: [] }
  /** Received, and not worked through. */
  private readonly held: Record<Lane, number> = { control: 0, bulk: 0 }
  /** Worked through, and not granted again. */
  private readonly done: Record<Lane, number> = { control: 0, bulk: 0 }
  /** Of messages that have not ended. */
  private begun = 0

  /** What is kept, in bytes. */
  get bytes(): number {
    return this.held.control + this.held.bulk
  }

  /** What of it belongs to messages that have not come to their end. */
  get unfinished(): number {
    return this.begun
  }

  /** @throws HearthError `mesh/malformed` */
  take(plain: Uint8Array): Incoming {
    const [kind] = plain
    if (kind === undefined) malformed('an empty frame')
    if (kind === CREDIT) {
      const lane = plain.length === 6 ? LANES[plain[1]!] : undefined
      if (!lane) malformed('a credit')
      return { t: 'credit', lane, bytes: new DataView(plain.buffer, plain.byteOffset).getUint32(2) }
    }
    const lane = LANES[kind & ~ENDS]
    if (!lane) malformed('a lane')
    const part = plain.subarray(1)
    this.held[lane] += part.length
    // Of a message that never ends, nothing but frames would come.
    // defence: frames-cost
    this.held[lane] += FRAME_COST
    // defence: lane-window
    if (this.held[lane] > LANE_WINDOW[lane]) malformed('more than was granted')
    this.parts[lane].push(part)
    this.begun += part.length + FRAME_COST
    if ((kind & ENDS) === 0) return { t: 'more' }
    const parts = this.parts[lane].splice(0)
    const bytes = joined(parts)
    const cost = bytes.length + parts.length * FRAME_COST
    this.begun -= cost
    return { t: 'message', lane, bytes, cost }
  }

  /** A message was worked through. @returns bytes to grant again; 0 while they are few */
  worked(lane: Lane, cost: number): number {
    this.held[lane] -= cost
    this.done[lane] += cost
    if (this.done[lane] < LANE_WINDOW[lane] / 4) return 0
    const grant = this.done[lane]
    this.done[lane] = 0
    return grant
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

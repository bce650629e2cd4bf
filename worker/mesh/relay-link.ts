/** A way to another device through a KUBE, which keeps no more than a window of what is on its way. */
import { RELAY_WINDOW } from '../protocol/signal.js'
import { FRAME_COST } from '../protocol/wire.js'
import { MAX_EARLY, silent, type Link } from './link.js'

/** The last frame, which no session's is: the other side need not wait in vain. Whoever relays could as well keep everything back. */
const CLOSING = Uint8Array.of(0)

export interface RelayLinkEnds {
  send(frame: Uint8Array): void
  closed(): void
}

/** What a KUBE still takes for one peer at a topic: it knows nothing of links, and counts what is on its way from one that has ended. */
export class Window {
  room = RELAY_WINDOW

  /** What a KUBE gives back beyond what was sent is worth nothing. */
  credit(bytes: number): void {
    this.room = Math.min(RELAY_WINDOW, this.room + bytes)
  }
}

export class RelayLink implements Link {
  readonly kind = 'relayed'
  onRoom = silent
  onClosed = silent
  isOpen = true
  private run: ((frame: Uint8Array) => void) | undefined
  /** What came before anybody was there to take it. */
  private readonly early: Uint8Array[] = []
  private earlyBytes = 0

  constructor(
    private readonly window: Window,
    private readonly ends: RelayLinkEnds,
  ) {}

  get room(): number {
    return this.window.room
  }

  /** What the window has no room for is lost: whoever sends more would be hung up on, with all that goes on there. */
  send(frame: Uint8Array): void {
    if (!this.isOpen || this.room < frame.length) return
    this.window.room -= frame.length
    this.ends.send(frame)
  }

  take(frame: Uint8Array): void {
    if (frame.length === 1) this.cut()
    else if (this.run) this.run(frame)
    else this.keep(frame)
  }

  private keep(frame: Uint8Array): void {
    this.earlyBytes += frame.length + FRAME_COST
    // defence: early-frames
    if (this.earlyBytes > MAX_EARLY) return this.close()
    this.early.push(frame)
  }

  set onFrame(run: (frame: Uint8Array) => void) {
    this.run = run
    for (const frame of this.early.splice(0)) run(frame)
  }

  close(): void {
    this.send(CLOSING)
    this.cut()
  }

  /** The other end is not there any more, or the KUBE is not. */
  cut(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.ends.closed()
    this.onClosed()
  }
}

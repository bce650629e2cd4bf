/** A way to another device that no server is part of: a tab of this one holds the channel, and sees only ciphertext. */
import { HOST_WINDOW, type FromHost, type ToHost } from '../../protocol/hosting.js'
import { FRAME_COST, MAX_DIRECT_SIGNAL, MAX_DIRECT_SIGNALS } from '../../protocol/wire.js'
import { MAX_EARLY, silent, type Link } from '../link.js'
import type { Hosted } from '../platform.js'

export class DirectLink implements Link {
  readonly kind = 'direct'
  onRoom = silent
  onClosed = silent
  /** The tab's browser has something to tell the other side's. */
  onSignal: (text: string) => void = silent
  /** There is a better tab for it. */
  onBetter: () => void = silent
  /** The channel is there. */
  onOpened = silent
  isOpen = true
  /** It ends because the other side says so, or because it is not needed any more. */
  isNotAtFault = false
  room = 0
  private isConnected = false
  private run: ((frame: Uint8Array) => void) | undefined
  /** What came before anybody was there to take it. */
  private readonly early: Uint8Array[] = []
  private earlyBytes = 0
  private readonly signals = { said: 0, heard: 0 }

  get host(): string {
    return this.hosted.tab
  }

  constructor(private readonly hosted: Hosted) {
    hosted.onGone = () => this.cut()
    hosted.onBetter = () => this.onBetter()
    hosted.port.onmessage = ({ data }) => {
      if (this.isOpen && !this.hear(data)) this.close()
    }
  }

  set onFrame(run: (frame: Uint8Array) => void) {
    this.run = run
    for (const frame of this.early.splice(0)) run(frame)
  }

  /** What there is no room for is lost, and with it the session. */
  send(frame: Uint8Array): void {
    if (!this.isOpen || this.room < frame.length) return
    this.room -= frame.length
    const { buffer } = frame.slice()
    this.say(['frame', buffer], [buffer])
  }

  /** What the other side's browser says. */
  signal(text: string): void {
    if (!this.isOpen) return
    // Each is work for the tab.
    if (++this.signals.heard > MAX_DIRECT_SIGNALS) return this.close()
    this.say(['signal', text])
  }

  close(): void {
    if (!this.isOpen) return
    this.say(['close'])
    this.cut(!this.isNotAtFault)
  }

  private say(message: ToHost, transfer: ArrayBuffer[] = []): void {
    this.hosted.port.postMessage(message, transfer)
  }

  /** @returns whether it is something that a tab says */
  private hear(data: unknown): boolean {
    if (!Array.isArray(data)) return false
    const [t, what] = data as unknown as FromHost
    if (t === 'open') this.open()
    else if (t === 'frame' && what instanceof ArrayBuffer) this.take(new Uint8Array(what))
    else if (t === 'credit' && typeof what === 'number' && what > 0) this.credit(what)
    else if (t === 'signal' && typeof what === 'string' && what.length <= MAX_DIRECT_SIGNAL)
      return this.pass(what)
    else if (t === 'close') this.cut()
    else return false
    return true
  }

  private open(): void {
    if (this.isConnected) return
    this.isConnected = true
    this.room = HOST_WINDOW
    this.onOpened()
  }

  private take(frame: Uint8Array): void {
    this.say(['credit', frame.length])
    if (this.run) return this.run(frame)
    this.earlyBytes += frame.length + FRAME_COST
    // defence: early-frames
    if (this.earlyBytes > MAX_EARLY) return this.close()
    this.early.push(frame)
  }

  private credit(bytes: number): void {
    if (!this.isConnected) return
    this.room = Math.min(HOST_WINDOW, this.room + bytes)
    this.onRoom()
  }

  private pass(text: string): boolean {
    if (++this.signals.said > MAX_DIRECT_SIGNALS) return false
    this.onSignal(text)
    return true
  }

  /** The tab, or the channel in it, is not there any more. */
  private cut(hasHung = false): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.hosted.release(hasHung)
    this.onClosed()
  }
}

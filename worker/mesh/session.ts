/**
 * A session with one device: what was agreed in the handshake, and messages on lanes. It ends with its link, when the other side says
 * nothing any more, or when it says what nobody may.
 */
import { HearthError, toHearthError } from '../protocol/errors.js'
import { CHUNK_BYTES, FRAME_COST, LIVENESS, type Lane, type Message } from '../protocol/wire.js'
import { Inbox, Outbox, type Incoming } from './lanes.js'
import { silent, type Link } from './link.js'
import type { Opening, Sealing } from './noise/transport.js'
import type { MeshPlatform } from './platform.js'
import { RoundTrip } from './round-trip.js'
import { decodeWire, encodeWire } from './wire-codec.js'

/** Of a Noise message, what is not plaintext, and the byte before the plaintext's own. */
const OVERHEAD = 17
/** Frames that are being opened, at most, in bytes: more than both lanes have room for. Whoever relays may send without end. */
const MAX_UNOPENED = 16 << 20

/** The last words have so long to leave, in milliseconds. */
const PART_MS = 2_000

/** What a handshake has agreed. */
export interface Agreed {
  /** The other side's static X25519 key. */
  readonly theirs: Uint8Array
  /** Of all that was said until then: the same on both sides, and nowhere else. */
  readonly hash: Uint8Array
  readonly send: Sealing
  readonly receive: Opening
  /** Frames that came after it, and before anybody was there to take them. */
  readonly early: Uint8Array[]
}

export class Session {
  onClosed: (why: HearthError) => void = silent
  /** How many bytes this side keeps of what has come and of what is to go; and how many of these are of messages that have not ended. */
  onKept: (bytes: number, unfinished: number) => void = silent
  readonly roundTrip: RoundTrip
  isOpen = true
  private listener: ((message: Message) => Promise<void> | void) | undefined
  /** What came before anybody listened. */
  private readonly unheard: (readonly [Message, grant: () => void])[] = []
  private readonly outbox = new Outbox()
  private readonly inbox = new Inbox()
  /** Sealed frames go in order, and so do opened ones. */
  private sending: Promise<void> = Promise.resolve()
  private receiving: Promise<void> = Promise.resolve()
  /** Plaintexts that are being sealed, in bytes as they will be. */
  private underway = 0
  /** Frames that are being opened, in bytes. */
  private unopened = 0
  private heardAt: number
  private saidAt: number
  private cancelBeat: () => void = silent

  constructor(
    private readonly platform: Pick<MeshPlatform, 'now' | 'later'>,
    private readonly link: Link,
    readonly agreed: Agreed,
  ) {
    this.heardAt = this.saidAt = platform.now()
    this.roundTrip = new RoundTrip(() => platform.now())
    link.onFrame = (frame) => this.take(frame)
    link.onRoom = () => {
      this.pump()
      this.count()
    }
    link.onClosed = () => this.end(new HearthError('mesh/closed'))
    this.beat()
    for (const frame of agreed.early.splice(0)) this.take(frame)
    if (!link.isOpen) platform.later(() => this.end(new HearthError('mesh/closed')), 0)
  }

  get kind(): Link['kind'] {
    return this.link.kind
  }

  /** The tab in which it is, of a direct one. */
  get host(): string | undefined {
    return this.link.host
  }

  /** What comes; that it is worked through is what makes room for more. */
  listen(run: (message: Message) => Promise<void> | void): void {
    this.listener = run
    for (const [message, grant] of this.unheard.splice(0)) this.tell(message, grant)
  }

  /** Bytes that wait to be sent and are not bulk. */
  get waiting(): number {
    return this.outbox.waiting('control')
  }

  /** @returns resolves when it is on its way; also when it never will be, for the session has ended */
  send(message: Message, lane: Lane = 'control'): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    const sent = this.outbox.add(encodeWire(message), lane)
    this.pump()
    this.count()
    return sent
  }

  /** Says that this device is here. */
  ping(): void {
    void this.send(['ping', this.roundTrip.ask()])
  }

  /** Resolves when the other side has said something in this session, whatever it is. @throws HearthError `mesh/…`: it has ended */
  async spoken(): Promise<void> {
    await Promise.race([this.heard, this.ended])
    if (!this.isOpen) throw new HearthError('mesh/closed')
  }

  /** It ends unless something comes within `ms` milliseconds. */
  doubt(ms: number): void {
    const since = this.platform.now()
    this.platform.later(() => {
      if (this.heardAt < since) this.end(new HearthError('mesh/timeout', { ms }))
    }, ms)
  }

  close(): void {
    this.end(new HearthError('mesh/closed'))
  }

  /** Says this, and ends; also if the other side takes nothing. @returns resolves when it has ended */
  async part(last: Message): Promise<void> {
    const cancel = this.platform.later(() => this.close(), PART_MS)
    await this.send(last)
    await this.sending
    cancel()
    this.close()
  }

  private resolveHeard: () => void = silent
  private readonly heard = new Promise<void>((resolve) => (this.resolveHeard = resolve))

  private resolveEnded: () => void = silent
  private readonly ended = new Promise<void>((resolve) => (this.resolveEnded = resolve))

  private pump(): void {
    while (this.isOpen && this.link.room - this.underway > CHUNK_BYTES + OVERHEAD) {
      const plain = this.outbox.next()
      if (!plain) return
      const size = plain.length + OVERHEAD - 1
      this.underway += size
      this.saidAt = this.platform.now()
      const sealing = this.agreed.send.seal(plain)
      this.sending = this.sending
        .then(async () => {
          const frame = await sealing
          this.underway -= size
          if (this.isOpen) this.link.send(frame)
        })
        .catch((e: unknown) => this.end(toHearthError(e, 'mesh/closed')))
    }
  }

  private take(frame: Uint8Array): void {
    if (!this.isOpen) return
    const cost = frame.length + FRAME_COST
    this.unopened += cost
    // defence: unopened-frames
    if (this.unopened > MAX_UNOPENED)
      return this.end(new HearthError('mesh/malformed', { reason: 'a flood' }))
    const opening = this.agreed.receive.open(frame)
    this.receiving = this.receiving
      .then(async () => {
        const plain = await opening
        this.unopened -= cost
        if (!this.isOpen) return
        this.heardAt = this.platform.now()
        this.resolveHeard()
        const incoming = this.inbox.take(plain)
        if (incoming.t === 'credit') {
          this.outbox.granted(incoming.lane, incoming.bytes)
          this.pump()
        } else if (incoming.t === 'message') this.work(incoming)
        this.count()
      })
      .catch((e: unknown) => this.end(toHearthError(e, 'mesh/malformed')))
  }

  private work({ lane, bytes, cost }: Extract<Incoming, { t: 'message' }>): void {
    const message = decodeWire(bytes, lane)
    const grant = () => {
      const more = this.inbox.worked(lane, cost)
      this.count()
      if (more === 0 || !this.isOpen) return
      this.outbox.grant(lane, more)
      this.pump()
    }
    if (message[0] === 'ping') {
      grant()
      this.answer(message[1])
    } else if (message[0] === 'pong') {
      grant()
      this.roundTrip.answered(message[1])
    } else if (this.listener) this.tell(message, grant)
    else this.unheard.push([message, grant])
  }

  private tell(message: Message, grant: () => void): void {
    const worked = this.listener!(message)
    if (!worked) return grant()
    worked.then(grant, (e: unknown) => this.end(toHearthError(e, 'mesh/malformed')))
  }

  private count(): void {
    if (this.isOpen) this.onKept(this.unopened + this.inbox.bytes + this.outbox.bytes, this.inbox.unfinished)
  }

  private answer(ping: number): void {
    // Of somebody who asks and does not take answers, they would pile up.
    // defence: one-pong-at-a-time
    if (this.outbox.isWaiting('control')) return
    void this.send(['pong', ping])
  }

  private beat(): void {
    const { pingMs, silenceMs } = LIVENESS[this.kind]
    const begun = this.platform.now()
    this.cancelBeat = this.platform.later(() => {
      const now = this.platform.now()
      // What has come while this device stood still waits to be heard.
      const isLate = now - begun > silenceMs / 2
      if (now - this.heardAt > silenceMs && !(isLate && this.kind === 'direct'))
        return this.end(new HearthError('mesh/timeout', { ms: silenceMs }))
      const isDue = now - this.saidAt >= pingMs || this.roundTrip.isDue
      // To somebody who grants nothing, they would pile up.
      if (isDue && !this.outbox.isWaiting('control')) this.ping()
      this.beat()
    }, pingMs / 2)
  }

  private end(why: HearthError): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.cancelBeat()
    this.outbox.end()
    this.resolveEnded()
    this.link.close()
    this.onClosed(why)
  }
}

/**
 * This device at one KUBE: a WebSocket that comes back by itself, the topics at which it is there, who else is, and ways to them
 * through the KUBE. Nothing that a KUBE says is believed beyond that: who somebody is, a session tells.
 */
import { HearthError, toHearthError } from '../protocol/errors.js'
import { toBase64Url } from '../protocol/ids.js'
import {
  HELLO_MS,
  MAX_PEERS,
  OLDEST_SIGNAL_VERSION,
  PEER_BYTES,
  QUIET_MS,
  SIGNAL_VERSION,
  type FromDevice,
  type FromKube,
} from '../protocol/signal.js'
import { makeHint } from './hint.js'
import { IceOffers } from './ice.js'
import type { Link } from './link.js'
import type { Identity, Meeting, MeshPlatform, Socket } from './platform.js'
import { RelayLink, Window } from './relay-link.js'
import { decodeFromKube, encodeFromDevice } from './signal-codec.js'

/** The first wait before it connects again, and the longest, in milliseconds; each is half chance. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** A topic that was full is tried again after this time, in milliseconds. */
const FULL_MS = 30_000
/** Bytes that a KUBE has not taken, at most: more than windows of a hundred peers. */
const MAX_WAITING = 64 << 20
/** A socket that has not opened by then is given up, in milliseconds. */
const OPEN_MS = 10_000
/** One that may hang is given up when nothing has come for so long after that was asked, in milliseconds. */
const PROBE_MS = 5_000

/** Somebody else at a topic. */
export interface Other {
  readonly kube: Kube
  readonly meeting: Meeting
  /** This device, as it calls itself there. */
  readonly self: Uint8Array
  readonly peer: Uint8Array
  readonly hint: Uint8Array
  /** Milliseconds since 1970. */
  readonly came: number
}

export interface KubeEvents {
  /** Whether it is connected may be otherwise now. */
  changed(): void
  came(other: Other): void
  left(other: Other): void
  /** Somebody sent the first frame. */
  called(other: Other, link: Link): void
}

/** A topic at which this device is. */
interface Place {
  readonly meeting: Meeting
  readonly self: Uint8Array
  readonly others: Map<string, Other>
  readonly links: Map<string, RelayLink>
  readonly windows: Map<string, Window>
}

export class Kube {
  /** Welcomed. */
  isOpen = false
  /** Why it is not, if that was said. */
  refusal: HearthError | undefined
  /** Why this device may not go everywhere there, if it may not. */
  limit: HearthError | undefined
  private socket: Socket | undefined
  private readonly places = new Map<string, Place>()
  /** Of these, where it is to be: elsewhere it only ends what is under way. */
  private wanted: ReadonlyMap<string, Meeting> = new Map()
  private attempts = 0
  /** Over how long a time the devices of a KUBE that has ended come back, in milliseconds. */
  private spreadMs = 0
  private cancelWait: (() => void) | undefined
  private cancelBeat: (() => void) | undefined
  private cancelProbe: (() => void) | undefined
  private heardAt = 0
  /** That is spoken with it. */
  private version = SIGNAL_VERSION
  private stopped = false
  /** Servers that it offers. */
  readonly ice: IceOffers

  constructor(
    private readonly platform: MeshPlatform,
    private readonly identity: Identity,
    /** Of its signal endpoint: ws: or wss:. */
    readonly url: string,
    private readonly events: KubeEvents,
  ) {
    this.ice = new IceOffers(platform, () => {
      if (this.isOpen) this.say(['ice'])
    })
  }

  /** Somebody waits for it, or the network is another one: connects, if it waits to, and sees whether the connection that there is hangs. */
  wake(): void {
    this.attempts = 0
    if (this.stopped) return
    if (this.socket) return this.probe()
    this.cancelWait?.()
    this.connect()
  }

  /** A socket of a network that is gone can be open for long, and nothing comes of it. */
  private probe(): void {
    if (this.cancelProbe) return
    if (this.isOpen) this.say(['ping'])
    this.cancelProbe = this.platform.later(() => {
      this.cut()
      this.wake()
    }, PROBE_MS)
  }

  /** The connection says something, or is gone. */
  private endProbe(): void {
    this.cancelProbe?.()
    this.cancelProbe = undefined
  }

  /** The connection is of no more use. */
  cut(): void {
    this.socket?.close()
    this.gone()
  }

  stop(): void {
    this.stopped = true
    this.cancelWait?.()
    this.cut()
  }

  /** From now on this device is where these meet, and nowhere else; but it stays where a link goes through, for as long as that does. */
  attend(meetings: readonly Meeting[]): void {
    this.wanted = new Map(meetings.map((meeting) => [toBase64Url(meeting.topic), meeting]))
    for (const key of this.places.keys()) this.leave(key)
    for (const [key, meeting] of this.wanted)
      if (!this.places.has(key)) {
        const place = this.placeAt(meeting)
        this.places.set(key, place)
        if (this.isOpen) void this.announce(place)
      }
  }

  /** Unless it is wanted, or used. */
  private leave(key: string): void {
    const place = this.places.get(key)
    if (!place || this.wanted.has(key) || place.links.size > 0) return
    this.places.delete(key)
    this.empty(place)
    if (this.isOpen) this.say(['withdraw', place.meeting.topic])
  }

  /** Everybody who is there now. */
  get others(): Other[] {
    const places = [...this.places].filter(([key]) => this.wanted.has(key))
    return places.flatMap(([, { others }]) => [...others.values()])
  }

  /** Of one topic. @param topic as base64url */
  at(topic: string): Iterable<Other> {
    return (this.wanted.has(topic) && this.places.get(topic)?.others.values()) || []
  }

  /** A way to somebody who is there; one that is closed if they are not. */
  link({ meeting, peer }: Other): Link {
    const place = this.places.get(toBase64Url(meeting.topic))
    const link = this.linkAt(peer, meeting, place)
    if (!place || !this.isOpen) this.platform.later(() => link.cut(), 0)
    return link
  }

  private linkAt(peer: Uint8Array, { topic }: Meeting, place: Place | undefined): RelayLink {
    const key = toBase64Url(peer)
    const known = place?.links.get(key)
    if (known) return known
    let window = place?.windows.get(key)
    if (!window) place?.windows.set(key, (window = new Window()))
    const link = new RelayLink(window ?? new Window(), {
      send: (frame) => {
        // Before it is welcome, a KUBE takes nothing of it.
        if (this.isOpen) this.say(['send', topic, peer, frame])
      },
      closed: () => {
        if (place?.links.get(key) !== link) return
        place.links.delete(key)
        this.leave(toBase64Url(topic))
      },
    })
    place?.links.set(key, link)
    return link
  }

  private placeAt(meeting: Meeting): Place {
    const self = this.platform.random(PEER_BYTES)
    return { meeting, self, others: new Map(), links: new Map(), windows: new Map() }
  }

  private async announce(place: Place): Promise<void> {
    const { meeting, self } = place
    const hint = meeting.isSeeking
      ? new Uint8Array()
      : await makeHint(this.platform, meeting.secret, self, this.identity.device)
    const isThere = this.places.get(toBase64Url(meeting.topic)) === place
    if (this.isOpen && isThere) this.say(['announce', meeting.topic, self, hint])
  }

  private connect(): void {
    this.refusal = undefined
    this.limit = undefined
    const isCurrent = () => this.socket === socket
    const socket = this.platform.socket(`${this.url}?v=${SIGNAL_VERSION}`, {
      opened: () => undefined,
      message: (bytes) => {
        if (!isCurrent()) return
        try {
          if (!bytes) throw new HearthError('mesh/malformed', { reason: 'text' })
          this.heardAt = this.platform.now()
          this.endProbe()
          this.take(decodeFromKube(bytes))
        } catch (e) {
          this.refusal = toHearthError(e, 'mesh/malformed')
          this.cut()
        }
      },
      closed: () => {
        if (isCurrent()) this.gone()
      },
    })
    this.socket = socket
    this.heardAt = this.platform.now()
    this.platform.later(() => {
      if (isCurrent() && !this.isOpen) this.cut()
    }, OPEN_MS + HELLO_MS)
  }

  private say(message: FromDevice): void {
    const { socket } = this
    if (!socket) return
    socket.send(encodeFromDevice(message))
    // It takes nothing any more, and has this device keep what it says.
    // defence: stuck-kubes-are-left
    if (socket.waiting > MAX_WAITING) {
      socket.close()
      this.gone()
    }
  }

  private take(message: FromKube): void {
    switch (message[0]) {
      case 'challenge':
        return void this.answer(message[1], message[2])
      case 'welcome':
        return this.welcomed()
      case 'limited':
        this.limit = new HearthError('mesh/limited', { reason: message[2] })
        return this.events.changed()
      case 'refused':
        throw new HearthError('mesh/refused', { reason: message[2] })
      case 'pong':
        return
      case 'ends':
        this.spreadMs = Math.min(message[1], LONGEST_WAIT_MS)
        return
      case 'ice':
        return this.ice.take(message[1], message[2])
    }
    const place = this.places.get(toBase64Url(message[1]))
    if (!place) return
    switch (message[0]) {
      case 'here':
        for (const [peer, hint] of message[2]) this.came(place, peer, hint)
        return
      case 'came':
        return this.came(place, message[2], message[3])
      case 'left':
        return this.left(place, toBase64Url(message[2]))
      case 'credit':
        return this.credit(place, toBase64Url(message[2]), message[3])
      case 'full':
        return void this.platform.later(() => void this.announce(place), FULL_MS)
      case 'from':
        return this.deliver(place, message[2], message[3])
    }
  }

  private async answer(version: number, nonce: Uint8Array): Promise<void> {
    const { socket } = this
    try {
      if (version < OLDEST_SIGNAL_VERSION || version > SIGNAL_VERSION)
        throw new HearthError('mesh/version', { theirs: version, ours: SIGNAL_VERSION })
      this.version = version
      const key = await this.identity.kubeKey(this.url)
      const signature = await key.sign(nonce)
      if (!socket || this.socket !== socket) return
      if (key.pass && version >= 3) this.say(['pass', key.pass])
      this.say(['hello', version, key.publicKey, signature])
    } catch (e) {
      if (this.socket !== socket) return
      this.refusal = toHearthError(e, 'mesh/handshake')
      this.cut()
    }
  }

  private welcomed(): void {
    if (this.isOpen) return
    this.isOpen = true
    this.attempts = 0
    // First, so that it is there for the first link.
    if (this.version > 1) this.say(['ice'])
    for (const key of this.places.keys()) this.leave(key)
    for (const [key, { meeting }] of this.places) {
      const place = this.placeAt(meeting)
      this.places.set(key, place)
      void this.announce(place)
    }
    this.beat()
    this.events.changed()
  }

  /** Says something now and then, and gives up on a KUBE that does not answer. */
  private beat(): void {
    this.cancelBeat?.()
    this.cancelBeat = this.platform.later(() => {
      if (!this.isOpen) return
      if (this.platform.now() - this.heardAt > 2 * QUIET_MS) return this.cut()
      this.say(['ping'])
      this.beat()
    }, QUIET_MS * 0.8)
  }

  private came(place: Place, peer: Uint8Array, hint: Uint8Array): void {
    const other = {
      kube: this,
      meeting: place.meeting,
      self: place.self,
      peer,
      hint,
      came: this.platform.now(),
    }
    const key = toBase64Url(peer)
    // defence: others-of-a-topic
    if (place.others.size >= MAX_PEERS && !place.others.has(key)) return
    // Who says so once more is the last again.
    place.others.delete(key)
    place.others.set(key, other)
    if (this.wanted.has(toBase64Url(place.meeting.topic))) this.events.came(other)
  }

  private credit(place: Place, peer: string, bytes: number): void {
    place.windows.get(peer)?.credit(bytes)
    place.links.get(peer)?.onRoom()
  }

  private left(place: Place, peer: string): void {
    const other = place.others.get(peer)
    place.others.delete(peer)
    place.links.get(peer)?.cut()
    place.windows.delete(peer)
    if (other) this.events.left(other)
  }

  private deliver(place: Place, peer: Uint8Array, frame: Uint8Array): void {
    const key = toBase64Url(peer)
    let link = place.links.get(key)
    const other = place.others.get(key)
    if (!link) {
      if (!this.wanted.has(toBase64Url(place.meeting.topic))) return
      // The last words of a link that is closed here, too, are of no link.
      if (!other || frame.length === 1) return
      link = this.linkAt(peer, place.meeting, place)
      this.events.called(other, link)
    }
    link.take(frame)
  }

  private empty(place: Place): void {
    for (const peer of [...place.links.keys()]) place.links.get(peer)!.cut()
    for (const peer of [...place.others.keys()]) this.left(place, peer)
  }

  private gone(): void {
    if (!this.socket) return
    this.socket = undefined
    this.isOpen = false
    this.cancelBeat?.()
    this.ice.end()
    this.endProbe()
    for (const place of this.places.values()) this.empty(place)
    this.events.changed()
    if (this.stopped) return
    const most = Math.min(FIRST_WAIT_MS * 2 ** this.attempts++, LONGEST_WAIT_MS)
    const spread = (this.spreadMs * this.chance()) | 0
    this.spreadMs = 0
    const wait = most / 2 + (most / 2) * this.chance() + spread
    this.cancelWait = this.platform.later(() => this.connect(), wait)
  }

  /** From 0 to 1. */
  private chance(): number {
    const [high, low] = this.platform.random(2)
    return (high! * 256 + low!) / 65_535
  }
}

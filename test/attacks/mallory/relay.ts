/** A KUBE that Mallory runs: it keeps to the protocol, writes down all that it is told, and does with frames what it likes. */
import { toBase64Url } from '../../../worker/protocol/ids.js'
import {
  SIGNAL_VERSION,
  type FromDevice,
  type FromKube,
  type IceOffer,
} from '../../../worker/protocol/signal.js'
import type { Link } from '../../../worker/mesh/link.js'
import type { Socket, SocketEvents } from '../../../worker/mesh/platform.js'
import { RelayLink, Window } from '../../../worker/mesh/relay-link.js'
import { decodeFromDevice, decodeFromKube, encodeFromKube } from '../../../worker/mesh/signal-codec.js'

/** One device's WebSocket. */
export interface Wire {
  /** Of the KUBE, as the device knows it. */
  readonly url: string
  readonly events: SocketEvents
  /** Topics at which it is, and its ids there. */
  readonly places: Map<string, { readonly topic: Uint8Array; readonly peer: Uint8Array; hint: Uint8Array }>
  isOpen: boolean
}

export interface Frame {
  readonly from: Wire
  readonly to: Wire
  readonly topic: Uint8Array
  /** Of whoever sends, and whoever is to get it. */
  readonly peer: Uint8Array
  readonly target: Uint8Array
  readonly bytes: Uint8Array
}

export class Relay {
  readonly wires: Wire[] = []
  /** Every message of every device, as it came. */
  readonly heard: Uint8Array[] = []
  readonly frames: Frame[] = []
  /** What a peer gets of a frame. */
  hand: (frame: Frame) => readonly Uint8Array[] = ({ bytes }) => [bytes]
  /** STUN and TURN servers that a device is told of, by the address at which it came. */
  ice: (url: string) => readonly IceOffer[] = () => []
  /** Bytes that every device is said to have waiting. */
  waiting = 0

  socket = (url: string, events: SocketEvents): Socket => {
    const wire: Wire = { url, events, places: new Map(), isOpen: true }
    this.wires.push(wire)
    setImmediate(() => this.tell(wire, ['challenge', SIGNAL_VERSION, new Uint8Array(32)]))
    const waiting = () => this.waiting
    return {
      get waiting() {
        return waiting()
      },
      send: (bytes) => {
        if (!wire.isOpen) return
        this.heard.push(bytes)
        setImmediate(() => wire.isOpen && this.take(wire, decodeFromDevice(bytes)))
      },
      close: () => this.hangUp(wire),
    }
  }

  hangUp(wire: Wire): void {
    if (!wire.isOpen) return
    wire.isOpen = false
    this.wires.splice(this.wires.indexOf(wire), 1)
    for (const key of [...wire.places.keys()]) this.withdraw(wire, key)
    setImmediate(() => wire.events.closed())
  }

  tell(wire: Wire, message: FromKube): void {
    if (wire.isOpen) wire.events.message(encodeFromKube(message))
  }

  /** Somebody who is at a topic under this id, whatever it takes. */
  at(topic: Uint8Array, peer: Uint8Array): Wire | undefined {
    return this.wires.find(({ places }) => {
      const place = places.get(toBase64Url(topic))
      return place && toBase64Url(place.peer) === toBase64Url(peer)
    })
  }

  /** Mallory comes to a topic in person. */
  enter(topic: Uint8Array, hint: Uint8Array = new Uint8Array(), peer?: Uint8Array): Stranger {
    return new Stranger(this, topic, hint, peer)
  }

  private take(wire: Wire, message: FromDevice): void {
    switch (message[0]) {
      case 'hello':
        return this.tell(wire, ['welcome'])
      case 'ice':
        return this.tell(wire, ['ice', 3600, this.ice(wire.url)])
      case 'ping':
        return this.tell(wire, ['pong'])
      case 'withdraw':
        return this.withdraw(wire, toBase64Url(message[1]))
      case 'announce':
        return this.announce(wire, message[1], message[2], message[3])
      case 'send':
        return this.send(wire, message[1], message[2], message[3])
    }
  }

  announce(wire: Wire, topic: Uint8Array, peer: Uint8Array, hint: Uint8Array): void {
    const key = toBase64Url(topic)
    wire.places.set(key, { topic, peer, hint })
    const others = this.wires.filter((one) => one !== wire && one.places.has(key))
    const here = others.map(({ places }) => places.get(key)!)
    this.tell(wire, ['here', topic, here.map((one) => [one.peer, one.hint] as const)])
    for (const other of others) this.tell(other, ['came', topic, peer, hint])
  }

  private withdraw(wire: Wire, key: string): void {
    const place = wire.places.get(key)
    wire.places.delete(key)
    if (!place) return
    for (const other of this.wires)
      if (other.places.has(key)) this.tell(other, ['left', place.topic, place.peer])
  }

  send(wire: Wire, topic: Uint8Array, target: Uint8Array, bytes: Uint8Array): void {
    const place = wire.places.get(toBase64Url(topic))
    const to = this.at(topic, target)
    if (!place || !to) return this.tell(wire, ['left', topic, target])
    const frame = { from: wire, to, topic, peer: place.peer, target, bytes }
    this.frames.push(frame)
    for (const one of this.hand(frame)) this.tell(to, ['from', topic, place.peer, one])
    this.tell(wire, ['credit', topic, target, bytes.length])
  }
}

/** Mallory at a topic, as one of those who are there. */
export class Stranger {
  readonly wire: Wire
  private readonly links = new Map<string, RelayLink>()
  /** Somebody has sent the first frame. */
  onCalled: (link: Link) => void = () => undefined

  constructor(
    private readonly relay: Relay,
    readonly topic: Uint8Array,
    hint: Uint8Array,
    /** So that it may be called by hints that belong to it. */
    readonly peer = crypto.getRandomValues(new Uint8Array(16)) as Uint8Array,
  ) {
    this.wire = {
      url: '',
      isOpen: true,
      places: new Map(),
      events: { opened: () => undefined, closed: () => undefined, message: () => undefined },
    }
    relay.wires.push(this.wire)
    const { wire } = this
    Object.assign(wire.events, { message: (bytes: Uint8Array) => this.hear(bytes) })
    relay.announce(wire, topic, this.peer, hint)
  }

  /** With a hint that is made for its id. */
  say(hint: Uint8Array): void {
    this.relay.announce(this.wire, this.topic, this.peer, hint)
  }

  others(): Uint8Array[] {
    const key = toBase64Url(this.topic)
    return this.relay.wires
      .filter((one) => one !== this.wire)
      .flatMap(({ places }) => places.get(key)?.peer ?? [])
  }

  /** A way to somebody who is there: the only one, if it is not said. */
  link(target: Uint8Array = this.others()[0]!): RelayLink {
    const window = Object.assign(new Window(), { room: 1 << 30 })
    const link = new RelayLink(window, {
      send: (frame) => setImmediate(() => this.relay.send(this.wire, this.topic, target, frame)),
      closed: () => this.links.delete(toBase64Url(target)),
    })
    this.links.set(toBase64Url(target), link)
    return link
  }

  leave(): void {
    this.relay.hangUp(this.wire)
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeFromKube(bytes)
    if (message[0] !== 'from') return
    const [, , peer, frame] = message
    let link = this.links.get(toBase64Url(peer))
    if (!link) {
      if (frame.length === 1) return
      link = this.link(peer)
      this.onCalled(link)
    }
    link.take(frame)
  }
}

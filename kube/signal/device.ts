/**
 * One device at this KUBE: says who it is, then is at topics and sends to peers there. What it sends is relayed
 * unread, and kept no longer than until it is sent. Spec: docs/protocol/signal.md.
 */
import { randomBytes } from 'node:crypto'
import { decodeFromDevice, encodeFromKube } from '../../worker/mesh/signal-codec.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { NONCE_BYTES, RELAY_WINDOW, type Peer, type Topic } from '../../worker/protocol/signal.js'
import type { Link } from '../../worker/mesh/link.js'
import { RelayLink, Window } from '../../worker/mesh/relay-link.js'
import { KEEP_TOPIC, KEEPER } from '../../worker/protocol/wire.js'
import type { Access } from '../access/access.js'
import { kubeError } from '../errors.js'
import type { Visitor } from '../replicas/keeper.js'
import { Flow } from './flow.js'
import type { Frequented } from './frequented.js'
import { Offered, type IceSettings } from './ice.js'
import type { SignalLimits } from './limits.js'
import { readSend, writeFrom } from './relayed.js'
import { signedChallenge } from './challenge.js'
import { keyOf, type Topics } from './topics.js'
import type { Wire, WireListener } from './wire.js'

/** Of what a message costs: what is relayed is held back by its window, and what others are told by this device costs it. */
const SEND_COST = 1 / 8
const TELL_COST = 1 / 4
/** A device that has so many frames waiting for one peer pays for each as for other messages. */
const MANY_FRAMES = 1_024
/** So many are told in one turn that somebody has gone, and then others have theirs. */
const TOLD_A_TURN = 500

/** A session with the KUBE itself costs a handshake. */
const KEEPER_COST = 50
const KEEP = keyOf(KEEP_TOPIC)

/** The KUBE itself, as devices speak to it. */
export interface Keeping {
  visit(link: Link, visitor: Visitor): void
  /** Runs when there is room for more than what has come so far. */
  whenRoom(run: () => void): void
}

/** What devices have in common. */
export interface Place {
  readonly limits: SignalLimits
  /** undefined where nothing is kept. */
  readonly keeping?: Keeping | undefined
  readonly access: Access
  /** Where somebody has been who may use it. */
  readonly frequented: Frequented
  readonly topics: Topics<Device>
  readonly ice: IceSettings | undefined
  /** @throws KubeError there are too many connections of this key */
  admit(device: Device, key: Uint8Array): void
  leave(device: Device): void
}

/** This device at one topic. */
interface Here {
  readonly topic: Topic
  readonly peer: Peer
  /** By the key of the peer to whom. */
  readonly flows: Map<string, Flow>
}

export class Device implements WireListener {
  readonly #nonce = randomBytes(NONCE_BYTES)
  readonly #at = new Map<string, Here>()
  readonly #offered = new Offered()
  readonly #late: NodeJS.Timeout | undefined
  #stage: 'stranger' | 'checking' | 'welcome' = 'stranger'
  #pass: Uint8Array | undefined
  /** As base64url, once it has been shown to be its own. */
  #key = ''
  /** It may use this KUBE: go where nobody has been, and have something begun. */
  #isAllowed = false
  /** To the KUBE itself, and what of it has not been taken. */
  #keeping: { readonly link: RelayLink; readonly flow: Flow } | undefined

  constructor(
    readonly wire: Wire,
    readonly place: Place,
    /** That is spoken with it. */
    readonly version: number,
  ) {
    const { helloMs } = place.limits
    // defence: hello-in-time
    this.#late = setTimeout(() => wire.refuse(kubeError('kube/signal-late', { ms: helloMs })), helloMs)
    wire.version = version
    wire.listen(this)
    wire.send(encodeFromKube(['challenge', version, this.#nonce]))
  }

  heard(bytes: Uint8Array): void {
    const message = readSend(bytes) ?? decodeFromDevice(bytes)
    const [name] = message
    this.wire.charge(name === 'send' ? SEND_COST : 1)
    // defence: hello-first
    if (this.#stage !== (name === 'hello' || name === 'pass' ? 'stranger' : 'welcome'))
      throw kubeError('kube/signal-turn', { name })
    switch (message[0]) {
      case 'pass':
        this.#pass = message[1]
        return
      case 'hello':
        return this.#hello(message[1], message[2], message[3])
      case 'announce':
        return this.#announce(message[1], message[2], message[3])
      case 'withdraw':
        return this.#leave(keyOf(message[1]))
      case 'send':
        return this.#relay(message[1], message[2], message[3])
      case 'ping':
        return this.wire.send(encodeFromKube(['pong']))
      case 'ice':
        return this.wire.send(encodeFromKube(['ice', ...this.#offered.at(Date.now(), this.#ice)]))
    }
  }

  closed(): void {
    clearTimeout(this.#late)
    this.place.leave(this)
    this.#keeping?.link.cut()
    this.#leaveAll()
  }

  #hello(version: number, key: Uint8Array, signature: Uint8Array): void {
    if (version !== this.version)
      throw kubeError('kube/signal-version', { theirs: version, ours: this.version })
    this.#stage = 'checking'
    this.#check(key, signature).catch((cause: unknown) => this.wire.fail(cause))
  }

  async #check(key: Uint8Array, signature: Uint8Array): Promise<void> {
    const valid = await signedChallenge(key, this.#nonce, signature)
    // defence: kube-challenge
    if (!valid) throw kubeError('kube/signal-signature')
    this.#key = toBase64Url(key)
    this.#isAllowed = await this.place.access.allows(this.#key, this.#pass)
    this.wire.guard(() => this.#welcome(key))
  }

  #welcome(key: Uint8Array): void {
    if (this.wire.over) return
    this.place.admit(this, key)
    clearTimeout(this.#late)
    this.#stage = 'welcome'
    this.wire.send(encodeFromKube(['welcome']))
    if (this.#isAllowed) return
    const { code, message } = this.place.access.refusal(this.#key, this.#pass !== undefined)
    this.wire.watch.refused(code)
    if (this.version >= 3) this.wire.send(encodeFromKube(['limited', code, message]))
  }

  #announce(topic: Topic, peer: Peer, hint: Uint8Array): void {
    const { topics, limits, keeping } = this.place
    const t = keyOf(topic)
    // Whoever is there meets the KUBE, and nobody else.
    if (t === KEEP)
      return this.wire.send(encodeFromKube(['here', topic, keeping ? [[KEEPER, new Uint8Array()]] : []]))
    const p = keyOf(peer)
    const peers = topics.at(t)
    let here = this.#at.get(t)
    // defence: peer-of-one-device
    if ((peers.get(p)?.who ?? this) !== this) throw kubeError('kube/signal-taken')
    if (!here) {
      // defence: guests-go-where-others-are
      if (!this.#isAllowed && !this.place.frequented.has(t))
        return this.wire.send(encodeFromKube(['full', topic]))
      // defence: topics-of-one-device
      if (this.#at.size >= limits.topics) throw kubeError('kube/signal-topics', { most: limits.topics })
      // defence: peers-of-one-topic
      if (peers.size >= limits.peers) return this.wire.send(encodeFromKube(['full', topic]))
      // defence: presences-in-all
      if (topics.size >= limits.presences) throw kubeError('kube/signal-full')
    } else if (keyOf(here.peer) !== p) {
      this.#leave(t)
      here = undefined
    }
    const isNew = !here
    if (isNew) this.#at.set(t, { topic, peer, flows: new Map() })
    topics.put(t, { who: this, peer, hint })
    if (this.#isAllowed && !this.place.access.isForAll) this.place.frequented.add(t)
    const others = [...topics.at(t).values()].filter(({ who }) => who !== this && !who.wire.over)
    // defence: telling-costs
    this.wire.charge(others.length * TELL_COST)
    this.wire.send(encodeFromKube(['here', topic, others.map((other) => [other.peer, other.hint])]))
    if (isNew) this.wire.watch.metrics.met.inc(others.length)
    const came = encodeFromKube(['came', topic, peer, hint])
    for (const { who } of others) who.wire.send(came)
  }

  #relay(topic: Topic, to: Peer, frame: Uint8Array): void {
    const t = keyOf(topic)
    if (t === KEEP) return this.#toKeeper(frame)
    const p = keyOf(to)
    const here = this.#at.get(t)
    const receiver = here && this.place.topics.at(t).get(p)?.who
    // Who is not at the topic is told no more than that nobody is there.
    if (!receiver || receiver.wire.over) return this.wire.send(encodeFromKube(['left', topic, to]))
    let flow = here.flows.get(p)
    if (!flow) here.flows.set(p, (flow = new Flow(!this.place.topics.hasLeft(t, p))))
    // defence: small-frames-cost
    if (flow.frames > MANY_FRAMES) this.wire.charge(1 - SEND_COST)
    // What waits is what it is told: of what came, only how much it was.
    const { length } = frame
    const inside = flow.take(length)
    // defence: relay-window
    if (!inside) throw kubeError('kube/signal-window', { most: RELAY_WINDOW })
    const { relayedFrames, relayedBytes } = this.wire.watch.metrics
    relayedFrames.inc()
    relayedBytes.inc(length)
    const from = writeFrom(topic, here.peer, frame)
    receiver.wire.send(from, this.#released(flow, topic, to, length))
  }

  /** Apart from where the frame is at hand, which would be kept as well for as long as this waits. */
  #released(flow: Flow, topic: Topic, to: Peer, bytes: number): () => void {
    return () =>
      this.wire.guard(() => {
        const credit = flow.release(bytes)
        if (credit > 0) this.wire.send(encodeFromKube(['credit', topic, to, credit]))
      })
  }

  #toKeeper(frame: Uint8Array): void {
    const { keeping } = this.place
    // Who was not told that the KUBE is there is answered as if nobody were.
    if (!keeping) return this.wire.send(encodeFromKube(['left', KEEP_TOPIC, KEEPER]))
    const { flow, link } = this.#keeping ?? this.#keeper(keeping)
    const isFirst = flow.frames === 0
    const inside = flow.take(frame.length)
    // defence: keeper-window
    if (!inside) return link.close()
    // It may be kept for long, and what it is a part of is not to be kept with it.
    link.take(frame.slice())
    // What has come is counted by the session, and more of it may come when there is room.
    if (isFirst) keeping.whenRoom(() => this.wire.guard(() => this.#creditOfKeeper(flow)))
  }

  /** Also when the link has ended: the device counts what it has sent to the KUBE, in whatever link. */
  #creditOfKeeper(flow: Flow): void {
    const credit = flow.releaseAll()
    if (credit > 0) this.wire.send(encodeFromKube(['credit', KEEP_TOPIC, KEEPER, credit]))
  }

  #keeper(keeping: Keeping) {
    const window = new Window()
    const link: RelayLink = new RelayLink(window, {
      send: (bytes) =>
        this.wire.send(encodeFromKube(['from', KEEP_TOPIC, KEEPER, bytes]), () =>
          this.wire.guard(() => {
            window.credit(bytes.length)
            link.onRoom()
          }),
        ),
      closed: () => {
        if (this.#keeping?.link === link) this.#keeping = undefined
      },
    })
    this.wire.charge(KEEPER_COST)
    const session = { link, flow: new Flow(true) }
    // A visit can end before it has begun, where too many come at once.
    this.#keeping = session
    keeping.visit(link, { key: this.#key, isAllowed: this.#isAllowed })
    return session
  }

  /** One of both is enough for a way by TURN: of those who may not use it themselves, it is the other. */
  get #ice(): IceSettings | undefined {
    return this.#isAllowed ? this.place.ice : undefined
  }

  #leave(t: string): void {
    if (t === KEEP) return this.#keeping?.link.cut()
    const here = this.#at.get(t)
    if (!here) return
    this.#at.delete(t)
    for (const flow of here.flows.values()) flow.end()
    this.place.topics.remove(t, keyOf(here.peer))
    const others = this.place.topics.at(t)
    this.wire.charge(others.size * TELL_COST)
    if (others.size === 0) return
    const left = encodeFromKube(['left', here.topic, here.peer])
    for (const { who } of others.values()) who.#missed(t, keyOf(here.peer), left)
  }

  #missed(t: string, p: string, left: Uint8Array): void {
    const flows = this.#at.get(t)?.flows
    flows?.get(p)?.end()
    flows?.delete(p)
    this.wire.send(left)
  }

  #leaveAll(): void {
    let told = 0
    for (const t of this.#at.keys()) {
      told += 1 + this.place.topics.at(t).size
      this.wire.guard(() => this.#leave(t))
      if (told > TOLD_A_TURN) return void setImmediate(() => this.#leaveAll())
    }
  }
}

/**
 * Device <-> KUBE, over a WebSocket at `SIGNAL_PATH`: who else is at a topic, and a blind relay between them. Each message is
 * binary: deterministic CBOR of a list that begins with its name. What devices say to each other through `send` is sealed
 * by their session, and means nothing to a KUBE. Spec: docs/protocol/signal.md.
 *
 * SIGNAL_VERSION history: 1, the first; 2, `ice`; 3, `ends`, and who may
 * use a KUBE: `pass`, `limited`.
 */
export const SIGNAL_VERSION = 3
/** What is older is refused; this one is still spoken, by devices and by KUBEs. */
export const OLDEST_SIGNAL_VERSION = 1
/** A device adds `?v=` and its version: the KUBE speaks first, and a device that is older takes no other version than its own. */
export const SIGNAL_PATH = '/hearth/signal'

/** Bytes. */
export const TOPIC_BYTES = 32
export const PEER_BYTES = 16
export const NONCE_BYTES = 32
export const PASS_BYTES = 32
/** What a peer tells of itself to those who know the topic's secret, at most, in bytes. */
export const MAX_HINT_BYTES = 256
/** One relayed frame, at most, in bytes: a Noise message of full length, and some. */
export const MAX_FRAME_BYTES = 66_000
/** One message, at most, in bytes. */
export const MAX_SIGNAL_BYTES = MAX_FRAME_BYTES + 512
/** Topics at which one device may be. */
export const MAX_TOPICS = 4096
/** Peers at one topic; who comes later is refused there. */
export const MAX_PEERS = 256
/**
 * Bytes on their way from one peer to another that the other has not taken yet, at most. A KUBE tells the sender by `credit` how
 * many of them are gone; whoever sends more is disconnected.
 */
export const RELAY_WINDOW = 512 << 10
/** A device says `hello` within this time, in milliseconds. */
export const HELLO_MS = 5_000
/** Either side says something this often, be it `ping`, and gives the other up after three times as long, in milliseconds. */
export const QUIET_MS = 10_000

/** Servers that a KUBE names at once, at most, and the length of each part of one, in UTF-16 units. */
export const MAX_ICE_SERVERS = 4
export const MAX_ICE_TEXT = 256

/** A topic at a KUBE: SHA-256 or HKDF output, which tells nothing of what it is for. */
export type Topic = Uint8Array
/** A device at one topic, as it calls itself there for as long as this connection lasts: random. */
export type Peer = Uint8Array

export type FromDevice =
  /** Before `hello`: by which somebody who runs the KUBE lets this device use it. Since version 3. */
  | readonly [t: 'pass', pass: Uint8Array]
  /** @param signature of the nonce, by the key that this device has for this KUBE and no other: Ed25519 */
  | readonly [t: 'hello', version: number, key: Uint8Array, signature: Uint8Array]
  /** Answered by `here`, or `full`; others at the topic hear `came`. Said again, it replaces the hint. */
  | readonly [t: 'announce', topic: Topic, peer: Peer, hint: Uint8Array]
  | readonly [t: 'withdraw', topic: Topic]
  | readonly [t: 'send', topic: Topic, to: Peer, frame: Uint8Array]
  /** Answered by `pong`. */
  | readonly [t: 'ping']
  /** Answered by `ice`. Since version 2. */
  | readonly [t: 'ice']

/** A STUN or TURN server (`ice.ts`), and how to be let in there. */
export type IceOffer = readonly [url: string, username: string | null, credential: string | null]

export type FromKube =
  /** The first message: the version that is spoken from here on, the device's if the KUBE speaks it. */
  | readonly [t: 'challenge', version: number, nonce: Uint8Array]
  | readonly [t: 'welcome']
  /** After `welcome`: this device may only go where somebody has gone who may use this KUBE; why, as a code and a sentence. Since version 3. */
  | readonly [t: 'limited', code: string, message: string]
  /** Everybody else who is at the topic. */
  | readonly [t: 'here', topic: Topic, peers: readonly (readonly [Peer, hint: Uint8Array])[]]
  | readonly [t: 'came', topic: Topic, peer: Peer, hint: Uint8Array]
  | readonly [t: 'left', topic: Topic, peer: Peer]
  | readonly [t: 'from', topic: Topic, peer: Peer, frame: Uint8Array]
  /** So many bytes of what was sent to this peer have left the KUBE. */
  | readonly [t: 'credit', topic: Topic, peer: Peer, bytes: number]
  /** As many are at the topic as may be: this device is not there. */
  | readonly [t: 'full', topic: Topic]
  | readonly [t: 'pong']
  /** By which servers devices can be linked directly; for so many seconds. Since version 2. */
  | readonly [t: 'ice', seconds: number, servers: readonly IceOffer[]]
  /** The KUBE ends. Come back at any time within so many milliseconds, so that not everybody does at once. Since version 3. */
  | readonly [t: 'ends', withinMs: number]
  /** The last message: why the KUBE hangs up, as a code and a sentence. */
  | readonly [t: 'refused', code: string, message: string]

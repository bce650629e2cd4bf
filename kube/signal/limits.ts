/** What one device, and all of them together, may make a KUBE do or keep. Tests set them lower, or shorter. */
import { HELLO_MS, MAX_PEERS, MAX_TOPICS, QUIET_MS } from '../../worker/protocol/signal.js'

export interface SignalLimits {
  /** Until `hello`, in milliseconds. */
  readonly helloMs: number
  /** A device that says nothing for three times as long is given up, in milliseconds. */
  readonly quietMs: number
  /** How long one that was hung up on has to hear why, in milliseconds. */
  readonly partingMs: number
  /** Connections in all; fewer than the server takes, so that there is always room for pages. */
  readonly connections: number
  /** Connections that have not said who they are. */
  readonly strangers: number
  /** Connections of one key. */
  readonly perKey: number
  /** Topics at which one device may be. */
  readonly topics: number
  /** Peers at one topic. */
  readonly peers: number
  /** Of all devices together, at how many topics each is. */
  readonly presences: number
  /** Bytes that wait for one device, which is given up when there are more; and for all together. */
  readonly waiting: number
  readonly waitingInAll: number
  /** Messages that one key may send at once, and per second from then on; who sends more is read more slowly. */
  readonly burst: number
  readonly perSecond: number
  /** The same of bytes. Both are of one key, over all of its connections. */
  readonly burstBytes: number
  readonly bytesPerSecond: number
}

export const defaultLimits: SignalLimits = {
  helloMs: HELLO_MS,
  quietMs: QUIET_MS,
  partingMs: 1_000,
  connections: 800,
  strangers: 128,
  perKey: 64,
  topics: MAX_TOPICS,
  peers: MAX_PEERS,
  presences: 1 << 18,
  waiting: 8 << 20,
  waitingInAll: 256 << 20,
  burst: 16_384,
  perSecond: 2_000,
  burstBytes: 1 << 30,
  bytesPerSecond: 128 << 20,
}

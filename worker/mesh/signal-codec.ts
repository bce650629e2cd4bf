/** Messages between a device and a KUBE (`protocol/signal.ts`), as bytes. */
import {
  MAX_FRAME_BYTES,
  MAX_HINT_BYTES,
  MAX_ICE_SERVERS,
  MAX_ICE_TEXT,
  MAX_PEERS,
  MAX_SIGNAL_BYTES,
  NONCE_BYTES,
  PASS_BYTES,
  PEER_BYTES,
  TOPIC_BYTES,
  type FromDevice,
  type FromKube,
} from '../protocol/signal.js'
import {
  bytes,
  count,
  decodeMessage,
  encodeMessage,
  list,
  orNull,
  text,
  tuple,
  type Shapes,
} from './shape.js'

const topic = bytes(TOPIC_BYTES)
const peer = bytes(PEER_BYTES)
const hint = bytes(0, MAX_HINT_BYTES)
const frame = bytes(1, MAX_FRAME_BYTES)
const iceText = text(MAX_ICE_TEXT)

const fromDevice: { readonly [T in FromDevice[0]]: Shapes[string] } = {
  pass: [bytes(PASS_BYTES)],
  hello: [count, bytes(32), bytes(64)],
  announce: [topic, peer, hint],
  withdraw: [topic],
  send: [topic, peer, frame],
  ping: [],
  ice: [],
}
const fromKube: { readonly [T in FromKube[0]]: Shapes[string] } = {
  challenge: [count, bytes(NONCE_BYTES)],
  welcome: [],
  limited: [text(64), text(1024)],
  here: [topic, list(tuple(peer, hint), MAX_PEERS)],
  came: [topic, peer, hint],
  left: [topic, peer],
  from: [topic, peer, frame],
  credit: [topic, peer, count],
  full: [topic],
  pong: [],
  ice: [count, list(tuple(iceText, orNull(iceText), orNull(iceText)), MAX_ICE_SERVERS)],
  ends: [count],
  refused: [text(64), text(1024)],
}

/** Everybody who is at a topic. */
const MAX_HERE_BYTES = MAX_PEERS * (PEER_BYTES + MAX_HINT_BYTES + 16) + 512

export const encodeFromDevice = (message: FromDevice): Uint8Array => encodeMessage(message)
export const encodeFromKube = (message: FromKube): Uint8Array => encodeMessage(message)
/** @throws HearthError `mesh/malformed` */
export const decodeFromDevice = (input: Uint8Array): FromDevice =>
  decodeMessage(fromDevice, MAX_SIGNAL_BYTES, input)
/** @throws HearthError `mesh/malformed` */
export const decodeFromKube = (input: Uint8Array): FromKube =>
  decodeMessage(fromKube, Math.max(MAX_SIGNAL_BYTES, MAX_HERE_BYTES), input)

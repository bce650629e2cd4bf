/** Messages between devices (`protocol/wire.ts`), as bytes. */
import {
  CHECKPOINT_WISHES,
  LANE_WINDOW,
  MAX_CAPSULE,
  MAX_DIRECT_SIGNAL,
  MAX_ENTRIES,
  MAX_EPHEMERAL,
  MAX_FEEDS,
  MAX_HEAD_BYTES,
  MAX_LOGS,
  MAX_NAMES,
  MAX_PIECE_BYTES,
  MAX_PIECES,
  MAX_SPOKEN_BYTES,
  MAX_TOPIC_NAME,
  type Lane,
  type Message,
} from '../protocol/wire.js'
import {
  bytes,
  count,
  decodeMessage,
  encodeMessage,
  flag,
  list,
  orNull,
  text,
  tuple,
  type Shape,
  type Shapes,
} from './shape.js'

const ref = bytes(32)
/** 32 bytes as base64url. */
export const id: Shape = (value) => typeof value === 'string' && /^[\w-]{43}$/.test(value)
/** As `ClientId`. */
export const tab: Shape = (value) => typeof value === 'string' && /^[\w-]{22}$/.test(value)
const wish: Shape = (value) => (CHECKPOINT_WISHES as readonly unknown[]).includes(value)
/** The number of a piece of a checkpoint. */
const place: Shape = (value) => count(value) && (value as number) < MAX_PIECES
const entries = list(bytes(1, LANE_WINDOW.bulk), MAX_ENTRIES)

const MAC_BYTES = 64
const PROOF_BYTES = 32
const SIGNATURE_BYTES = 64
const capsule = [ref, bytes(1, MAX_CAPSULE), bytes(SIGNATURE_BYTES)] as const
const shapes: { readonly [T in Message[0]]: Shapes[string] } = {
  ping: [count],
  pong: [count],
  have: [
    ...[ref, list(id, MAX_NAMES), list(tuple(id, count, orNull(id), list(id, MAX_NAMES)), MAX_FEEDS)],
    ...[orNull(id), wish],
  ],
  offer: [ref, bytes(1, MAX_HEAD_BYTES)],
  fetch: [ref, id, place],
  piece: [ref, id, place, bytes(1, MAX_PIECE_BYTES)],
  log: [ref, entries],
  entries: [ref, entries],
  want: [ref, list(id, MAX_NAMES)],
  held: [ref, list(tuple(id, count), MAX_FEEDS)],
  lack: [ref],
  know: [bytes(PROOF_BYTES)],
  host: [flag],
  signal: [count, text(MAX_DIRECT_SIGNAL)],
  direct: [count],
  anew: [count],
  over: [count],
  spare: [flag],
  full: [],
  present: [ref, text(MAX_TOPIC_NAME), tab, orNull(text(MAX_EPHEMERAL))],
  said: [ref, text(MAX_TOPIC_NAME), tab, text(MAX_EPHEMERAL)],
  passed: [ref, bytes(1, 2 * MAX_SPOKEN_BYTES), bytes(SIGNATURE_BYTES), count],
  knock: [orNull(bytes(32))],
  share: [bytes(32)],
  confirm: [bytes(MAC_BYTES)],
  terms: [id, orNull(text(16)), text(256), entries, orNull(bytes(MAC_BYTES))],
  introduce: [entries, id, bytes(SIGNATURE_BYTES)],
  candidate: [id, bytes(32), bytes(SIGNATURE_BYTES)],
  admitted: [entries, (value) => count(value) && (value as number) < MAX_LOGS],
  part: [entries],
  denied: [text(64), count],
  keep: [ref, bytes(32), bytes(SIGNATURE_BYTES), flag],
  kept: [ref, list(id, MAX_NAMES), list(id, MAX_NAMES)],
  unkept: [ref, text(64)],
  room: [ref, count, count],
  feeds: [
    ...[ref, list(id, MAX_NAMES), list(id, MAX_FEEDS), list(id, MAX_FEEDS)],
    ...[list(tuple(id, orNull(count)), MAX_FEEDS), id, bytes(SIGNATURE_BYTES)],
  ],
  forget: [ref, id, bytes(SIGNATURE_BYTES)],
  capsule: [bytes(32), ...capsule],
  passkey: [bytes(32), ...capsule, bytes(32), bytes(SIGNATURE_BYTES)],
  seek: [bytes(32), bytes(SIGNATURE_BYTES)],
  found: [bytes(32), orNull(tuple(...capsule))],
}

export const encodeWire = (message: Message): Uint8Array => encodeMessage(message)
/** @throws HearthError `mesh/malformed` */
export const decodeWire = (input: Uint8Array, lane: Lane): Message =>
  decodeMessage(shapes, LANE_WINDOW[lane], input)

/**
 * What a KUBE relays most of all, read and written by hand: `send` as it comes from a device, and `from` as it goes on, byte for byte as the codec has them. A frame is
 * copied once on its way.
 */
import {
  MAX_FRAME_BYTES,
  PEER_BYTES,
  TOPIC_BYTES,
  type FromDevice,
  type Peer,
  type Topic,
} from '../../worker/protocol/signal.js'

/** A list of four whose first is a text of four letters; then bytes, as many as a topic has. */
const headOf = (name: 'send' | 'from') => Buffer.from([0x84, 0x64, ...Buffer.from(name), 0x58, TOPIC_BYTES])
const SEND = headOf('send')
const FROM = headOf('from')
const TOPIC_AT = SEND.length
const PEER_HEAD_AT = TOPIC_AT + TOPIC_BYTES
const PEER_HEAD = 0x40 | PEER_BYTES
const FRAME_HEAD_AT = PEER_HEAD_AT + 1 + PEER_BYTES

/**
 * @returns undefined of everything that is not `send` in the form that has one way to be written; its frame is a part of these bytes, which whoever
 *   keeps it keeps as well
 */
export function readSend(
  bytes: Uint8Array,
): Extract<FromDevice, readonly ['send', ...unknown[]]> | undefined {
  if (bytes.length <= FRAME_HEAD_AT || bytes[PEER_HEAD_AT] !== PEER_HEAD) return undefined
  for (let n = 0; n < TOPIC_AT; n++) if (bytes[n] !== SEND[n]) return undefined
  const { length: all } = bytes
  const head = [1, 2, 3, 5].find((size) => size === sizeOfHead(all - FRAME_HEAD_AT - size))
  const length = all - FRAME_HEAD_AT - (head ?? 0)
  if (head === undefined || length < 1 || length > MAX_FRAME_BYTES) return undefined
  const written = new Uint8Array(head)
  writeHead(written, 0, length)
  if (written.some((byte, n) => byte !== bytes[FRAME_HEAD_AT + n])) return undefined
  return [
    'send',
    bytes.slice(TOPIC_AT, PEER_HEAD_AT),
    bytes.slice(PEER_HEAD_AT + 1, FRAME_HEAD_AT),
    bytes.subarray(FRAME_HEAD_AT + head),
  ]
}

export function writeFrom(topic: Topic, peer: Peer, frame: Uint8Array): Uint8Array {
  const head = sizeOfHead(frame.length)
  const bytes = new Uint8Array(FRAME_HEAD_AT + head + frame.length)
  bytes.set(FROM)
  bytes.set(topic, TOPIC_AT)
  bytes[PEER_HEAD_AT] = PEER_HEAD
  bytes.set(peer, PEER_HEAD_AT + 1)
  writeHead(bytes, FRAME_HEAD_AT, frame.length)
  bytes.set(frame, FRAME_HEAD_AT + head)
  return bytes
}

/** Of so many bytes, as CBOR has it at its shortest. */
const sizeOfHead = (length: number): number => (length < 24 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5)

function writeHead(bytes: Uint8Array, at: number, length: number): void {
  const size = sizeOfHead(length)
  bytes[at] = size === 1 ? 0x40 | length : size === 2 ? 0x58 : size === 3 ? 0x59 : 0x5a
  for (let n = 1; n < size; n++) bytes[at + n] = length >>> (8 * (size - 1 - n))
}

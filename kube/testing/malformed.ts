/** What is no message of the protocol, in every form. */
import { randomBytes } from 'node:crypto'
import { encode } from 'cborg'
import { MAX_SIGNAL_BYTES } from '../../worker/protocol/signal.js'
import { bytesOf, peerOf, topicOf } from './device.js'

const topic = topicOf(1)
const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.of(0xf6)])

export const malformed: Readonly<Record<string, Uint8Array>> = {
  null: Buffer.of(0xf6),
  nothing: Buffer.of(),
  'a number': encode(7),
  'a map': encode({ t: 'ping' }),
  'an empty list': encode([]),
  'a list without a name': encode([7, 'ping']),
  'an unknown name': encode(['reboot']),
  'a name of every object': encode(['constructor']),
  'a prototype': encode(['__proto__']),
  'a message of KUBEs': encode(['welcome']),
  'too few parts': encode(['announce', topic]),
  'too many parts': encode(['ping', 1]),
  'a topic of 31 bytes': encode(['withdraw', bytesOf(31, 1)]),
  'a topic of text': encode(['withdraw', 'x'.repeat(32)]),
  'a hint of 257 bytes': encode(['announce', topic, peerOf(1), bytesOf(257, 1)]),
  'an empty frame': encode(['send', topic, peerOf(1), bytesOf(0, 0)]),
  'a frame too long': encode(['send', topic, peerOf(1), bytesOf(66_001, 0)]),
  'a list of a length that nothing has': Buffer.from('9affffffff', 'hex'),
  'bytes of a length that nothing has': Buffer.from('82647069 6e675affffffff'.replace(' ', ''), 'hex'),
  'a list without end': Buffer.from('9f6470696e67ff', 'hex'),
  'something after the message': Buffer.concat([encode(['ping']), Buffer.of(0)]),
  'a long form of a short length': Buffer.from('81780470696e67', 'hex'),
  'lists in lists': nested(100),
  'lists in lists, as deep as fits': nested(MAX_SIGNAL_BYTES - 1),
  noise: randomBytes(1_000),
}

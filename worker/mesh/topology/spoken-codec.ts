/** What a device says to all who have a space, as the bytes that it signs. */
import type { DeviceId } from '../../protocol/ids.js'
import { MAX_EPHEMERAL, MAX_SPOKEN, MAX_TOPIC_NAME, type Ephemeral } from '../../protocol/wire.js'
import {
  count,
  decodeMessage,
  encodeMessage,
  list,
  malformed,
  orNull,
  text,
  tuple,
  type Shape,
} from '../shape.js'
import { id, tab } from '../wire-codec.js'

/**
 * Who says it; the number of it, of which each is greater than all before in that device's lives; and all that is present now, or some of
 * what is said.
 */
export type Spoken = readonly [
  author: DeviceId,
  number: number,
  kind: 'present' | 'said',
  messages: readonly Ephemeral[],
]

const kindOf: Shape = (value) => value === 'present' || value === 'said'
const message = tuple(kindOf, text(MAX_TOPIC_NAME), tab, orNull(text(MAX_EPHEMERAL)))
const shapes = { spoken: [id, count, kindOf, list(message, MAX_SPOKEN)] }

export const encodeSpoken = (spoken: Spoken): Uint8Array => encodeMessage(['spoken', ...spoken])

/** @param bytes of a bounded length @throws HearthError `mesh/malformed` */
export function decodeSpoken(bytes: Uint8Array): Spoken {
  const [, ...spoken] = decodeMessage<readonly ['spoken', ...Spoken]>(shapes, bytes.length, bytes)
  const [, , kind, messages] = spoken
  if (messages.some(([t, , , value]) => t !== kind || value === null)) malformed('not what is said')
  return spoken
}

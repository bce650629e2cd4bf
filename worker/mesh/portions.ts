/** Entries in messages that are not too long. */
import { MAX_ENTRIES, MESSAGE_BYTES } from '../protocol/wire.js'

/** Whether of entries that go in several messages these may be the last: more would have fitted, unless they are large. */
export const mayBeLast = (entries: readonly Uint8Array[]): boolean =>
  entries.length < MAX_ENTRIES && entries.reduce((sum, { length }) => sum + length, 0) < MESSAGE_BYTES / 2

/** Entries as they go, no more in a message than fit; and no more are asked for before the message has been taken. */
export function* inMessages(entries: Iterable<Uint8Array>): Generator<readonly Uint8Array[]> {
  let some: Uint8Array[] = []
  let bytes = 0
  for (const entry of entries) {
    if (some.length === MAX_ENTRIES || (some.length > 0 && bytes + entry.length > MESSAGE_BYTES)) {
      yield some
      some = []
      bytes = 0
    }
    some.push(entry)
    bytes += entry.length
  }
  if (some.length > 0) yield some
}

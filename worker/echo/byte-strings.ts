/**
 * Lists of byte strings in CBOR, as entries and their headers are. Each entry that comes is read, and most are never opened: a decoder for
 * everything takes several times as long, and leaves a token to be collected for each value.
 */

const LIST = 0x80
const BYTES = 2

/** @returns views of these bytes @throws Error for what is not that list in its one deterministic form */
export function byteStrings(bytes: Uint8Array, count: 3): readonly [Uint8Array, Uint8Array, Uint8Array]
export function byteStrings(
  bytes: Uint8Array,
  count: 4,
): readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
export function byteStrings(bytes: Uint8Array, count: number): readonly Uint8Array[] {
  if (bytes[0] !== (LIST | count)) refuse(`a list of ${count}`)
  const found: Uint8Array[] = []
  let at = 1
  while (found.length < count) {
    const [start, length] = lengthAt(bytes, at)
    at = start + length
    if (at > bytes.length) refuse('all that is announced')
    found.push(bytes.subarray(start, at))
  }
  if (at !== bytes.length) refuse('the end')
  return found
}

/** @returns where the byte string that stands here begins, and how long it is */
function lengthAt(bytes: Uint8Array, at: number): readonly [start: number, length: number] {
  const first = bytes[at]
  if (first === undefined || first >> 5 !== BYTES) refuse('bytes')
  const said = first & 31
  if (said < 24) return [at + 1, said]
  // In one, two or four bytes: none is as long as would take eight.
  const size = said <= 26 ? 1 << (said - 24) : 0
  let length = size > 0 ? 0 : NaN
  for (let i = 1; i <= size; i++) length = length * 256 + (bytes[at + i] ?? NaN)
  const least = size === 1 ? 24 : size === 2 ? 0x100 : 0x10000
  if (!(length >= least)) refuse('a length, as short as it can be')
  return [at + 1 + size, length]
}

function refuse(expected: string): never {
  throw new Error(`no CBOR as it should be: ${expected} was to be here`)
}

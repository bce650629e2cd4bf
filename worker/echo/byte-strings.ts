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
  if (bytes[0] !== (LIST | count)) throw new Error(`a list of ${count} was to be here`)
  const found: Uint8Array[] = []
  let at = 1
  while (found.length < count) {
    const [start, length] = lengthAt(bytes, at)
    at = start + length
    if (at > bytes.length) throw new Error('bytes end before they should')
    found.push(bytes.subarray(start, at))
  }
  if (at !== bytes.length) throw new Error('something comes after the end')
  return found
}

/** @returns where the byte string that stands here begins, and how long it is */
function lengthAt(bytes: Uint8Array, at: number): readonly [start: number, length: number] {
  const first = bytes[at]
  if (first === undefined || first >> 5 !== BYTES) throw new Error('bytes were to be here')
  const said = first & 31
  if (said < 24) return [at + 1, said]
  // In one, two or four bytes: none is as long as would take eight.
  const size = said <= 26 ? 1 << (said - 24) : 0
  let length = size > 0 ? 0 : NaN
  for (let i = 1; i <= size; i++) length = length * 256 + (bytes[at + i] ?? NaN)
  const least = size === 1 ? 24 : size === 2 ? 0x100 : 0x10000
  if (!(length >= least)) throw new Error('a length was to be here, as short as it can be')
  return [at + 1 + size, length]
}

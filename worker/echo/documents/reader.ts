/** Bytes read from the front, as Automerge writes them. Whatever is not there or not canonical is a RangeError. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Reader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  get done(): boolean {
    return this.at >= this.#bytes.length
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new RangeError('bytes that are cut off')
    return byte
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    if (length > this.left) throw new RangeError('bytes that are cut off')
    return this.#bytes.subarray(this.at, (this.at += length))
  }

  /** LEB128 in its shortest form, up to 2^53 − 1. */
  unsigned(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number that is too large')
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw new RangeError('a number that is longer than need be')
        return value
      }
    }
  }

  /** Signed LEB128 in its shortest form, within ±(2^53 − 1). */
  signed(): number {
    let value = 0n
    let before = 0
    for (let bits = 7n; ; bits += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << (bits - 7n)
      if (byte < 128) {
        const filler = (before & 64) === 0 ? 0 : 127
        if (bits > 7n && byte === filler) throw new RangeError('a number that is longer than need be')
        const number = Number(BigInt.asIntN(Number(bits), value))
        if (!Number.isSafeInteger(number)) throw new RangeError('a number that is too large')
        return number
      }
      if (bits > 56n) throw new RangeError('a number that is too large')
      before = byte
    }
  }

  /** `length` bytes of UTF-8. */
  text(length: number): string {
    const bytes = this.take(length)
    // Most are one letter of a text that somebody types.
    return length === 1 && bytes[0]! < 128 ? String.fromCharCode(bytes[0]!) : utf8.decode(bytes)
  }
}

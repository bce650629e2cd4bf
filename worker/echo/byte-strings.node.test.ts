/** What entries are made of is read by a decoder of its own, and as the one for everything reads it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { byteStrings } from './byte-strings.js'
import { cbor, strictCbor } from './cbor.js'

const some = (length: number, from = 7) => Uint8Array.from({ length }, (_, i) => from + i)

/** As the decoder for everything has it; undefined for what is no list of three byte strings. */
function strictly(bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    const list = strictCbor(bytes)
    const isThree = Array.isArray(list) && list.length === 3 && list.every((one) => one instanceof Uint8Array)
    return isThree ? (list as Uint8Array[]) : undefined
  } catch {
    return undefined
  }
}

function read(bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    return byteStrings(bytes, 3).map((one) => Uint8Array.from(one))
  } catch {
    return undefined
  }
}

describe('a list of byte strings', () => {
  it('is read whatever the length of each', () => {
    for (const length of [0, 1, 23, 24, 25, 255, 256, 257, 65_535, 65_536, 100_000]) {
      const list = [some(2), some(length), some(3)]
      assert.deepEqual(read(cbor(list)), list, String(length))
    }
    const four = [some(1), some(2), some(0), some(24)]
    assert.deepEqual(
      byteStrings(cbor(four), 4).map((one) => Uint8Array.from(one)),
      four,
    )
    assert.throws(() => byteStrings(cbor(four), 3))
  })

  it('is refused where the decoder for everything would refuse it: with any other byte, cut off, or with more', () => {
    const good = cbor([some(0), some(24), some(3)])
    const others = [...good.keys()].flatMap((at) =>
      Array.from({ length: 256 }, (_, byte) => Uint8Array.from(good).fill(byte, at, at + 1)),
    )
    const cut = [...good.keys()].map((end) => good.subarray(0, end))
    const long = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(...good, byte))
    for (const bytes of [...others, ...cut, ...long])
      assert.deepEqual(read(bytes), strictly(bytes), bytes.join())
  })

  it('is refused where a length is longer than it need be', () => {
    const lengths = [
      [0x58, 0],
      [0x58, 23],
      [0x59, 0, 24],
      [0x59, 0, 255],
      [0x5a, 0, 0, 1, 0],
      [0x5a, 0, 0, 255, 255],
      [0x5b, 0, 0, 0, 0, 0, 0, 0, 1],
      [0x5f, 0x41, 1, 0xff],
    ]
    for (const said of lengths) {
      const bytes = Uint8Array.of(
        0x83,
        0x40,
        0x40,
        ...said,
        ...new Uint8Array(said.at(-1)! + 256 * (said.at(-2) ?? 0)),
      )
      assert.equal(read(bytes), undefined, said.join())
      assert.equal(strictly(bytes), undefined, said.join())
    }
  })
})

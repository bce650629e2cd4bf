import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { pad, PADDED_LEAST, unpad } from './padding.js'

const unreadable = { code: 'halo/unreadable' }
const content = fc.uint8Array({ maxLength: 5_000 })
const size = fc.integer({ min: PADDED_LEAST, max: 2 ** 22 })

describe('padding', () => {
  it('comes off as it went on', () =>
    fc.assert(fc.property(content, (bytes) => assert.deepEqual(unpad(pad(bytes)), bytes))))
  it('comes off a content that ends like padding', () => {
    for (const bytes of [[], [0], [0x80], [0x80, 0], [1, 0x80, 0, 0]])
      assert.deepEqual(unpad(pad(Uint8Array.from(bytes))), Uint8Array.from(bytes))
  })
  it('makes small contents alike', () => {
    for (const length of [0, 1, 64, PADDED_LEAST - 1])
      assert.equal(pad(new Uint8Array(length)).length, PADDED_LEAST)
  })
  it('has the sizes of the paper', () => {
    for (const [length, padded] of [
      [128, 144],
      [255, 256],
      [256, 272],
      [1_000, 1_024],
      [1_024, 1_088],
      [1_000_000, 1_015_808],
    ] as const)
      assert.equal(pad(new Uint8Array(length)).length, padded, String(length))
  })
  it('costs at most 12 %, and never shrinks when the content grows', () =>
    fc.assert(
      fc.property(size, (length) => {
        const padded = pad(new Uint8Array(length)).length
        assert.ok(padded > length && padded <= (length + 1) * 1.12)
        assert.ok(pad(new Uint8Array(length + 1)).length >= padded)
      }),
      { numRuns: 50 },
    ))
  it('leaves log log n bits of a size', () => {
    const sizes = new Set(Array.from({ length: 8_192 }, (_, length) => pad(new Uint8Array(length)).length))
    // The least, 8 up to 256, and 16 in each of the five doublings after it.
    assert.equal(sizes.size, 1 + 8 + 5 * 16)
  })
})

describe('what is not padded as everybody pads', () => {
  for (const [what, bytes] of Object.entries({
    'nothing at all': [],
    'zeros only': Array(128).fill(0),
    'no end': Array(128).fill(1),
    'an end and no zeros, too short': [1, 2, 0x80],
  }))
    it(`is refused: ${what}`, () => assert.throws(() => unpad(Uint8Array.from(bytes)), unreadable))
  it('is refused: anything else than zeros', () =>
    fc.assert(
      fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, other) => {
        const padded = pad(bytes)
        const room = padded.length - bytes.length - 1
        fc.pre(room > 0)
        padded[bytes.length + 1 + (at % room)] = other
        // 0x80 ends a longer content, which is another one and has the same size.
        if (other === 0x80) assert.notDeepEqual(unpad(padded), bytes)
        else assert.throws(() => unpad(padded), unreadable)
      }),
    ))
  it('is refused: more zeros, or fewer', () =>
    fc.assert(
      fc.property(content, (bytes) => {
        const padded = pad(bytes)
        assert.throws(() => unpad(Uint8Array.of(...padded, 0)), unreadable)
        assert.throws(() => unpad(padded.subarray(0, -1)), unreadable)
      }),
    ))
})

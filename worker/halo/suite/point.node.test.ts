import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { numberToBytesLE } from '@noble/curves/utils.js'
import { isCanonicalU, isReducedScalar, isStrictPoint } from './point.js'

const { Fp, Fn } = ed25519.Point
const encoded = (n: bigint) => numberToBytesLE(n, 32)
const sign = 1n << 255n

describe('bytes that libraries read in more than one way', () => {
  it('are no point: y of p and more', () => {
    for (let y = 3n; y < 19n; y++) {
      assert.deepEqual([isStrictPoint(encoded(y)), isStrictPoint(encoded(y + sign))], [true, true])
      for (const other of [y + Fp.ORDER, y + Fp.ORDER + sign])
        assert.equal(isStrictPoint(encoded(other)), false)
    }
  })
  it('are no X25519 key: u of p and more', () => {
    assert.deepEqual([Fp.ORDER - 1n, Fp.ORDER].map(encoded).map(isCanonicalU), [true, false])
  })
  it('are no scalar: L and more', () => {
    assert.deepEqual([Fn.ORDER - 1n, Fn.ORDER].map(encoded).map(isReducedScalar), [true, false])
  })
  it('are left as they are, also in a Buffer', () => {
    // It begins and ends as points do that are looked at more closely.
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x26 : i === 31 ? 0x7f : i))
    for (const same of [bytes, Buffer.from(bytes)]) {
      isStrictPoint(same)
      isReducedScalar(same)
      isCanonicalU(same)
      assert.deepEqual(new Uint8Array(same), bytes)
    }
  })
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fromBase64Url, toBase64Url } from './ids.js'

it('bytes as base64url are what everybody else makes of them, at any length', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (length * 89 + i * 151) % 256)
    assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString('base64url'))
    assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes)
  }
})

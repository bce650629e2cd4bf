import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fromBase64Url, toBase64Url } from '../protocol/ids.js'
import { hashText } from './hash-text.js'

test('a hash has one text, and the text gives it back', () => {
  const hashes = [new Uint8Array(32), new Uint8Array(32).fill(255)]
  for (let i = 0; i < 200; i++) hashes.push(new Uint8Array(randomBytes(32)))
  for (const hash of hashes) {
    assert.equal(hashText(hash), toBase64Url(hash))
    assert.deepEqual(fromBase64Url(hashText(hash)), hash)
  }
})

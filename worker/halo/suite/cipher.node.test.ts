import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { found } from '../../../test/suite-platforms.js'
import { decrypt, encrypt, type CipherContext } from './cipher.js'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const any = fc.uint8Array({ maxLength: 300 })
const key = new Uint8Array(32).fill(7)
const context: CipherContext = {
  ...{ label: 'feed-body', log: new Uint8Array(32).fill(1), header: Uint8Array.of(1, 2) },
  associated: Uint8Array.of(3),
}
const text = Uint8Array.of(1, 2, 3, 4)
const unreadable = { code: 'halo/unreadable' }

describe('a ciphertext', () => {
  it('opens to what was encrypted', () =>
    fc.assert(
      fc.asyncProperty(
        bytes32,
        fc.option(bytes32),
        any,
        any,
        fc.option(any),
        async (k, log, header, what, associated) => {
          const where = { label: 'feed-body' as const, log, header, ...(associated && { associated }) }
          assert.deepEqual(await decrypt(found, k, where, await encrypt(found, k, where, what)), what)
        },
      ),
      { numRuns: 50 },
    ))
  it('does not open under another key, label, log or header, or beside other associated data', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    await assert.rejects(
      decrypt(
        found,
        key.map((byte) => byte ^ 1),
        context,
        ciphertext,
      ),
      unreadable,
    )
    for (const other of [
      { label: 'older-epochs' },
      { log: null },
      { log: new Uint8Array(32) },
      { header: Uint8Array.of(1) },
      { associated: Uint8Array.of(4) },
      { associated: new Uint8Array() },
    ] as const)
      await assert.rejects(decrypt(found, key, { ...context, ...other }, ciphertext), unreadable)
  })
  it('does not open with any one bit turned', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    for (const part of ['salt', 'commitment', 'bytes'] as const)
      for (let bit = 0; bit < ciphertext[part].length * 8; bit++) {
        const turned = ciphertext[part].slice()
        turned[bit >> 3]! ^= 1 << (bit & 7)
        await assert.rejects(decrypt(found, key, context, { ...ciphertext, [part]: turned }), unreadable)
      }
  })
  it('does not open in part, with a part missing, or with zeros added', async () => {
    const ciphertext = await encrypt(found, key, context, text)
    for (const part of ['salt', 'commitment', 'bytes'] as const)
      for (const changed of [
        ciphertext[part].subarray(1),
        ciphertext[part].subarray(0, -1),
        new Uint8Array(),
        Uint8Array.of(...ciphertext[part], 0),
      ])
        await assert.rejects(decrypt(found, key, context, { ...ciphertext, [part]: changed }), unreadable)
  })
  it('of the same text is another each time', async () => {
    const [a, b] = [await encrypt(found, key, context, text), await encrypt(found, key, context, text)]
    for (const part of ['salt', 'commitment', 'bytes'] as const) assert.notDeepEqual(a[part], b[part])
  })
  it('opens with a header of any length', async () => {
    const long = { ...context, header: new Uint8Array(100_000).fill(5) }
    assert.deepEqual(await decrypt(found, key, long, await encrypt(found, key, long, text)), text)
  })
  it('under a key of another length is a mistake of the caller', () =>
    assert.rejects(encrypt(found, key.subarray(1), context, text), RangeError))
})

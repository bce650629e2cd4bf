/** What leads from a passkey to the words: its passkey opens it, and nothing else does, nor anything else in its place. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decode, encode } from 'cborg'
import { found, noble } from '../../../test/suite-platforms.js'
import { PASSKEY_SALT } from '../../protocol/passkey-salt.js'
import { MAX_CAPSULE } from '../../protocol/wire.js'
import { recoveryOf } from '../suite/recovery.js'
import {
  finderOf,
  isOfPasskey,
  isVouchedFor,
  makePasskeyCapsule,
  openPasskeyCapsule,
} from './passkey-capsule.js'

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill)
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex')
const replica = bytes(7)
const secret = bytes(8)
const answer = bytes(9)
/** From that answer, as OpenSSL has computed it by docs/protocol/suite.md: the finder's Ed25519 key, and the key of what it leads to. */
const VECTOR = [
  '5181676c042160f3f135bececcbc5e9cbb9dd7135c7f016274592430a47d5839',
  '3a73a5dd105c66cd93d27e4951a554b3ba4b55b212c21ab2a362328998bc9dd9',
]

async function made() {
  const finder = await finderOf(found, answer)
  const { signer } = await recoveryOf(found, secret)
  return { finder, capsule: await makePasskeyCapsule(found, finder, signer, replica, secret) }
}

describe('a passkey’s capsule', () => {
  it('gives the secret to the passkey, and both signatures hold', async () => {
    const { capsule } = await made()
    assert.ok(capsule.sealed.length <= MAX_CAPSULE, String(capsule.sealed.length))
    assert.ok(await isOfPasskey(found, capsule))
    assert.ok(await isVouchedFor(found, capsule))
    assert.deepEqual(await openPasskeyCapsule(noble, await finderOf(noble, answer), capsule), secret)
  })

  it('is nothing to another passkey, of another replica, or once a bit of it was changed', async () => {
    const { finder, capsule } = await made()
    const refused = { code: 'halo/refused' }
    await assert.rejects(openPasskeyCapsule(found, await finderOf(found, bytes(10)), capsule), refused)
    await assert.rejects(openPasskeyCapsule(found, finder, { ...capsule, replica: bytes(6) }), refused)
    for (let at = 0; at < capsule.sealed.length; at++) {
      const sealed = capsule.sealed.slice()
      sealed[at]! ^= 1
      await assert.rejects(openPasskeyCapsule(found, finder, { ...capsule, sealed }), refused)
    }
    const parts = decode(capsule.sealed) as unknown[]
    for (const other of [parts.slice(0, 3), [2, ...parts.slice(1)], [...parts, 0], { 0: 1 }, null])
      await assert.rejects(openPasskeyCapsule(found, finder, { replica, sealed: encode(other) }), refused)
  })

  it('has signatures of this passkey and of these words, for this replica, and of nobody else', async () => {
    const { capsule } = await made()
    const other = (await recoveryOf(found, bytes(1))).signer.publicKey
    for (const changed of [{ replica: bytes(6) }, { finder: other }, { sealed: bytes(1) }])
      assert.equal(await isOfPasskey(found, { ...capsule, ...changed }), false)
    for (const changed of [{ replica: bytes(6) }, { finder: other }, { words: other }])
      assert.equal(await isVouchedFor(found, { ...capsule, ...changed }), false)
  })

  it('is found by the same key for ever: another one would lose everything to who has the passkey', async () => {
    const { signer, key } = await finderOf(found, answer)
    assert.deepEqual([hex(signer.publicKey), hex(key)], VECTOR)
    assert.equal(hex(PASSKEY_SALT), `${hex(Buffer.from('hearth/1/passkey'))}${'00'.repeat(16)}`)
  })
})

/** What Eve, who has keys of a space, does with what is encrypted under them; and others who have none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { decrypt, encrypt, type CipherContext, type Ciphertext } from '../../worker/halo/suite/cipher.js'
import { gcmDecrypt, MATERIAL_BYTES } from '../../worker/halo/suite/committing.js'
import { derive, hkdf } from '../../worker/halo/suite/derive.js'
import { frame } from '../../worker/halo/suite/labels.js'
import { pad, unpad } from '../../worker/halo/suite/padding.js'
import { found } from '../suite-platforms.js'
import { salamander } from './salamander.js'

const key = new Uint8Array(32).fill(7)
const context: CipherContext = {
  ...{ label: 'feed-body', log: new Uint8Array(32).fill(1), header: Uint8Array.of(1, 2) },
  associated: Uint8Array.of(3),
}
const text = Uint8Array.of(1, 2, 3, 4)
const nothing = new Uint8Array()
const zero = new Uint8Array(1)
const unreadable = { code: 'halo/unreadable' }

describe('a two-key ciphertext', () => {
  it('shows its text to one of two members, and nothing to the other, though AES-GCM alone shows them two texts', async () => {
    const salt = new Uint8Array(32).fill(9)
    const info = frame('encrypt', context.label, context.log, sha256(context.header))
    const keys = [key, new Uint8Array(32).fill(8)] as const
    const [one, two] = keys.map((each) => hkdf(each, salt, info, MATERIAL_BYTES))
    const [a, b] = [one!.subarray(0, 32), two!.subarray(0, 32)]
    const bytes = salamander(a, b)

    // The attack is real: what GCM decrypts under the two keys is two texts, both authentic.
    const open = (k: Uint8Array) => gcmDecrypt(found.subtle, k, new Uint8Array(12), bytes, nothing)
    assert.notDeepEqual(await open(a), await open(b))

    const bare = { ...context, associated: nothing }
    const forged: Ciphertext = { salt, commitment: one!.subarray(32), bytes }
    assert.deepEqual(await decrypt(found, keys[0], bare, forged), await open(a))
    await assert.rejects(decrypt(found, keys[1], bare, forged), unreadable)
  })
  it('is not made of an honest one by a commitment that goes on after its end', async () => {
    const honest = await encrypt(found, key, context, text)
    const longer = { ...honest, commitment: concatBytes(honest.commitment, zero) }
    await assert.rejects(decrypt(found, key, context, longer), unreadable)
  })
})

describe('a ciphertext that is put elsewhere', () => {
  const moved = async (to: Partial<CipherContext>) =>
    decrypt(found, key, { ...context, ...to }, await encrypt(found, key, context, text))

  it('does not open under another header', () =>
    assert.rejects(moved({ header: Uint8Array.of(1, 3) }), unreadable))
  it('does not open in another log', () =>
    assert.rejects(moved({ log: new Uint8Array(32).fill(2) }), unreadable))
  it('does not open as something else', () => assert.rejects(moved({ label: 'older-epochs' }), unreadable))
  it('does not open beside other words in the clear', () =>
    assert.rejects(moved({ associated: Uint8Array.of(4) }), unreadable))
})

describe('a ciphertext that is written in another way', () => {
  it('does not open: HMAC takes a salt and the same without its last zeros for one', async () => {
    // One in 256 ends so by itself.
    const platform = { ...found, random: (bytes: number) => new Uint8Array(bytes).fill(5, 0, -1) }
    const honest = await encrypt(platform, key, context, text)
    const shorter = { ...honest, salt: honest.salt.subarray(0, -1) }
    await assert.rejects(decrypt(found, key, context, shorter), unreadable)
  })
  it('has no room for hidden bytes in its padding', () => {
    const padded = pad(text)
    padded[padded.length - 1] = 1
    assert.throws(() => unpad(padded), unreadable)
  })
  it('does not tell by its size what its writer wanted it to', () => {
    assert.throws(() => unpad(concatBytes(pad(text), zero)), unreadable)
  })
})

describe('a topic', () => {
  it('of one epoch does not lead to the space in the next', async () => {
    const topic = (epoch: number) => derive('topic', context.log, key, Uint8Array.of(epoch))
    assert.notDeepEqual(await topic(1), await topic(2))
  })
})

describe('a key that is none', () => {
  it('encrypts nothing: anybody could read it', () =>
    assert.rejects(encrypt(found, nothing, context, text), RangeError))
})

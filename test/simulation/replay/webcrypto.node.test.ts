/** What stands in for WebCrypto in a simulation does what WebCrypto does, with published vectors and with what is wrong. */
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { describe, it } from 'node:test'
import * as noble from '@noble/curves/ed25519.js'
import { checks } from '../../../worker/halo/suite/vectors/checks.js'
import { webCrypto as suite } from '../../suite-platforms.js'
import * as natively from './curves.js'
import { putInPlace } from './webcrypto.js'

type Try = (subtle: SubtleCrypto) => Promise<unknown>

const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, i) => (first + i) % 256)
const gcm = { name: 'AES-GCM', iv: bytes(12) }
const aes = (subtle: SubtleCrypto, ...usages: KeyUsage[]) =>
  subtle.importKey('raw', bytes(32), 'AES-GCM', false, usages)
const x25519 = (subtle: SubtleCrypto) =>
  subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']) as Promise<CryptoKeyPair>
const ed25519 = (subtle: SubtleCrypto, isExtractable = false) =>
  subtle.generateKey({ name: 'Ed25519' }, isExtractable, ['sign', 'verify']) as Promise<CryptoKeyPair>

/** Each with one result, or one kind of failure. */
const tries: Readonly<Record<string, Try>> = {
  'a digest': (subtle) => subtle.digest('SHA-256', bytes(100)),
  'a ciphertext': async (subtle) => subtle.encrypt(gcm, await aes(subtle, 'encrypt'), bytes(50)),
  'an empty one': async (subtle) => subtle.encrypt(gcm, await aes(subtle, 'encrypt'), bytes(0)),
  'a key of another length': (subtle) => subtle.importKey('raw', bytes(31), 'AES-GCM', false, ['encrypt']),
  'a key for something else': async (subtle) => subtle.encrypt(gcm, await aes(subtle, 'decrypt'), bytes(5)),
  'what nobody encrypted': async (subtle) => subtle.decrypt(gcm, await aes(subtle, 'decrypt'), bytes(50)),
  'less than a tag': async (subtle) => subtle.decrypt(gcm, await aes(subtle, 'decrypt'), bytes(15)),
  'a public key that is too short': (subtle) =>
    subtle.importKey('raw', bytes(31), 'Ed25519', true, ['verify']),
  'a public key that is too long': (subtle) => subtle.importKey('raw', bytes(33), 'X25519', true, []),
  'a secret that nobody may take': async (subtle) =>
    subtle.exportKey('raw', (await ed25519(subtle)).privateKey),
  'a private key that signs for all': async (subtle) =>
    subtle.verify('Ed25519', (await ed25519(subtle)).privateKey, bytes(64), bytes(3)),
  'a signature of another length': async (subtle) =>
    subtle.verify('Ed25519', (await ed25519(subtle)).publicKey, bytes(63), bytes(3)),
  'a point that shares nothing': async (subtle) => {
    const theirs = await subtle.importKey('raw', new Uint8Array(32), 'X25519', true, [])
    const { privateKey } = await x25519(subtle)
    return subtle.deriveBits({ name: 'X25519', public: theirs }, privateKey, 256)
  },
  'a signature, verified': async (subtle) => {
    const { publicKey, privateKey } = await ed25519(subtle)
    const signature = await subtle.sign('Ed25519', privateKey, bytes(9))
    return subtle.verify('Ed25519', publicKey, signature, bytes(9))
  },
}

/** As text, so that both can be compared. */
const told = async (one: Try): Promise<string> => {
  try {
    const result = await one(webcrypto.subtle as SubtleCrypto)
    return result instanceof ArrayBuffer ? Buffer.from(result).toString('hex') : String(result)
  } catch (e) {
    // Node 20 has a name of its own for one of them.
    return (e as Error).name.replace('Exception', 'Error')
  }
}

describe('WebCrypto in a simulation', async () => {
  const real: Record<string, string> = {}
  for (const [name, one] of Object.entries(tries)) real[name] = await told(one)
  const { privateKey, publicKey } = await ed25519(webcrypto.subtle as SubtleCrypto)
  putInPlace()
  for (const [name, one] of Object.entries(tries))
    it(`answers as Node's own does: ${name}`, async () => assert.equal(await told(one), real[name]))
  for (const { name, run } of checks) it(`passes ${name}`, () => run(suite))
  it('leaves keys to Node that Node has made', async () => {
    const signature = await webcrypto.subtle.sign('Ed25519', privateKey as never, bytes(3))
    assert.ok(await webcrypto.subtle.verify('Ed25519', publicKey as never, signature, bytes(3)))
  })
  it('makes keys that a disk can keep', async () => {
    const { publicKey, privateKey } = await ed25519(webcrypto.subtle as SubtleCrypto)
    const signature = await webcrypto.subtle.sign('Ed25519', structuredClone(privateKey) as never, bytes(3))
    assert.ok(await webcrypto.subtle.verify('Ed25519', publicKey as never, signature, bytes(3)))
  })
})

describe('the curves of a simulation', () => {
  const [own, theirs] = [bytes(32), bytes(32, 7)]
  it('are those of the library', () => {
    const message = bytes(20)
    const publicKey = noble.x25519.getPublicKey(theirs)
    assert.deepEqual(natively.x25519.getPublicKey(theirs), publicKey)
    assert.deepEqual(
      natively.x25519.getSharedSecret(own, publicKey),
      noble.x25519.getSharedSecret(own, publicKey),
    )
    assert.deepEqual(natively.ed25519.getPublicKey(own), noble.ed25519.getPublicKey(own))
    assert.deepEqual(natively.ed25519.sign(message, own), noble.ed25519.sign(message, own))
  })
  it('share nothing with a point of low order', () => {
    for (const { x25519 } of [noble, natively])
      assert.throws(() => x25519.getSharedSecret(own, new Uint8Array(32)))
  })
})

import assert from 'node:assert/strict'
import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto'
import { describe, it } from 'node:test'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { found, noble, webCrypto } from '../../../test/suite-platforms.js'
import { BIP39 } from './vectors/bip39.js'
import { checks } from './vectors/checks.js'
import { RFC_5869, RFC_7748_MULTIPLY, RFC_8032 } from './vectors/rfc.js'
import { SPECCHECK } from './vectors/speccheck.js'
import { WYCHEPROOF_AES_GCM } from './vectors/wycheproof-aes-gcm.js'
import { WYCHEPROOF_ED25519 } from './vectors/wycheproof-ed25519.js'
import { WYCHEPROOF_X25519 } from './vectors/wycheproof-x25519.js'

for (const [name, platform] of Object.entries({ found, webCrypto, noble }))
  describe(`published vectors, curves: ${name}`, () => {
    for (const { name: check, run } of checks) it(check, () => run(platform))
  })

/** Whether they were copied without a mistake is asked of Node's OpenSSL, which the suite has no part in. */
describe('the copies of the vectors', () => {
  it('of RFC 8032 are what OpenSSL signs', () => {
    for (const [secret, publicKey, message, signature] of parts(RFC_8032)) {
      const key = privateKey('70', secret!)
      assert.equal(createPublicKey(key).export({ format: 'jwk' }).x, bytes(publicKey!).toString('base64url'))
      assert.equal(sign(null, bytes(message!), key).toString('hex'), signature)
    }
  })
  it('of Wycheproof have the verdict of OpenSSL', () => {
    for (const [number, verdict, key, signature, message] of parts(WYCHEPROOF_ED25519))
      assert.equal(openssl(key!, message!, signature!), verdict === 'valid', number!)
  })
  it('of the edge cases have the verdicts that the paper has for OpenSSL', () => {
    const verdicts = parts(SPECCHECK).map(([, key, signature, message]) =>
      openssl(key!, message!, signature!) ? 'V' : 'X',
    )
    assert.equal(verdicts.join(''), 'VVVVXXXXXXXV')
  })
  it('of X25519 are what OpenSSL shares, and zero where they say so', () => {
    const multiply = parts(RFC_7748_MULTIPLY).map((vector) => ['RFC 7748', ...vector])
    for (const [number, secret, publicKey, shared] of [...multiply, ...parts(WYCHEPROOF_X25519)]) {
      const both = { privateKey: privateKey('6e', secret!), publicKey: x25519Key(publicKey!) }
      if (shared === '-') assert.throws(() => diffieHellman(both), number!)
      else assert.equal(diffieHellman(both).toString('hex'), shared, number!)
    }
  })
  it('of HKDF are what OpenSSL derives', () => {
    for (const [secret, salt, info, output] of parts(RFC_5869)) {
      const derived = hkdfSync('sha256', bytes(secret!), bytes(salt!), bytes(info!), output!.length / 2)
      assert.equal(Buffer.from(derived).toString('hex'), output)
    }
  })
  it('of AES-GCM open in OpenSSL, or do not', () => {
    for (const [number, verdict, key, iv, data, plaintext, ciphertext] of parts(WYCHEPROOF_AES_GCM)) {
      const decipher = createDecipheriv('aes-256-gcm', bytes(key!), bytes(iv!)).setAAD(bytes(data!))
      decipher.setAuthTag(bytes(ciphertext!).subarray(-16))
      const opened = decipher.update(bytes(ciphertext!).subarray(0, -16))
      if (verdict === 'valid') {
        assert.equal(Buffer.concat([opened, decipher.final()]).equals(bytes(plaintext!)), true, number!)
      } else assert.throws(() => decipher.final(), number!)
    }
  })
  it('of BIP-39 are the entropy and the first bits of its hash, 11 a word', () => {
    assert.equal(
      createHash('sha256')
        .update(wordlist.map((word) => `${word}\n`).join(''))
        .digest('hex'),
      '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda',
    )
    for (const [entropy, ...words] of parts(BIP39)) {
      const hash = createHash('sha256').update(bytes(entropy!)).digest()
      const bits = [...bytes(entropy!), hash[0]!].map((byte) => byte.toString(2).padStart(8, '0')).join('')
      assert.equal(words.map((word) => wordlist.indexOf(word).toString(2).padStart(11, '0')).join(''), bits)
    }
  })
})

const parts = (vectors: string) =>
  vectors
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
const bytes = (hex: string) => Buffer.from(hex === '-' ? '' : hex, 'hex')

const privateKey = (curve: '70' | '6e', secret: string) =>
  createPrivateKey({
    key: bytes(`302e020100300506032b65${curve}04220420${secret}`),
    format: 'der',
    type: 'pkcs8',
  })
const x25519Key = (publicKey: string) =>
  createPublicKey({ key: bytes(`302a300506032b656e032100${publicKey}`), format: 'der', type: 'spki' })

function openssl(publicKey: string, message: string, signature: string): boolean {
  const key = createPublicKey({
    key: bytes(`302a300506032b6570032100${publicKey}`),
    format: 'der',
    type: 'spki',
  })
  return verify(null, bytes(message), key, bytes(signature))
}

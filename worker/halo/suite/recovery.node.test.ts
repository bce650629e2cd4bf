import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { found, noble, webCrypto } from '../../../test/suite-platforms.js'
import { toWire, type HearthError } from '../../protocol/errors.js'
import { newRecoverySecret, recoveryOf } from './recovery.js'
import { recoverySecret, recoveryWords } from './recovery-words.js'
import { seal } from './seal.js'
import { verify } from './signing.js'

const secret = new Uint8Array(32).fill(0x7f)
const words = recoveryWords(secret).split(' ')
const log = new Uint8Array(32).fill(1)
const text = Uint8Array.of(1, 2, 3)

const replaced = (at: number, by: string) => words.map((word, i) => (i === at ? by : word)).join(' ')

function failure(typed: string): HearthError {
  try {
    recoverySecret(typed)
  } catch (e) {
    return e as HearthError
  }
  throw new Error('was taken')
}

describe('the recovery words', () => {
  it('are 24, and give the secret back', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const typed = recoveryWords(bytes)
        assert.equal(typed.split(' ').length, 24)
        assert.deepEqual(recoverySecret(typed), bytes)
      }),
    ))
  it('are taken in any case, with any space between and around them', () => {
    for (const typed of [
      words.join(' ').toUpperCase(),
      `\n  ${words.join(' \t\r\n')}  `,
      words.join('\u00a0'),
      words.join('\u3000'),
      words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('\n'),
    ])
      assert.deepEqual(recoverySecret(typed), secret)
  })
  it('are of the platform’s chance', () => {
    assert.deepEqual(
      newRecoverySecret({ ...found, random: (n) => new Uint8Array(n).fill(9) }),
      new Uint8Array(32).fill(9),
    )
  })
  it('that hold one which is not on the list: the person is told which by its place', () => {
    const e = failure(replaced(6, 'hearth'))
    assert.deepEqual([e.code, e.details], ['halo/recovery-word', { position: 7 }])
    assert.match(e.message, /^Word 7 is not a recovery word/)
  })
  it('that are too few or too many: the person is told how many there are', () => {
    for (const typed of ['', words.slice(1).join(' '), [...words, words[0]].join(' ')]) {
      const e = failure(typed)
      assert.deepEqual([e.code, e.details.expected], ['halo/recovery-count', 24])
      assert.equal(e.details.found, typed.split(' ').filter(Boolean).length)
    }
  })
  it('that are all on the list, and in another order or one another: the checksum says so', () => {
    assert.equal(failure(replaced(23, words[0]!)).code, 'halo/recovery-checksum')
    assert.equal(failure([...words].reverse().join(' ')).code, 'halo/recovery-checksum')
  })
  it('are in no error', () => {
    for (const typed of [replaced(0, 'secretly'), words.slice(1).join(' '), [...words].reverse().join(' ')]) {
      const e = failure(typed)
      const said = inspect(e, { depth: null, showHidden: true }) + JSON.stringify(toWire(e))
      for (const word of typed.split(' ').filter((one) => one.length > 6))
        assert.ok(!said.includes(word), word)
    }
  })
})

describe('recovery', () => {
  it('derives the same keys on every device', async () => {
    const [a, b] = [await recoveryOf(webCrypto, secret), await recoveryOf(noble, secret)]
    assert.deepEqual(a.signer.publicKey, b.signer.publicKey)
    assert.deepEqual(a.opener.publicKey, b.opener.publicKey)
    assert.deepEqual(a.topic, b.topic)
    // Other bytes would lose everything to those who wrote their words down.
    assert.deepEqual([a.signer.publicKey, a.opener.publicKey, a.topic].map(hex), GOLDEN)
  })
  it('signs, and opens what was sealed to it', async () => {
    const { signer, opener } = await recoveryOf(found, secret)
    const signature = await signer.sign('membership-entry', log, text)
    assert.equal(await verify(found, signer.publicKey, 'membership-entry', log, text, signature), true)
    const sealed = await seal(found, opener.publicKey, 'recovery-epoch-key', log, text)
    assert.deepEqual(await opener.open('recovery-epoch-key', log, sealed), text)
  })
  it('of other words is another in everything', async () => {
    const [a, b] = [await recoveryOf(found, secret), await recoveryOf(found, new Uint8Array(32))]
    assert.notDeepEqual(a.signer.publicKey, b.signer.publicKey)
    assert.notDeepEqual(a.opener.publicKey, b.opener.publicKey)
    assert.notDeepEqual(a.topic, b.topic)
  })
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const GOLDEN = [
  'c8f4615683a92c8ec7ac8a5e8815484afc26bb2b46a494fdd5449290a08d8358',
  'a51f85226db3aa920f76d4c62ba4b112f35163f11c9a88243b7da87c94e93721',
  '4f5243d4e47dd579bd599cb51a1a042f034f1f8cd8ed71ff6ac15763a85820cd',
]

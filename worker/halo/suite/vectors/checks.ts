/**
 * What the suite must do with published vectors, as a list that any runner can go through: `node:test` does in
 * `vectors.node.test.ts`, real browsers in `suite.test.ts`. Nothing but tests imports this folder.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { agreementKeyFromSeed, agreementOf } from '../agreement.js'
import { gcmDecrypt, gcmEncrypt } from '../committing.js'
import { hkdf } from '../derive.js'
import * as ed25519 from '../ed25519.js'
import { keyFromSeed } from '../private-key.js'
import type { SuitePlatform } from '../platform.js'
import { isCanonicalU } from '../point.js'
import { recoverySecret, recoveryWords } from '../recovery-words.js'
import * as x25519 from '../x25519.js'
import { BIP39 } from './bip39.js'
import { RFC_5869, RFC_7748_ALICE_AND_BOB, RFC_7748_MULTIPLY, RFC_7748_TURNS, RFC_8032 } from './rfc.js'
import { SPECCHECK, SPECCHECK_ACCEPTED } from './speccheck.js'
import { WYCHEPROOF_AES_GCM } from './wycheproof-aes-gcm.js'
import { WYCHEPROOF_ED25519 } from './wycheproof-ed25519.js'
import { WYCHEPROOF_X25519 } from './wycheproof-x25519.js'

export interface Check {
  readonly name: string
  run(platform: SuitePlatform): Promise<void>
}

export const checks: readonly Check[] = [
  check('Ed25519: RFC 8032 §7.1', RFC_8032, async (platform, [secret, publicKey, message, signature]) => {
    const key = await keyFromSeed(platform, 'Ed25519', bytes(secret))
    same(key.publicKey, bytes(publicKey))
    same(await ed25519.sign(platform, key, bytes(message)), bytes(signature))
    same(await ed25519.verify(platform, key.publicKey, bytes(message), bytes(signature)), true)
  }),
  check('Ed25519: edge cases', SPECCHECK, async (platform, [number, publicKey, signature, message]) => {
    const verdict = await ed25519.verify(platform, bytes(publicKey), bytes(message), bytes(signature))
    same(verdict, SPECCHECK_ACCEPTED.includes(Number(number)))
  }),
  check('Ed25519: Wycheproof', WYCHEPROOF_ED25519, async (platform, [, verdict, ...vector]) => {
    const [publicKey, signature, message] = vector.map(bytes) as [Uint8Array, Uint8Array, Uint8Array]
    same(await ed25519.verify(platform, publicKey, message, signature), verdict === 'valid')
  }),
  check('X25519: RFC 7748 §5.2', RFC_7748_MULTIPLY, async (platform, [secret, publicKey, shared]) => {
    same(await share(platform, bytes(secret), bytes(publicKey)), bytes(shared))
  }),
  check('X25519: RFC 7748 §5.2, in turns', RFC_7748_TURNS, async (platform, [turns, result]) => {
    const start = bytes(`09${'00'.repeat(31)}`)
    let [k, u]: [Uint8Array, Uint8Array] = [start, start]
    for (let turn = 0; turn < Number(turns); turn++) [k, u] = [await share(platform, k, u), k]
    same(k, bytes(result))
  }),
  check('X25519: RFC 7748 §6.1', RFC_7748_ALICE_AND_BOB, async (platform, vector) => {
    const [a, alice, b, bob, shared] = vector.map(bytes) as Five
    same((await agreementKeyFromSeed(platform, a)).publicKey, alice)
    same((await agreementKeyFromSeed(platform, b)).publicKey, bob)
    same(await agree(platform, a, bob), shared)
    same(await agree(platform, b, alice), shared)
  }),
  check('X25519: Wycheproof', WYCHEPROOF_X25519, async (platform, [, secret, publicKey, shared]) => {
    const result = await agree(platform, bytes(secret), bytes(publicKey)).catch(codeOf)
    const refused = shared === '-' || !isCanonicalU(bytes(publicKey))
    same(result, refused ? 'halo/weak-key' : bytes(shared))
  }),
  check('HKDF: RFC 5869', RFC_5869, async (_, [secret, salt, info, output]) => {
    const length = bytes(output).length
    same(hkdf(bytes(secret), bytes(salt), bytes(info), length), bytes(output))
  }),
  check('AES-GCM: Wycheproof', WYCHEPROOF_AES_GCM, async ({ subtle }, [, verdict, ...vector]) => {
    const [key, iv, data, plaintext, ciphertext] = vector.map(bytes) as Five
    const opened = await gcmDecrypt(subtle, key, iv, ciphertext, data).catch(codeOf)
    same(opened, verdict === 'valid' ? plaintext : 'halo/unreadable')
    if (verdict === 'valid') same(await gcmEncrypt(subtle, key, iv, plaintext, data), ciphertext)
  }),
  check('BIP-39: 24 English words', BIP39, async (_platform, [entropy, ...words]) => {
    same(recoveryWords(bytes(entropy)), words.join(' '))
    same(recoverySecret(words.join(' ')), bytes(entropy))
  }),
]

type Five = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

/** @param vectors one a line, its parts separated by spaces */
function check(
  name: string,
  vectors: string,
  one: (platform: SuitePlatform, vector: string[]) => Promise<void>,
): Check {
  const lines = vectors.trim().split('\n')
  return {
    name: `${name} (${lines.length})`,
    async run(platform) {
      for (const line of lines)
        await one(platform, line.split(' ')).catch((e: Error) => {
          throw new Error(`${e.message}, in ${line}`)
        })
    },
  }
}

const bytes = (hex: string | undefined): Uint8Array => hexToBytes(hex === '-' ? '' : hex!)

const share = async (platform: SuitePlatform, secret: Uint8Array, publicKey: Uint8Array) =>
  x25519.share(platform, await keyFromSeed(platform, 'X25519', secret), publicKey)

const agree = async (platform: SuitePlatform, secret: Uint8Array, publicKey: Uint8Array) =>
  agreementOf(platform, await agreementKeyFromSeed(platform, secret)).agree(publicKey)

const codeOf = (e: { code?: string }) => e.code ?? String(e)

type Result = Uint8Array | string | boolean

function same(is: Result, should: Result): void {
  const [a, b] = [is, should].map((one) => (typeof one === 'object' ? bytesToHex(one) : String(one)))
  if (a !== b) throw new Error(`${a} instead of ${b}`)
}

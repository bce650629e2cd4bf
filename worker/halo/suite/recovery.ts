/**
 * Recovery: 24 words (BIP-39, English) are 256 bits of chance, and everything that recovers an identity is derived from
 * them. The words cross to one place only, the shell's own window; they and the secret are in no log and in no error.
 * Spec: docs/protocol/suite.md.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { HearthError } from '../../protocol/errors.js'
import { agreementKeyFromSeed, agreementOf } from './agreement.js'
import { derive } from './derive.js'
import type { DeriveLabel } from './labels.js'
import type { SuitePlatform } from './platform.js'
import { openerOf, type Opener } from './seal.js'
import { signerOf, signingKeyFromSeed, type Signer } from './signing.js'

export const RECOVERY_WORDS = 24
const SECRET_BYTES = 32

/** What the words can do. */
export interface Recovery {
  /** May add and revoke devices, and nothing else. */
  readonly signer: Signer
  /** Opens the epochs of the personal space. */
  readonly opener: Opener
  /** 32 bytes, for the topics under which the personal space is found. */
  readonly topic: Uint8Array
}

export const newRecoverySecret = (platform: SuitePlatform): Uint8Array => platform.random(SECRET_BYTES)

/** The words, with a space between each two. */
export const recoveryWords = (secret: Uint8Array): string => entropyToMnemonic(secret, wordlist)

/**
 * The secret that the words stand for. Case does not matter, nor what kind of space is between them, or how much.
 * @throws HearthError `halo/recovery-word` with its `position` from 1, `halo/recovery-count`, `halo/recovery-checksum`
 */
export function recoverySecret(text: string): Uint8Array {
  const words = text.normalize('NFKD').toLowerCase().match(/\S+/g) ?? []
  const stranger = words.findIndex((word) => !wordlist.includes(word))
  if (stranger >= 0) throw new HearthError('halo/recovery-word', { position: stranger + 1 })
  if (words.length !== RECOVERY_WORDS)
    throw new HearthError('halo/recovery-count', { expected: RECOVERY_WORDS, found: words.length })
  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch {
    throw new HearthError('halo/recovery-checksum')
  }
}

export async function recoveryOf(platform: SuitePlatform, secret: Uint8Array): Promise<Recovery> {
  const from = (label: DeriveLabel) => derive(platform, label, null, secret)
  const signing = await signingKeyFromSeed(platform, await from('recovery-signing'))
  const agreement = await agreementKeyFromSeed(platform, await from('recovery-agreement'))
  return {
    signer: signerOf(platform, signing),
    opener: openerOf(platform, agreementOf(platform, agreement)),
    topic: await from('recovery-topic'),
  }
}

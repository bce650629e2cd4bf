/**
 * The secret of recovery as 24 words (BIP-39, English). They cross to one place only, the shell's own window, and are in no
 * error. Loaded when they are asked for: the list is long.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { HearthError } from '../../protocol/errors.js'

export const RECOVERY_WORDS = 24

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

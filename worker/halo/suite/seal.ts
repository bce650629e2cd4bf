/**
 * Encryption to one device's X25519 key, as HPKE does it: a fresh key agrees with the recipient's, and what they share
 * becomes a key for this one text. Both public keys, the label and the log are part of the derivation, so nothing sealed
 * can be passed off as sealed to somebody else, by another key, or for another log.
 *
 *   sealed = ephemeral public key (32) ‖ commitment (32) ‖ ciphertext and tag
 *
 * It says nothing about who sealed it: the entry that it is part of is signed.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { HearthError } from '../../protocol/errors.js'
import { agreementOf, generateAgreementKey, type Agreement } from './agreement.js'
import { COMMITMENT_BYTES, lock, MATERIAL_BYTES, unlock } from './committing.js'
import { hkdf } from './derive.js'
import { frame, type Log, type SealLabel } from './labels.js'
import { PUBLIC_KEY_BYTES, type SuitePlatform } from './platform.js'

/** Opens what is sealed to one public key. */
export interface Opener {
  readonly publicKey: Uint8Array
  /** @throws HearthError `halo/unreadable`: sealed to another key, label or log, or changed */
  open(label: SealLabel, log: Log, sealed: Uint8Array): Promise<Uint8Array>
}

/** @throws HearthError `halo/weak-key`: nothing can be sealed to that key */
export async function seal(
  platform: SuitePlatform,
  to: Uint8Array,
  label: SealLabel,
  log: Log,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const ephemeral = agreementOf(platform, await generateAgreementKey(platform))
  const shared = await ephemeral.agree(to)
  const info = frame(
    'seal',
    label,
    log,
    // defence: sealed-with
    ephemeral.publicKey,
    // defence: sealed-to
    to,
  )
  const material = hkdf(shared, NO_SALT, info, MATERIAL_BYTES)
  const { commitment, bytes } = await lock(platform.subtle, material, plaintext, NOTHING)
  return concatBytes(ephemeral.publicKey, commitment, bytes)
}

export const openerOf = ({ subtle }: SuitePlatform, own: Agreement): Opener => ({
  publicKey: own.publicKey,
  async open(label, log, sealed) {
    const ephemeral = sealed.subarray(0, PUBLIC_KEY_BYTES)
    const info = frame(
      'seal',
      label,
      log,
      // defence: sealed-with
      ephemeral,
      // defence: sealed-to
      own.publicKey,
    )
    const shared = await own.agree(ephemeral).catch(() => {
      throw new HearthError('halo/unreadable')
    })
    const material = hkdf(shared, NO_SALT, info, MATERIAL_BYTES)
    const commitment = sealed.subarray(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES + COMMITMENT_BYTES)
    const bytes = sealed.subarray(PUBLIC_KEY_BYTES + COMMITMENT_BYTES)
    return unlock(subtle, material, { commitment, bytes }, NOTHING)
  },
})

/** The shared secret is fresh each time, and its own salt. */
const NO_SALT = new Uint8Array()
const NOTHING = new Uint8Array()

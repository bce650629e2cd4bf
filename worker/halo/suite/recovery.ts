/**
 * Recovery: 256 bits of chance, as 24 words on paper (`recovery-words.ts`), and everything that recovers an identity is derived
 * from them. The secret is in no log and in no error.
 * Spec: docs/protocol/suite.md.
 */
import { agreementKeyFromSeed, agreementOf } from './agreement.js'
import { derive } from './derive.js'
import type { DeriveLabel } from './labels.js'
import type { SuitePlatform } from './platform.js'
import { openerOf, type Opener } from './seal.js'
import { signerOf, signingKeyFromSeed, type Signer } from './signing.js'

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

export async function recoveryOf(platform: SuitePlatform, secret: Uint8Array): Promise<Recovery> {
  const from = (label: DeriveLabel) => derive(label, null, secret)
  const signing = await signingKeyFromSeed(platform, await from('recovery-signing'))
  const agreement = await agreementKeyFromSeed(platform, await from('recovery-agreement'))
  return {
    signer: signerOf(platform, signing),
    opener: openerOf(platform, agreementOf(platform, agreement)),
    topic: await from('recovery-topic'),
  }
}

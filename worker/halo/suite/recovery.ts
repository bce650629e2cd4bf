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
  /** 32 bytes, which devices of the identity know, too: by these they meet whoever has the words. */
  readonly topic: Uint8Array
}

/** Bytes of what devices know of the words, so as to meet whoever has them. */
export const WORDS_TOPIC_BYTES = 32

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

/** Where whoever has the words meets devices of the identity: a KUBE sees the topic, the rest has to be known. @param from `Recovery.topic` */
export const wordsMeeting = (from: Uint8Array) => ({
  topic: derive('words-topic', null, from),
  secret: derive('words-hint', null, from),
  psk: derive('words-psk', null, from),
})

/** What keeping a space at a KUBE needs of it, beside what replicating does: supplied by the runtime. */
import type { Keep, KeptCapsule, KeptFeed } from '../../protocol/wire.js'
import type { Replica } from '../platform.js'

export interface Registered {
  readonly asOf: readonly string[]
  readonly admins: readonly string[]
  readonly members: readonly string[]
  readonly feeds: readonly KeptFeed[]
  readonly signer: string
  readonly signature: Uint8Array
}

/** What leads from a passkey to the words, as it is said to a KUBE. */
export type PasskeyLead = Extract<Keep, readonly ['passkey', ...unknown[]]>

/** Its log goes sealed, and comes so. */
export interface KeptReplica extends Replica {
  /** Shows that this device is in. @param said what the two agreed on in this session */
  access(said: Uint8Array): Promise<readonly [publicKey: Uint8Array, signature: Uint8Array]>
  /** Whose feeds to take, as of the heads that are here; undefined if this device may not say so. @throws HearthError `halo/keys-lost` */
  registration(): Promise<Registered | undefined>
  /** Whether it is this identity's own, to which the recovery words are to lead. */
  readonly isPersonal: boolean
  /** What leads to that, and those words' key; undefined if it is not known (yet). @throws HearthError `store/…` */
  capsule(): Promise<readonly [words: Uint8Array, ...KeptCapsule] | undefined>
  /** What leads from passkeys to those words, as far as it is known, no more than may be kept. @throws HearthError `store/…` */
  passkeys(): Promise<readonly PasskeyLead[]>
  /** @returns who says so, and its signature @throws HearthError `halo/keys-lost`, `halo/not-allowed` */
  forgetting(said: Uint8Array): Promise<readonly [signer: string, signature: Uint8Array]>
}

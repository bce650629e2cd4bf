/** What keeping a space at a KUBE needs of it, beside what replicating does: supplied by the runtime. */
import type { KeptCapsule, KeptFeed } from '../../protocol/wire.js'
import type { Replica } from '../platform.js'

export interface Registered {
  readonly asOf: readonly string[]
  readonly admins: readonly string[]
  readonly members: readonly string[]
  readonly feeds: readonly KeptFeed[]
  readonly signer: string
  readonly signature: Uint8Array
}

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
  /** @returns who says so, and its signature @throws HearthError `halo/keys-lost`, `halo/not-allowed` */
  forgetting(said: Uint8Array): Promise<readonly [signer: string, signature: Uint8Array]>
}

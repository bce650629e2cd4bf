/**
 * What ECHO needs of HALO in one space, declared here and supplied by the runtime: who writes, whether they may, and what entries
 * are signed and sealed with.
 */
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { SpaceInfo } from '../protocol/rpc.js'

/** What an entry says in the clear of its space. Ids are hashes, as 43 characters. */
export interface EntryContext {
  /** The space, as those know it who cannot read it: 32 bytes. */
  readonly replica: Uint8Array
  /** Heads of the membership log that the author knew. */
  readonly heads: readonly string[]
  /** Epochs whose keys it is sealed under. */
  readonly epochs: readonly string[]
}

export interface Sealed {
  readonly salt: Uint8Array
  /** Which key opens it, and no other. */
  readonly commitment: Uint8Array
  readonly bytes: Uint8Array
}

export interface Keeper {
  readonly id: SpaceId
  readonly info: SpaceInfo
  /** This device, which is its feed. */
  readonly device: DeviceId
  /** Whether others heed what is written here. */
  readonly mayWrite: boolean
  /** @throws HearthError `halo/key-missing` */
  context(): Promise<EntryContext>
  /** Padded, and sealed with what belongs to it. @throws HearthError `halo/key-missing` */
  encrypt(epochs: readonly string[], clear: Uint8Array, text: Uint8Array): Promise<Sealed>
  /** @throws HearthError `halo/key-missing`, `halo/unreadable` */
  decrypt(epochs: readonly string[], clear: Uint8Array, sealed: Sealed): Promise<Uint8Array>
  /** With the key of this device. @throws HearthError `halo/keys-lost` */
  sign(replica: Uint8Array, header: Uint8Array): Promise<Uint8Array>
  verify(feed: DeviceId, replica: Uint8Array, header: Uint8Array, signature: Uint8Array): Promise<boolean>
}

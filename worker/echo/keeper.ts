/**
 * What ECHO needs of HALO in one space, declared here and supplied by the runtime: who writes, whether they may, and what entries
 * are signed and sealed with.
 */
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import type { SpaceInfo } from '../protocol/facts.js'

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

/** Which entries count, as far as they are known; the same wherever the same are. Ids are hashes, as 43 characters. */
export interface Judge {
  has(id: string): boolean
  /** @throws RangeError for what no entry can be */
  add(header: JudgedHeader): void
  /** Since this was last called: parents first; children first. */
  takeChanges(): { readonly accepted: readonly string[]; readonly withdrawn: readonly string[] }
  quarantined(): readonly Quarantined[]
  /** The last entry of a feed that counts, for whoever ends it; seq 0 and null where there is none. */
  cutOf(device: DeviceId): FeedPosition
  forks(): readonly Fork[]
  /** What would let entries be judged that cannot be: ids of log entries, and of entries of feeds. */
  waiting(): { readonly log: readonly string[]; readonly entries: readonly string[] }
}
/** An entry that is durable here, from wherever it came. */
export interface Appended {
  readonly feed: DeviceId
  readonly seq: number
  readonly id: string
  readonly bytes: Uint8Array
}
export interface FeedPosition {
  readonly seq: number
  readonly hash: string | null
  readonly heads: readonly string[]
}
export interface JudgedHeader {
  readonly id: string
  readonly feed: DeviceId
  readonly seq: number
  readonly prev: string | null
  readonly heads: readonly string[]
  readonly deps: readonly string[]
  readonly epochs: readonly string[]
}
/** A device has written different entries at this position, which is the lowest one. */
export interface Fork {
  readonly feed: DeviceId
  readonly seq: number
  /** Ids of the entries there, in order: some may not be here. */
  readonly entries: readonly string[]
}
export interface Quarantined {
  readonly id: string
  readonly feed: DeviceId
  readonly seq: number
  readonly reason: { readonly code: string }
}

/** What is sealed, and what is signed: nothing that was made as the one passes for the other. */
export type Sealing = 'feed-body' | 'checkpoint-piece'
export type Signing = 'feed-entry' | 'checkpoint'

export interface Keeper {
  readonly id: SpaceId
  readonly info: SpaceInfo
  /** This device, which is its feed. */
  readonly device: DeviceId
  /** Devices that have, or may have, a feed here: all that were ever in. */
  readonly feeds: readonly DeviceId[]
  /** The device that moved this space from the first builds, and what it was called before. */
  readonly moved: { readonly device: DeviceId; readonly formerly: DeviceId } | undefined
  /** Whether others heed what is written here. */
  readonly mayWrite: boolean
  /** Heads of the membership log, in order: another list is another log. */
  readonly heads: readonly string[]
  /** Judges by the membership log as it is whenever it is asked. */
  judge(): Judge
  /** The space, as those know it who cannot read it: 32 bytes. @throws HearthError `halo/key-missing` */
  replica(): Uint8Array
  /** @throws HearthError `halo/key-missing` */
  context(): Promise<EntryContext>
  /** Padded, and sealed with what belongs to it. @throws HearthError `halo/key-missing` */
  encrypt(what: Sealing, epochs: readonly string[], clear: Uint8Array, text: Uint8Array): Promise<Sealed>
  /** @throws HearthError `halo/key-missing`, `halo/unreadable` */
  decrypt(what: Sealing, epochs: readonly string[], clear: Uint8Array, sealed: Sealed): Promise<Uint8Array>
  /** With the key of this device. @throws HearthError `halo/keys-lost` */
  sign(what: Signing, replica: Uint8Array, header: Uint8Array): Promise<Uint8Array>
  verify(
    what: Signing,
    author: DeviceId,
    replica: Uint8Array,
    header: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>
  /** Whether that device is an admin's, or an owner's, now: it may make them. */
  isAdmin(device: DeviceId): boolean
  /** Whether all of these are in the membership log that is here. */
  knows(heads: readonly string[]): boolean
}

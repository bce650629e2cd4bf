/** What invitations are about, and what is needed of HALO for them: declared here and supplied by the runtime. */
import type { DeviceId, IdentityId, SpaceId } from '../../protocol/ids.js'
import type { Role } from '../../protocol/facts.js'

/** Whom a guest becomes: a member of a space with a role, or, with none, a device of the host's identity. */
export interface Terms {
  /** The personal space, of an identity. */
  readonly space: SpaceId
  readonly role: Role | null
}

/** A person who comes into a space. */
export interface Introduction {
  readonly proof: readonly Uint8Array[]
  readonly consent: readonly [DeviceId, Uint8Array]
}
/** A device that comes into an identity. */
export interface Candidate {
  readonly device: DeviceId
  readonly agreement: Uint8Array
  readonly possession: Uint8Array
}

/** Who may let others in. */
export interface Admitting {
  readonly identity: IdentityId
  /** Entries of this identity's own log. */
  readonly proof: readonly Uint8Array[]
  nameOf(space: SpaceId): string
  /**
   * Of whom this is, the identity or the device: an invitation is used by each of them once.
   * @param key of whoever says so, which the session has shown
   * @throws HearthError `halo/refused`: it is somebody else's, or nobody's
   */
  guestOf(guest: Introduction | Candidate, key: Uint8Array): Promise<string>
  /** @param guest as `guestOf` says */
  isIn(terms: Terms, guest: string): boolean
  /**
   * Lets the guest in, durably; one that is in already stays as it is.
   * @param entry of the space's log, in which the invitation is
   * @returns the logs of what it is in then
   * @throws HearthError `halo/…`, `store/…`
   */
  admit(
    terms: Terms,
    guest: Introduction | Candidate,
    entry?: string,
  ): Promise<readonly (readonly Uint8Array[])[]>
  /** Who was let in by an invitation that is in the log, by whomever. */
  usedBy(space: SpaceId, entry: string): readonly string[]
}

/** Who may follow an invitation. */
export interface Joining {
  /** Whose log this is, if this key is a device's of it. @throws HearthError `halo/invite-forged`, `halo/refused` */
  hostOf(proof: readonly Uint8Array[], key: Uint8Array): Promise<IdentityId>
  introduce(terms: Terms): Promise<Introduction>
  offer(identity: IdentityId): Promise<Candidate>
  /** What this device is in from now on, durably. @throws HearthError `halo/refused`, `store/…` */
  enter(terms: Terms, logs: readonly (readonly Uint8Array[])[]): Promise<void>
}

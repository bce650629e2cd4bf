/** What a tab can ask about people, devices, spaces and where they are kept: each is told again whenever it changes. */
import type { DeviceId, IdentityId, SpaceId } from './ids.js'

export interface SpaceInfo {
  readonly id: SpaceId
  readonly name: string
  readonly personal: boolean
  /** Milliseconds since 1970, by the author's clock. */
  readonly createdAt: number
  /** This identity's. */
  readonly role: Role
}

export type Role = 'owner' | 'admin' | 'editor' | 'reader'

/** Who this is, and on which device. */
export interface IdentityInfo {
  readonly id: IdentityId
  /** As the person has said; empty until then. */
  readonly displayName: string
  readonly deviceId: DeviceId
  readonly deviceName: string
}

/** A device of this identity. */
export interface DeviceInfo {
  readonly id: DeviceId
  readonly name: string
  /** This one. */
  readonly current: boolean
  /**
   * In milliseconds since 1970: now, of this one; of another one, when this one last had a session with it, by the clock here. Null of
   * one that it has not met, and for a moment after a start.
   */
  readonly lastSeen: number | null
  readonly revoked: boolean
}

/** A member of a space. */
export interface MemberInfo {
  /** The identity's. */
  readonly id: IdentityId
  readonly displayName: string
  readonly role: Role
  readonly devices: readonly DeviceId[]
}

export interface ProfileInfo {
  readonly id: IdentityId
  readonly displayName: string
}

/**
 * An invitation, as whoever made it sees it. `waiting`: nobody has come; `greeting`: somebody is here, and says the code; the rest
 * is how it ended: `done`, everybody has come for whom it was; `dead`, too many wrong codes.
 */
export interface InvitationState {
  readonly at: 'waiting' | 'greeting' | 'done' | 'expired' | 'cancelled' | 'dead'
  /** Who came in by it. */
  readonly used: number
  readonly uses: number
  /** Wrong codes so far; at 3 it is `dead`. */
  readonly wrong: number
  /** Milliseconds since 1970, by the clock of the device that made it. */
  readonly expiresAt: number
}

/** How far somebody has come who follows an invitation, or comes back by recovery words. Each but the last two ends within 30 s. */
export interface JoinState {
  /** `connecting` to a server; `looking` for whoever invited; `checking` the code; `entering`; `syncing`; `done` or `failed`. */
  readonly at: 'connecting' | 'looking' | 'checking' | 'entering' | 'syncing' | 'done' | 'failed'
  /** What one is invited to, once that is known. */
  readonly name?: string
  /** Of what the recovery words give back: spaces of which no server that was asked has anything. Missing if there are none. */
  readonly lacks?: number
}

/** A KUBE that keeps a space, as ciphertext that it cannot read. */
export interface HostInfo {
  /** Its address, without a slash at the end. */
  readonly url: string
  /**
   * `kept`: it has all that is here, on its disk; `syncing`: it is there, or is just being asked, and lacks something; `away`: it cannot be reached
   * now, and may not have been asked yet; `refused`: it keeps nothing (any more), and `code` says why.
   */
  readonly state: 'kept' | 'syncing' | 'away' | 'refused'
  readonly code?: string
  /** How many bytes of it are there, and may be, once it has said so. */
  readonly usedBytes?: number
  readonly quotaBytes?: number
  /** Of the personal space: the recovery words lead to it there. Missing until that is known. */
  readonly recovers?: true
  /** Of the personal space: so many passkeys lead to the words there. Missing if none does, or that is not known. */
  readonly passkeys?: number
  /** Of the personal space: all spaces of this person are to be kept there, as far as they may say so, also those that come later. */
  readonly all?: true
}

/** A tab, of this device or another one, that is present where somebody has said so. */
export interface PresenceInfo {
  readonly tab: string
  readonly device: DeviceId
  /** Whose device it is. */
  readonly member: IdentityId
  readonly displayName: string
  /** What JSON can hold. */
  readonly value: unknown
}

/** What such a tab has said on a channel. */
export type SaidInfo = PresenceInfo

/** Facts that a tab can ask for, by their names. */
export interface Facts {
  readonly identity: IdentityInfo
  readonly devices: readonly DeviceInfo[]
  readonly members: readonly MemberInfo[]
  readonly hosts: readonly HostInfo[]
  readonly profile: ProfileInfo
  readonly invitation: InvitationState | null
  readonly joining: JoinState
  readonly presence: readonly PresenceInfo[]
  /** Not a fact that holds: each that is told is one more message. */
  readonly channel: SaidInfo
}

/** What is asked for: of members and hosts, the space's; of a profile, the identity's; of invitations, their own id; of the last two, `<space>/<name>`. */
export type What = readonly [fact: keyof Facts, of?: string]

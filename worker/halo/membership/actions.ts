/**
 * What a membership log is made of: a closed, versioned set of actions. Here they are decoded, and their signatures
 * and proofs verified (`LogEntry`); what each of them may do is judged by `judge.ts`.
 */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import type { Role } from '../../protocol/facts.js'

/** SHA-256 of what was signed, 43 characters of base64url. */
export type LogEntryId = string & { readonly logEntry: unique symbol }

export const ROLES = ['reader', 'editor', 'admin', 'owner'] as const satisfies readonly Role[]
export type { Role }
/** Greater means more rights. */
export const levelOf = (role: Role): number => ROLES.indexOf(role)

/** The least role whose entries in feeds are accepted. */
export const writes = (role: Role): boolean => levelOf(role) >= levelOf('editor')

/** Where a device that goes, or may only read from now on, was last accepted: in its feed, and what of this log it knew then. */
export interface Cut {
  readonly device: DeviceId
  /** Of its last accepted feed entry; 0 and null where there is none. The hash decides; the rest says where to look. */
  readonly seq: number
  readonly hash: string | null
  readonly heads: readonly LogEntryId[]
}

export type Action =
  /** The first entry. In an identity's own log nobody else is ever admitted. */
  | {
      readonly t: 'genesis'
      readonly kind: 'identity' | 'space'
      readonly member: IdentityId
      readonly devices: readonly DeviceId[]
      readonly recovery: DeviceId
    }
  | {
      readonly t: 'admit-member'
      readonly member: IdentityId
      readonly role: Role
      readonly devices: readonly DeviceId[]
      /** The key of the member's recovery words, which may add and revoke its devices, and nothing else. */
      readonly recovery: DeviceId
    }
  | { readonly t: 'admit-device'; readonly member: IdentityId; readonly device: DeviceId }
  /** `cuts`: to `reader`, one for each of the member's devices. Who still writes needs none. */
  | {
      readonly t: 'set-role'
      readonly member: IdentityId
      readonly role: Role
      readonly cuts?: readonly Cut[]
    }
  /** `cuts`: one for each of the member's devices. */
  | { readonly t: 'remove-member'; readonly member: IdentityId; readonly cuts: readonly Cut[] }
  | { readonly t: 'revoke-device'; readonly member: IdentityId; readonly cut: Cut }
  /** A member goes on as another identity, with its role, its rank and its devices: one person had two. */
  | {
      readonly t: 'rebind-member'
      readonly member: IdentityId
      readonly to: IdentityId
      /** Of the words of `to`. */
      readonly recovery: DeviceId
    }
  | { readonly t: 'rotate-epoch' }
  /** Of the author. */
  | { readonly t: 'profile' }
  | { readonly t: 'invitation'; readonly role: Role }
  /** Keys of epochs, to devices whose admission the epochs' authors had not heard of. */
  | { readonly t: 'reseal' }
  | { readonly t: 'rename' }
  /** For everyone. */
  | { readonly t: 'delete' }

export interface LogEntry {
  readonly id: LogEntryId
  /** Sorted; none for genesis alone. */
  readonly parents: readonly LogEntryId[]
  /** The key that has signed it: nothing else says who the author is. */
  readonly author: DeviceId
  readonly action: Action
}

/** Begins a new epoch: those who were there before may know the old key. */
export const beginsEpoch = ({ t }: Action): boolean =>
  t === 'genesis' ||
  // defence: removal-begins-an-epoch
  t === 'remove-member' ||
  // defence: revocation-begins-an-epoch
  t === 'revoke-device' ||
  t === 'rotate-epoch'

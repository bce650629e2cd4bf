/** Shapes that apps see. */
import type { HearthError } from '../worker/protocol/errors.js'
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type {
  DeviceInfo,
  IdentityInfo,
  InvitationState,
  JoinState,
  HostInfo,
  MemberInfo,
  PresenceInfo,
  ProfileInfo,
  Role,
  SpaceInfo,
} from '../worker/protocol/facts.js'
import type { WorkerMode } from '../worker/protocol/rpc.js'
import type { Damage, Fork, Quarantine, LinkInfo, SyncInfo } from '../worker/protocol/status.js'
import type { Live } from './live.js'

/** Fields of which nothing is declared: an app in plain JavaScript, or one that gives no type. */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` would refuse `todo.title.length` to those who declare nothing
export type Untyped = Record<string, any>

/** A live object: read it as a plain one, and assign to it; every tab sees the change. */
export type LiveObject<T extends object = Untyped> = T & { readonly id: ObjectId }

/** One change of an object, as `on` reports it. */
export interface Change {
  /** From the object's root. */
  readonly path: readonly (string | number)[]
  readonly kind:
    'set' | 'delete' | 'list' | 'text' | 'move' | 'increment' | 'convert' | 'remove' | 'restore' | 'replace'
  /** For lists and texts (UTF-16 units): where, how many went, and what came. */
  readonly index?: number
  readonly deleteCount?: number
  readonly inserted?: unknown
}
export interface ChangeEvent {
  readonly changes: readonly Change[]
  /**
   * Who made it: this tab, another one of this device, another device of this identity, or another member. Of an object
   * that was read anew as a whole (`replace`) it is not known who made what is new in it: it is told as one of this device.
   */
  readonly origin: 'here' | 'tab' | 'device' | 'member'
  /**
   * The id of the device that made it, as in `home.devices` and `members`. Of several that changed the object and were heard of at once,
   * the last.
   */
  readonly by: string
}

export interface Meta {
  readonly id: ObjectId
  readonly type: string
  readonly space: SpaceId
  /** By the author's clock: for people. */
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly author: string
  readonly state: 'loaded' | 'loading' | 'missing'
  /** Whether this tab has edits of it that are not confirmed. */
  readonly pending: boolean
  readonly issues: readonly string[]
}

/** A write that was shown and then refused. Nothing of it is lost until it is discarded. */
export interface Rejected {
  readonly code: HearthError['code']
  readonly message: string
  readonly error: HearthError
  readonly at: Date
  readonly space: SpaceId
  /** What was to be written: object by object, new values and edits. */
  readonly values: readonly {
    readonly id: ObjectId
    readonly created?: unknown
    readonly edits?: readonly unknown[]
  }[]
  /** Writes it again on what is there now. @throws HearthError `echo/lost-base` if that is gone */
  retry(): Promise<void>
  discard(): void
}

export interface HomeStatus {
  /** Whether the browser has a network; nothing here needs one. */
  readonly online: boolean
  /** Batches of this tab that are not durable yet. */
  readonly unsaved: number
  /** Bytes; 0 where the browser does not say. */
  readonly storage: { readonly used: number; readonly quota: number; readonly persisted: boolean }
  readonly worker: {
    readonly instance: string
    readonly version: string
    readonly mode: WorkerMode
    /** It has said nothing for some seconds: what is written here is shown here only, and is not stored yet. */
    readonly silent: boolean
    readonly tabs: number
  }
  /** What of the store could not be read; everything else is there. */
  readonly damage: readonly Damage[]
  /** Entries of other devices that do not count, and why: they are kept, and not shown. */
  readonly quarantine: readonly Quarantine[]
  /** Devices as which two have written: one profile is a copy of another. */
  readonly forks: readonly Fork[]
  /** Devices that this one is connected with. */
  readonly peers: number
  readonly links: readonly LinkInfo[]
  /** Servers at which others are met; `none` before anybody was invited, or anything joined. */
  readonly kube: 'none' | 'away' | 'connected'
  /** Why they are away, if one has said so. */
  readonly refusal?: { readonly code: string; readonly message: string }
  /** What this device and others have of each other. */
  readonly sync: SyncInfo
}

/** A tab that is present, and whose it is. */
export interface Present<T = unknown> extends PresenceInfo {
  readonly value: T
}
export interface Presence<T = unknown> {
  /** Everybody but this tab: gone within 2 s of a tab's end, within 10 s if it is frozen. */
  readonly others: Live<readonly Present<T>[]>
  /**
   * Where this tab is: up to 16 KiB of what JSON can hold; null, not here any more.
   * @throws HearthError `mesh/too-large`, `echo/invalid`
   */
  set(value: T | null): Promise<void>
}
export interface Channel<T = unknown> {
  /**
   * Up to 16 KiB of what JSON can hold. What is beyond 100 a second is dropped.
   * @throws HearthError `mesh/too-large`, `echo/invalid`
   */
  send(value: T): Promise<void>
  /** @returns stops it */
  subscribe(run: (message: Present<T>) => void): () => void
}

export interface InvitationOptions {
  /** Of whoever comes. Default `editor`. */
  readonly role?: Role
  /** How many may come. Default 1. */
  readonly uses?: number
  /** Default 600,000: ten minutes; at most 30 days. */
  readonly expiresMs?: number
  /** Whether a code of 6 digits is asked for beside the link. Default true. */
  readonly code?: boolean
  /**
   * The last one that this device has made for the same and that is still open, as it is, instead of another one; the rest of the
   * options says nothing then. Where there is none, it is `halo/invite-unknown`. Default false.
   */
  readonly again?: boolean
}
export interface Invitation {
  /** To be sent to whom it is for: it opens Hearth, and what is secret of it is not sent to the server. */
  readonly link: string
  /** 6 digits, to be told in another way than the link; null where there is none. */
  readonly code: string | null
  /** The link as a QR code: an SVG image of it, as text. */
  qr(): string
  readonly state: Live<InvitationState>
  /** Nobody comes in by it any more. */
  cancel(): Promise<void>
}
export interface JoinOptions {
  readonly code?: string
  readonly onState?: (state: JoinState) => void
  readonly signal?: AbortSignal
}

export interface ImportOptions {
  /** A new space, also where this device is in the one that was written. */
  readonly copy?: boolean
  /** The 24 recovery words of whoever wrote it: this device becomes one of theirs, and has the very space. What it has stays, and goes over to them. */
  readonly words?: string
  /** Of `words`: where others are met from then on. As of `recover`. */
  readonly kube?: RecoverOptions['kube']
}

export interface RecoverOptions {
  /** Address of a server that keeps what the words are of, or of several. Default: that of `open`, or the one that the script came from. */
  readonly kube?: string | readonly string[]
  readonly onState?: (state: JoinState) => void
  readonly signal?: AbortSignal
}

export type {
  Damage,
  DeviceInfo,
  Fork,
  HostInfo,
  IdentityInfo,
  InvitationState,
  JoinState,
  MemberInfo,
  ProfileInfo,
  Quarantine,
  Role,
  SpaceInfo,
  SyncInfo,
  WorkerMode,
}

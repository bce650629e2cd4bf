/** Shapes that apps see. */
import type { HearthError } from '../worker/protocol/errors.js'
import type { ObjectId, SpaceId } from '../worker/protocol/ids.js'
import type {
  Damage,
  Fork,
  Quarantine,
  DeviceInfo,
  IdentityInfo,
  MemberInfo,
  ProfileInfo,
  Role,
  SpaceInfo,
  WorkerMode,
} from '../worker/protocol/rpc.js'

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
  /** This tab, or another one. */
  readonly origin: 'here' | 'tab'
  /** The device that made it. */
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
}

export type {
  Damage,
  DeviceInfo,
  Fork,
  IdentityInfo,
  MemberInfo,
  ProfileInfo,
  Quarantine,
  Role,
  SpaceInfo,
  WorkerMode,
}

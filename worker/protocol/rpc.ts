/**
 * Tab <-> worker. Queries, patches and edits go over one MessagePort for each tab, in frames, because their order
 * among each other is what keeps a view from flickering: a tab must not hear that an edit is confirmed before it hears
 * what that did to its queries. Requests and answers (`session-api.ts`) go over Comlink, on a port of their own.
 *
 * RPC_VERSION history: 1, the first; 2, who is who: `ask` and `told`, identity and roles.
 */
import type { WireError } from './errors.js'
import type { Facts, IdentityInfo, SpaceInfo, What } from './facts.js'
import type { ClientId, DeviceId, InstanceId, ObjectId, SpaceId } from './ids.js'
import type { Op } from './operations.js'
import type { QuerySpec, Queryable } from './queries.js'
import type { WorkerStatus } from './status.js'
import type { StoredRecord } from './values.js'

export const RPC_VERSION = 2
/** A worker serves tabs of its own version and of the one before. */
export const OLDEST_SERVED = 1

/** Builds are `<version>+<when>`, and ordered by when they were made: 8 digits of base 36. */
const madeAt = (build: string) => /\+([0-9a-z]{8})$/.exec(build)?.[1] ?? ''
/** Whether a build comes after another one. One from source comes after none. */
export const isNewer = (build: string, other: string): boolean => madeAt(build) > madeAt(other)

/** Web Locks by which each side learns that the other is gone. */
export const tabLock = (client: ClientId) => `hearth:tab:${client}`
export const workerLock = (instance: InstanceId) => `hearth:worker:${instance}`
/** Held by the one worker instance that may write this origin's store. */
export const OWNER_LOCK = 'hearth:owner'
/** BroadcastChannel on which workers of one origin agree who has the store. */
export const OWNER_CHANNEL = 'hearth:owner'
/** The worker says something to each tab this often, be it an empty frame, in milliseconds: else it is silent. */
export const BEAT_MS = 1000
/** The worker asks each tab this often whether it is still there, in milliseconds; a frozen tab keeps its lock. */
export const PING_MS = 5000

/**
 * What runs the runtime of an origin. `shared`: a SharedWorker of the well-known script; `shared-file`: of a script of
 * the page's own that imports it; `shared-blob`: of a `blob:` URL that does; `elected-tab`: a worker of one of the tabs.
 */
export type WorkerMode = 'shared' | 'shared-file' | 'shared-blob' | 'elected-tab'

/** The first message on a port. It is answered by a frame: with `welcome`, `moved`, or `end` and the reason. */
export interface Hello {
  readonly rpc: number
  readonly build: string
  readonly client: ClientId
  /** The app's name, for the list of what is open. */
  readonly app: string
  /** Whether the tab holds its lock; if not, it says `held` once it does. */
  readonly held: boolean
  /** Where Hearth's files are, for a worker whose own script lies elsewhere: a URL that ends in a slash. */
  readonly files?: string
  /** The shell's own page, which may show the recovery words. */
  readonly shell?: boolean
}

export interface Welcome {
  readonly rpc: number
  readonly build: string
  readonly instance: InstanceId
  readonly mode: WorkerMode
  readonly device: DeviceId
  readonly identity: IdentityInfo
  /** The personal space first, then in order of creation. */
  readonly spaces: readonly SpaceInfo[]
  /** Highest batch of this client that is durable: all up to it are, or were refused. */
  readonly mark: number
  /** Batches that were refused, which this client may not have heard: `n`, and why. Safe to repeat. */
  readonly refused?: readonly (readonly [n: number, error: WireError])[]
  readonly status: WorkerStatus
}

/** What workers say to each other on `OWNER_CHANNEL`. */
export type OwnerMessage =
  /** A worker waits for the store. `shared`: whoever opens the address finds this one, and no other. */
  | { readonly t: 'waits'; readonly build: string; readonly url: string; readonly shared?: boolean }
  /** It keeps waiting in vain: this one has the store and is not older. */
  | { readonly t: 'owns'; readonly build: string; readonly url: string }

/** One object as the worker has it. */
export interface ObjectRecord extends Queryable {
  readonly space: SpaceId
  /** Removed. It is in no query, and what is written to it meanwhile shows if it is restored. */
  readonly gone: boolean
}

/** Which device made an edit that came from elsewhere, and whose it is: another one of this identity, or another member's. */
export type Author = readonly [whose: 'device' | 'member', device: DeviceId]

/** What many records have in common: it is sent, and kept in a tab, once for all of them. */
export type RecordKind = readonly [space: SpaceId, type: string, author: DeviceId]
export type RecordRow = readonly [
  id: ObjectId,
  value: StoredRecord,
  order: number,
  createdAt: number,
  updatedAt: number,
  gone: boolean,
]

/** A new object, or operations on one, in the order in which the app made them. */
export type Item =
  | { readonly id: ObjectId; readonly type: string; readonly value: StoredRecord }
  | { readonly id: ObjectId; readonly op: Op }

/** Tab to worker. A frame is a list of these. */
export type TabMessage =
  /** Batch `n` (1, 2, 3 …) of this client: applied whole or refused whole. Safe to repeat: `n` is applied once. */
  | { readonly t: 'batch'; readonly n: number; readonly space: SpaceId; readonly items: readonly Item[] }
  /** Opens query `q`; answered by `result`, then by `diff`s. At most 1,000 open queries a tab. */
  | { readonly t: 'query'; readonly q: number; readonly spec: QuerySpec }
  | { readonly t: 'unquery'; readonly q: number }
  /** Asks for one object; answered by `loaded`, and by `records` if it is there. */
  | { readonly t: 'load'; readonly q: number; readonly id: ObjectId }
  /** Asks for facts `q`; answered by `told`, and again whenever they change. At most 1,000 in a tab. */
  | { readonly t: 'ask'; readonly q: number; readonly what: What }
  | { readonly t: 'unask'; readonly q: number }
  /** No longer interested in patches of these. */
  | { readonly t: 'unwatch'; readonly ids: readonly ObjectId[] }
  /** Frames seen up to this number: answers a ping, and lets the worker forget. */
  | { readonly t: 'seen' }
  /** The tab's lock is held from now on: when it is free, the tab is gone. */
  | { readonly t: 'held' }
  /** Serve `SessionApi` on this port, over Comlink. */
  | { readonly t: 'requests'; readonly port: MessagePort }
  /** The tab closes its home; answered by `end`. */
  | { readonly t: 'leave' }

/** Tab to worker: `seen` is the number of the last frame that the tab has applied. */
export interface TabFrame {
  readonly seen: number
  readonly m: readonly TabMessage[]
}

/** Worker to tab. Frames are numbered from 1 and arrive in order. */
export interface WorkerFrame {
  readonly f: number
  readonly m: readonly WorkerMessage[]
}

export type WorkerMessage =
  | { readonly t: 'welcome'; readonly welcome: Welcome }
  /** Objects in full: new to the tab, or (after a refused write) as they are again. */
  | { readonly t: 'records'; readonly of: RecordKind; readonly rows: readonly RecordRow[] }
  /** Operations of others on an object the tab has, in order, to be applied to confirmed state. */
  | {
      readonly t: 'ops'
      readonly id: ObjectId
      readonly ops: readonly Op[]
      readonly updatedAt: number
      readonly by: ClientId
      /** None, where a tab of this device made them; and none from a worker of an older build. */
      readonly from?: Author
    }
  /**
   * The tab's own batches up to `n` are part of confirmed state, after everything before this message: exactly what the
   * tab's own mapping made of it. `created` has the place in creation order of each object it made.
   */
  | {
      readonly t: 'applied'
      readonly n: number
      readonly at: number
      readonly created: readonly (readonly [ObjectId, order: number])[]
    }
  /** The tab's own batches up to `n` will survive a killed browser. */
  | { readonly t: 'durable'; readonly n: number }
  /** Batch `n` was not applied, or taken back; `records` and `void` in the same frame say what is there now. */
  | { readonly t: 'refused'; readonly n: number; readonly error: WireError }
  /** Objects that are not there (any more): their creation was refused. */
  | { readonly t: 'void'; readonly ids: readonly ObjectId[] }
  /**
   * The whole result of a query, in order, ids only; the records came before. `total` is null while it is not known,
   * because objects behind the query's limit are still being read; a `diff` tells it then.
   */
  | {
      readonly t: 'result'
      readonly q: number
      readonly ids: readonly ObjectId[]
      readonly total: number | null
    }
  /** Removed ids, then inserted ones, each at its index in the new result. */
  | {
      readonly t: 'diff'
      readonly q: number
      readonly out: readonly ObjectId[]
      readonly into: readonly (readonly [index: number, id: ObjectId])[]
      readonly total: number | null
    }
  | { readonly t: 'failed'; readonly q: number; readonly error: WireError }
  | { readonly t: 'loaded'; readonly q: number; readonly found: boolean }
  | { readonly t: 'told'; readonly q: number; readonly value: Facts[keyof Facts] }
  | { readonly t: 'spaces'; readonly spaces: readonly SpaceInfo[] }
  | { readonly t: 'status'; readonly status: WorkerStatus }
  /** Direct links are wanted: the tab makes a request, be it `look`, and if it can hold links, `host` comes with the first one. */
  | { readonly t: 'host' }
  /** The tab answers with any frame. */
  | { readonly t: 'ping' }
  /** The last message on this stream: another worker has the store, or will in a moment. Shake hands there. */
  | { readonly t: 'moved'; readonly url: string }
  /** The last message on this stream. */
  | { readonly t: 'end'; readonly error: WireError }

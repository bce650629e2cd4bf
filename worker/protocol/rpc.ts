/**
 * Tab <-> worker. Queries, patches and edits go over one MessagePort for each tab, in frames, because their order
 * among each other is what keeps a view from flickering: a tab must not hear that an edit is confirmed before it hears
 * what that did to its queries. Requests and answers (`SessionApi`) go over Comlink, on a port of their own.
 *
 * RPC_VERSION history: 1, the first; 2, who is who: `ask` and `told`, identity and roles.
 */
import type { WireError } from './errors.js'
import type { ClientId, DeviceId, IdentityId, InstanceId, ObjectId, SpaceId } from './ids.js'
import type { Op } from './operations.js'
import type { QuerySpec, Queryable } from './queries.js'
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
/** What this device and others have of a space. */
export interface SpaceSync {
  readonly space: SpaceId
  /** Devices that have it, and with which this one is connected. */
  readonly peers: number
  /** Of these, those that have all that is here. */
  readonly level: number
  /** Entries that this device has written, and that no other is known to have. */
  readonly pending: number
}
/** What an invitation is to be. */
export interface InviteOptions {
  /** Null: another device of this identity. */
  readonly space: SpaceId | null
  readonly role: Role
  readonly uses: number
  readonly expiresMs: number
  readonly code: boolean
  /** Address of a KUBE, for whoever has used none so far. */
  readonly kube: string | null
}
export interface InvitationInfo {
  readonly id: string
  readonly link: string
  /** 6 digits. */
  readonly code: string | null
}
export interface OpenInvitation extends InvitationInfo {
  readonly state: InvitationState
}

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
/** What is asked for: of members and hosts, the space's; of a profile, the identity's; of invitations, their own id; of the last two, `<space>/<name>`. */
export type What = readonly [fact: keyof Facts, of?: string]

/** One by which the recovery words can be unlocked. */
export interface Passkey {
  /** Which: the credential's id. */
  readonly credential: Uint8Array
  /** What it is asked with: 32 bytes. */
  readonly salt: Uint8Array
  /** It leads to the words from a device that has nothing, where a KUBE keeps the personal space. Not asked of who makes one. */
  readonly leads?: true
}

export interface ProfileInfo {
  readonly id: IdentityId
  readonly displayName: string
}

/** A part of the store that could not be read. Nothing was deleted; what else is there, opens. */
export interface Damage {
  /** `store`: the browser threw the whole database away. */
  readonly what: 'entry' | 'page' | 'document' | 'space' | 'store'
  readonly space?: SpaceId
  readonly object?: ObjectId
  readonly message: string
}

/** Entries of one device that are here and are not shown, because they do not count. Nothing of them is deleted. */
export interface Quarantine {
  readonly space: SpaceId
  /** Whose. */
  readonly device: DeviceId
  readonly entries: number
  /** Of the first of them: a code of docs/protocol/acceptance.md, such as `beyond-cut` or `forked`. */
  readonly reason: string
}
/** Two have written as one device, as a profile that was copied and the one it was copied from. */
export interface Fork {
  readonly space: SpaceId
  readonly device: DeviceId
  /** From which entry of its feed on, from 1. */
  readonly seq: number
}

export interface WorkerStatus {
  readonly tabs: number
  /** Bytes; 0 where the browser does not say. */
  readonly used: number
  readonly quota: number
  readonly persisted: boolean
  readonly damage: readonly Damage[]
  /** Missing from a worker of an older build, as the next. */
  readonly quarantine?: readonly Quarantine[]
  readonly forks?: readonly Fork[]
  /** As these. Devices that this one is connected with. */
  readonly peers?: number
  readonly links?: readonly LinkInfo[]
  /** Servers at which others are met: `none` before anybody was invited, or anything joined. */
  readonly kube?: 'none' | 'away' | 'connected'
  /** Why they are away, as one has said. */
  readonly refusal?: WireError
  readonly sync?: SyncInfo
}
export interface LinkInfo {
  readonly device: DeviceId
  readonly kind: 'relayed' | 'direct'
  /** Of a direct one: the tab of this device that holds it, as `tab` of presence. Missing from a worker of an older build, as the next. */
  readonly host?: string
  /** There and back, in milliseconds, smoothed; told anew when it differs by a fifth. Missing before it is known. */
  readonly rttMs?: number
}
export interface SyncInfo {
  /** Entries that this device has written, and that no other is known to have, of spaces that others are in. */
  readonly pending: number
  readonly spaces: readonly SpaceSync[]
}

/** What workers say to each other on `OWNER_CHANNEL`. */
export type OwnerMessage =
  /** A worker waits for the store. `shared`: whoever opens the address finds this one, and no other. */
  | { readonly t: 'waits'; readonly build: string; readonly url: string; readonly shared?: boolean }
  /** It keeps waiting in vain: this one has the store and is not older. */
  | { readonly t: 'owns'; readonly build: string; readonly url: string }

/** By which a space is given back itself. */
export interface ImportWords {
  /** 24 recovery words. */
  readonly words: string
  /** Addresses of KUBEs, at which others are met from then on. */
  readonly kubes: readonly string[]
}
/** The space that has what was in a file; and what it is called, if it is a new one. */
export type ImportOutcome = readonly [space: SpaceId, name?: string]

/** Requests of one tab. Every one ends: with an answer, or a coded error. */
export interface SessionApi {
  /** Durable when it resolves. @throws HearthError `echo/invalid`, `store/quota`, `store/failed` */
  createSpace(name: string): Promise<SpaceInfo>
  /** Names that are left out stay. @throws HearthError `echo/invalid`, `halo/keys-lost`, `store/…` */
  setProfile(profile: { readonly displayName?: string; readonly deviceName?: string }): Promise<void>
  /** @throws HearthError `halo/unknown-device`, `halo/current-device`, `halo/key-missing`, `store/…` */
  revokeDevice(device: DeviceId): Promise<void>
  /** @throws HearthError `halo/not-allowed`, `halo/unknown-member`, `halo/last-owner`, `store/…` */
  setRole(space: SpaceId, member: IdentityId, role: Role): Promise<void>
  /** @throws HearthError as `setRole`, and `halo/personal-space`, `halo/key-missing` */
  removeMember(space: SpaceId, member: IdentityId): Promise<void>
  /** @throws HearthError as `removeMember` */
  leaveSpace(space: SpaceId): Promise<void>
  /** @throws HearthError `echo/invalid`, `halo/not-allowed`, `store/…` */
  rename(space: SpaceId, name: string): Promise<void>
  /** For everyone. @throws HearthError `halo/not-allowed`, `halo/personal-space`, `store/…` */
  deleteSpace(space: SpaceId): Promise<void>
  /**
   * Resolves when the KUBE has agreed to keep the space.
   * @param isAll of the personal space: and all others, also those that come later
   * @throws HearthError `echo/unknown-space`, `echo/invalid`, `halo/not-allowed`, `mesh/host-…`, `store/…`
   */
  addHost(space: SpaceId, url: string, isAll?: boolean): Promise<void>
  /** @throws HearthError as `addHost` */
  removeHost(space: SpaceId, url: string): Promise<void>
  /**
   * Whether entries are kept that a checkpoint stands for; null asks only. Durable when it resolves.
   * @throws HearthError `echo/unknown-space`, `halo/not-allowed`, `store/…`
   */
  keepHistory(space: SpaceId, keep: boolean | null): Promise<boolean>
  /** 24 words; to the shell's own page only. @throws HearthError `halo/shell-only`, `halo/no-words-here` */
  recoveryPhrase(): Promise<string>
  /** Those with which the words can be unlocked; to the shell's own page only. @throws HearthError `halo/shell-only`, `store/…` */
  passkeys(): Promise<readonly Passkey[]>
  /**
   * Durable when it resolves. One whose salt is `PASSKEY_SALT` leads to the words from a device that has nothing.
   * @param answer of the passkey to its salt: 32 bytes
   * @throws HearthError `halo/shell-only`, `halo/no-words-here`, `echo/invalid`, `store/…`
   */
  lockWords(passkey: Passkey, answer: Uint8Array): Promise<void>
  /** 24 words. @throws HearthError `halo/shell-only`, `halo/unreadable`, `store/…` */
  unlockWords(credential: Uint8Array, answer: Uint8Array): Promise<string>
  /** Durable when it resolves. @throws HearthError `halo/not-allowed`, `mesh/no-kube`, `echo/invalid`, `store/…` */
  invite(options: InviteOptions): Promise<InvitationInfo>
  /**
   * The last that this device has made and that is still open.
   * @param space null: for another device of this identity
   * @throws HearthError `halo/invite-unknown`: there is none
   */
  openInvite(space: SpaceId | null): Promise<OpenInvitation>
  /** Nobody comes in by it any more. @throws HearthError `halo/invite-unknown`, `store/…` */
  cancelInvite(id: string): Promise<void>
  /**
   * Begins to follow an invitation. What comes of it is the fact `joining`, and in the end `joined`.
   * @param id chosen by the tab
   * @throws HearthError `halo/invite-malformed`, `halo/invite-newer`, `halo/invite-own`, `halo/code-needed`
   */
  join(id: string, link: string, code: string | undefined): Promise<void>
  /**
   * Of one that is `done` or `failed`.
   * @returns the space that this device is in now: the personal one, of an identity
   * @throws HearthError `halo/…`, `mesh/…`, `store/…`
   */
  joined(id: string): Promise<SpaceId>
  cancelJoin(id: string): Promise<void>
  /**
   * Begins to give back what recovery words stand for. What comes of it is told as of `join`, and is what `joined` answers.
   * @param id chosen by the tab
   * @param by 24 words; or, to the shell's own page only, what a passkey answers to `PASSKEY_SALT`: 32 bytes
   * @param kubes addresses of those that may keep it
   * @throws HearthError `halo/recovery-…`, `halo/shell-only`, `mesh/no-kube`, `echo/invalid`
   */
  recover(id: string, by: string | Uint8Array, kubes: readonly string[]): Promise<void>
  /** All that was written here so far is durable on another device. @throws HearthError `mesh/timeout`, `echo/unknown-space` */
  synced(space: SpaceId, timeoutMs: number): Promise<void>
  /**
   * Begins to write the space to a file: its `outcome` is a Blob.
   * @param job chosen by the tab
   * @throws HearthError `echo/invalid`
   */
  exportSpace(job: string, space: SpaceId): Promise<void>
  /**
   * Begins to take a space from a file: its `outcome` is an `ImportOutcome`.
   * @param isCopy a new one, also where this device is in the one that was written
   * @param by the very one that was written, with whoever wrote it in it
   * @throws HearthError `echo/invalid`, `halo/recovery-…`
   */
  importSpace(job: string, file: Blob, isCopy: boolean, by?: ImportWords): Promise<void>
  /**
   * @returns in a list, what came of it; undefined if it is not done within some seconds: ask again
   * @throws HearthError its own: `echo/import-…`, `echo/unknown-space`, `halo/…`, `store/…`; `rpc/worker-gone` if it has ended with its worker
   */
  outcome(job: string): Promise<readonly [unknown] | undefined>
  /** Of this tab: what JSON can hold; null, it is not there any more. @throws HearthError `mesh/too-large`, `echo/invalid`, `echo/unknown-space` */
  present(space: SpaceId, name: string, value: unknown): Promise<void>
  /** On a channel. What is beyond 100 a second is dropped. @throws as `present` */
  say(space: SpaceId, name: string, value: unknown): Promise<void>
  /** A port on which links are handed to this tab (`hosting.ts`); undefined where none can be. */
  host(): Promise<MessagePort | undefined>
  /** Somebody looks at this tab again, and does not want to wait. */
  look(): Promise<void>
  /** Figures for support: no plaintext of the user's, no keys. */
  diagnostics(): Promise<Record<string, unknown>>
  /** Deletes the database. Every tab is told `store/erased`. */
  erase(): Promise<void>
}

/** What every request answers: Comlink itself would drop the code of a thrown error. */
export type Answer<T> = { readonly ok: T } | { readonly error: WireError }

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

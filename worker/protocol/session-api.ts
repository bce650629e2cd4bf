/** Requests of a tab and their answers: over Comlink, on a port of their own. */
import type { WireError } from './errors.js'
import type { InvitationState, Role, SpaceInfo } from './facts.js'
import type { DeviceId, IdentityId, SpaceId } from './ids.js'

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

/** One by which the recovery words can be unlocked. */
export interface Passkey {
  /** Which: the credential's id. */
  readonly credential: Uint8Array
  /** What it is asked with: 32 bytes. */
  readonly salt: Uint8Array
  /** It leads to the words from a device that has nothing, where a KUBE keeps the personal space. Not asked of who makes one. */
  readonly leads?: true
}

/** By which a space is given back itself. */
export interface ImportWords {
  /** 24 recovery words. */
  readonly words: string
  /** Addresses of KUBEs, at which others are met from then on. */
  readonly kubes: readonly string[]
}

/** The space that has what was in a file; and what it is called, if it is a new one. */
export type ImportOutcome = readonly [space: SpaceId, name?: string]

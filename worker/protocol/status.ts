/** How the worker of an origin is: its tabs and its store, what cannot be read or does not count, and what others have of it. */
import type { WireError } from './errors.js'
import type { DeviceId, ObjectId, SpaceId } from './ids.js'

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

/**
 * The public API: what an app's author imports as `@hearth/client`, or finds as `window.hearth` after
 * `<script src="/hearth.js">`. Importing it does nothing by itself.
 */
export { open, type App, type OpenOptions } from './open.js'
export { text, splice, makeText, move, increment, meta, on } from './functions.js'
export { plain, snapshot, live } from './copies.js'
export { HearthError, type ErrorCode } from '../worker/protocol/errors.js'
export type { Home } from './home.js'
export type { Space } from './space.js'
export type { Query } from './query.js'
export type { Live } from './live.js'
export type {
  Change,
  ChangeEvent,
  HomeStatus,
  LiveObject,
  Meta,
  Rejected,
  Damage,
  DeviceInfo,
  IdentityInfo,
  Invitation,
  InvitationOptions,
  InvitationState,
  ImportOptions,
  JoinOptions,
  JoinState,
  Channel,
  HostInfo,
  MemberInfo,
  Presence,
  Present,
  ProfileInfo,
  RecoverOptions,
  Role,
  SpaceInfo,
  WorkerMode,
} from './types.js'

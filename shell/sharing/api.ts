/** Types of the public API, as the dialogs use it: no copy of the client, whoever opens one has a home. */
import type * as Hearth from '../../client/index.js'

export type Home = Awaited<ReturnType<typeof Hearth.open>>
export type Space = Home['space']
export type {
  ErrorCode,
  HearthError,
  Invitation,
  InvitationState,
  JoinState,
  Live,
  MemberInfo,
  Role,
} from '../../client/index.js'

/** Whether an entry's author might do what it does, by the state at the entry's parents and by nothing else. */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import { levelOf, type Action, type LogEntry } from './actions.js'
import type { Authority, Node } from './node.js'
import { compareRanks, RECOVERY_LEVEL } from './rank.js'
import type { Standing, State } from './state.js'

const ADMIN = levelOf('admin')

/** @returns the right by which it was made; undefined if there was none */
export function judge({ author, action }: LogEntry, state: State, root: Node): Authority | undefined {
  const recovering = [...state.members.values()].find(({ recovery }) => recovery === author)
  if (recovering) return judgeRecovery(action, state, recovering, root)
  const device = state.devices.get(author)
  const own = device && state.members.get(device.member)
  // defence: author-is-a-member
  if (!own) return undefined
  const needs = needsOf(action, own.member, state)
  // defence: possible
  if (needs === undefined) return undefined
  // defence: enough-role
  if (needs > levelOf(own.role)) return undefined
  const target = targetOf(action, state)
  // Of those with equal roles, who got it first has more to say.
  // defence: higher-rank
  if (target && target.member !== own.member && compareRanks(own.rank, target.rank) <= 0) return undefined
  const { member, role, rank, grant } = own
  const authority: Authority = { member, role, rank, grant, admission: device.admission, needs }
  return target ? { ...authority, from: target.role } : authority
}

/** Whom an action changes or removes. */
const targetOf = (action: Action, state: State): Standing | undefined =>
  action.t === 'set-role' || action.t === 'remove-member' || action.t === 'revoke-device'
    ? state.members.get(action.member)
    : undefined

/** The least role that allows an action, as a level; undefined where it makes no sense in that state. */
function needsOf(action: Action, author: IdentityId, state: State): number | undefined {
  const when = (possible: boolean, needs: number): number | undefined => (possible ? needs : undefined)
  switch (action.t) {
    case 'admit-member': {
      const possible =
        // defence: nobody-else-in-an-identity
        state.kind === 'space' &&
        // defence: admitted-once
        !state.members.has(action.member) &&
        areNew(action.devices, state)
      return when(possible, Math.max(ADMIN, levelOf(action.role)))
    }
    case 'set-role': {
      const target = state.members.get(action.member)
      if (!target || target.role === action.role) return undefined
      // defence: identity-keeps-its-member
      if (state.kind === 'identity') return undefined
      // One may step down, but not up.
      if (
        // defence: only-oneself-steps-down
        action.member === author &&
        // defence: no-self-promotion
        levelOf(action.role) < levelOf(target.role)
      )
        return 0
      return Math.max(ADMIN, levelOf(action.role), levelOf(target.role))
    }
    case 'remove-member': {
      const target = state.members.get(action.member)
      if (!target) return undefined
      // defence: identity-keeps-its-member
      if (state.kind === 'identity') return undefined
      // defence: cuts-of-whom-it-names
      if (action.cuts.some(({ device }) => isOfAnother(device, action.member, state))) return undefined
      return action.member === author ? 0 : Math.max(ADMIN, levelOf(target.role))
    }
    case 'admit-device':
      // defence: own-devices-only
      if (action.member !== author) return undefined
      return when(areNew([action.device], state), 0)
    case 'revoke-device': {
      const target = state.members.get(action.member)
      if (!target) return undefined
      // defence: device-of-whom-it-names
      if (state.devices.get(action.cut.device)?.member !== action.member) return undefined
      return action.member === author ? 0 : Math.max(ADMIN, levelOf(target.role))
    }
    case 'rebind-member':
      return when(state.kind === 'space' && action.member === author && !state.members.has(action.to), 0)
    case 'rotate-epoch':
      return ADMIN
    case 'invitation':
      return when(state.kind === 'space', Math.max(ADMIN, levelOf(action.role)))
    case 'rename':
      return ADMIN
    case 'delete':
      return when(state.kind === 'space', levelOf('owner'))
    case 'reseal':
    case 'profile':
      return 0
    case 'genesis':
      return undefined
  }
}

/** The words on paper give a member its devices back, and take them away; they are no device. */
function judgeRecovery(action: Action, state: State, own: Standing, root: Node): Authority | undefined {
  const { member, role, grant } = own
  const allowed =
    (action.t === 'admit-device' && action.member === member && areNew([action.device], state)) ||
    (action.t === 'revoke-device' && state.devices.get(action.cut.device)?.member === member)
  // defence: recovery-only-devices
  if (!allowed) return undefined
  const rank = { level: RECOVERY_LEVEL, depth: root.depth, id: root.id }
  return { member, role, rank, grant, admission: grant, needs: 0 }
}

const isOfAnother = (device: DeviceId, member: IdentityId, state: State): boolean => {
  const owner = state.devices.get(device)?.member
  return owner !== undefined && owner !== member
}

/** A key belongs to one member: a device of somebody else's cannot be taken over by admitting it. */
const areNew = (devices: readonly DeviceId[], state: State): boolean =>
  devices.length > 0 &&
  new Set(devices).size === devices.length &&
  devices.every(
    (device) =>
      // defence: recovery-is-no-device
      [...state.members.values()].every(({ recovery }) => recovery !== device) &&
      // defence: key-of-one-member
      !state.devices.has(device),
  )

/** Whoever goes by an entry of their own knows the key that it would bring, and is not to. */
export const endsAuthor = ({ action, author }: LogEntry, { member }: Authority): boolean =>
  action.t === 'revoke-device'
    ? action.cut.device === author
    : action.t === 'remove-member' && action.member === member

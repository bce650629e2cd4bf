/**
 * What entries say of devices must be shown, in the entry itself: rights in one log never depend on how far another one has
 * come. In an identity's own log a new device signs what it is admitted as. In a space's log a device is shown to be the
 * member's by the entries of the member's own log, enclosed; and a new member agrees by a device of its own.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { fromBase64Url, type DeviceId, type IdentityId } from '../../protocol/ids.js'
import { levelOf, type Action, type LogEntry, type LogEntryId } from '../membership/actions.js'
import { MembershipLog } from '../membership/log.js'
import type { Purpose } from '../suite/labels.js'
import type { SuitePlatform } from '../suite/platform.js'
import { verify, type Signer } from '../suite/signing.js'
import { isOwn } from './payload.js'
import { refuse } from './shapes.js'
import { logBytes, readKept, verifyEntry, type SignedEntry } from './signed.js'

/** What an identity's own log comes to. */
export interface Proven {
  readonly identity: IdentityId
  /** Ed25519, of the recovery words. */
  readonly recovery: DeviceId
  /** Devices that are in, and their X25519 keys. */
  readonly devices: Agreements
}
export type Agreements = ReadonlyMap<DeviceId, Uint8Array>

/**
 * Whether the devices that an entry brings in are shown to be whose they are said to be.
 * @throws HearthError `halo/refused`
 */
export async function checkEvidence(platform: SuitePlatform, signed: SignedEntry): Promise<void> {
  const { entry, enclosed, log } = signed
  const { action, author } = entry
  if (action.t === 'genesis' && !action.devices.includes(author)) refuse('author')
  if (isOwn(action, log)) return checkOwn(platform, signed)
  if (!('proof' in enclosed)) return
  const proven = await readProof(platform, enclosed.proof!)
  if (action.t === 'rebind-member') {
    if (proven.identity !== action.to || proven.recovery !== action.recovery) refuse('proof')
    return checkConsents(platform, signed, [...proven.devices.keys()], 'rebind', rebindOf(action))
  }
  const { member } = action as Admission
  // defence: proof-of-whom-it-names
  if (proven.identity !== member) refuse('proof')
  // defence: words-of-whom-it-names
  if ('recovery' in action && proven.recovery !== action.recovery) refuse('proof')
  // defence: devices-of-the-proof
  if (admitted(action as Admission).some((device) => !proven.devices.has(device))) refuse('proof')
  if (action.t === 'admit-member')
    await checkConsents(platform, signed, action.devices, 'device-possession', admissionOf(action))
}

async function checkConsents(
  platform: SuitePlatform,
  { enclosed, log }: SignedEntry,
  devices: readonly DeviceId[],
  purpose: Purpose,
  what: Uint8Array,
): Promise<void> {
  // defence: somebody-agrees
  if (enclosed.consents!.length === 0) refuse('consent')
  for (const [device, signature] of enclosed.consents!) {
    // defence: agrees-by-its-own-device
    if (!devices.includes(device)) refuse('consent')
    // defence: agrees-to-this
    if (!(await isSigned(platform, purpose, device, log!, what, signature))) refuse('consent')
  }
}

/** In the identity's own log. */
async function checkOwn(platform: SuitePlatform, { entry, enclosed, log }: SignedEntry): Promise<void> {
  const { action } = entry
  if (action.t === 'genesis' && action.devices.length !== 1) refuse('devices')
  if (action.t !== 'admit-device') return
  const { agreement, possession } = enclosed
  // defence: possession
  if (!(await isSigned(platform, 'device-possession', action.device, log!, agreement!, possession!)))
    refuse('possession')
}

/** The X25519 keys of the devices that an entry, which was checked, brings in. */
export function agreementsIn({ entry, enclosed, log }: SignedEntry): Agreements {
  const { action } = entry
  if (action.t !== 'genesis' && action.t !== 'admit-member' && action.t !== 'admit-device') return new Map()
  if (isOwn(action, log)) return new Map(admitted(action).map((device) => [device, enclosed.agreement!]))
  const shown = new Map(enclosed.proof!.flatMap((bytes) => [...agreementsIn(readKept(bytes))]))
  return new Map(admitted(action).map((device) => [device, shown.get(device)!]))
}

type Admission = Extract<Action, { t: 'genesis' | 'admit-member' | 'admit-device' }>
const admitted = (action: Admission) => (action.t === 'admit-device' ? [action.device] : action.devices)

/**
 * Entries of an identity's own log, parents first, and what they come to.
 * @throws HearthError `halo/refused`
 */
export async function readProof(platform: SuitePlatform, proof: readonly Uint8Array[]): Promise<Proven> {
  const agreements = new Map<DeviceId, Uint8Array>()
  let membership: MembershipLog | undefined
  for (const bytes of proof) {
    const signed = await verifyEntry(platform, bytes)
    const { entry, log } = signed
    // Nothing else is in a proof: the log of a space would bring a proof of its own, and that one another.
    const isGenesis = entry.action.t === 'genesis' && entry.action.kind === 'identity'
    // defence: proof-of-one-identity
    if (membership ? log !== membership.id : !isGenesis) refuse('proof')
    // defence: no-proof-in-a-proof
    if ('proof' in signed.enclosed) refuse('proof')
    await checkOwn(platform, signed)
    for (const [device, key] of agreementsIn(signed)) agreements.set(device, key)
    membership = extend(membership, entry)
  }
  if (!membership) refuse('proof')
  const { members, devices } = membership.state()
  // Nobody else is ever in it, and its only member never leaves.
  const [own] = members.values()
  return {
    identity: own!.member,
    recovery: own!.recovery,
    devices: new Map([...devices.keys()].map((device) => [device, agreements.get(device)!])),
  }
}

function extend(log: MembershipLog | undefined, entry: LogEntry): MembershipLog {
  try {
    if (!log) return new MembershipLog(entry)
    log.add(entry)
    return log
  } catch (e) {
    refuse((e as Error).message)
  }
}

/** A new device's signature, that it is of the identity whose log this is, and agrees on keys by `agreement`. */
export const possess = (signer: Signer, log: LogEntryId, agreement: Uint8Array): Promise<Uint8Array> =>
  signer.sign('device-possession', logBytes(log), agreement)

/** Whether a device has signed that. */
export const isPossessed = (
  platform: SuitePlatform,
  identity: IdentityId,
  { device, agreement, possession }: Possessed,
): Promise<boolean> =>
  isSigned(platform, 'device-possession', device, identity as string as LogEntryId, agreement, possession)

interface Possessed {
  readonly device: DeviceId
  readonly agreement: Uint8Array
  readonly possession: Uint8Array
}

/** A device's signature, that its identity becomes a member of this space. */
export const consent = (signer: Signer, log: LogEntryId, as: Admitted): Promise<Uint8Array> =>
  signer.sign('device-possession', logBytes(log), admissionOf(as))

/** A device's signature, that its identity takes over what another one has in this space. */
export const consentToRebind = (signer: Signer, log: LogEntryId, as: Rebound): Promise<Uint8Array> =>
  signer.sign('rebind', logBytes(log), rebindOf(as))

type Admitted = Pick<Extract<Action, { t: 'admit-member' }>, 'member' | 'role'>
type Rebound = Pick<Extract<Action, { t: 'rebind-member' }>, 'member' | 'to'>

const admissionOf = ({ member, role }: Admitted): Uint8Array =>
  concatBytes(fromBase64Url(member), Uint8Array.of(levelOf(role)))
const rebindOf = ({ member, to }: Rebound): Uint8Array =>
  concatBytes(fromBase64Url(member), fromBase64Url(to))

const isSigned = (
  platform: SuitePlatform,
  purpose: Purpose,
  device: DeviceId,
  log: LogEntryId,
  what: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => verify(platform, fromBase64Url(device), purpose, logBytes(log), what, signature)

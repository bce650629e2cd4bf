/**
 * What is signed in a membership log:
 *
 *   payload = CBOR { v: 1, log, parents, author, action, with }
 *   id      = SHA-256 of the payload
 *
 * `action` is what decides who is in (`membership/actions.ts`), `with` what else the entry brings: keys, proofs, names. The log's
 * id is the hash of its genesis, which therefore does not name it, nor the identity whose genesis it is.
 * Spec: docs/protocol/membership.md.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import { ROLES, type Action, type Cut, type LogEntryId } from '../membership/actions.js'
import type { Ciphertext } from '../suite/cipher.js'
import { bytes, count, id, list, oneOf, orNull, pair, record, refuse, text, type Shape } from './shapes.js'

export const LOG_VERSION = 1
/** An entry that removes somebody seals a key to each device that stays: some 1,400 of them. */
export const MAX_ENTRY_BYTES = 256 << 10
const MAX_PARENTS = 256
const MAX_DEVICES = 1024
const MAX_NAME = 256
const MAX_PROOF = 1024

/** A key that its members' devices have from here on. */
export interface Epoch {
  /** SHA-256 of the key, which a receiver compares: nobody can seal another key to some than to others. */
  readonly digest: Uint8Array
  readonly sealed: readonly (readonly [DeviceId, Uint8Array])[]
  /** Of an identity's own log: sealed to the recovery words. */
  readonly recovery?: Uint8Array
  /** Keys of the epochs that this one follows, under its own. */
  readonly older?: Ciphertext
}
/** A key of an epoch, sealed to a device that was not there when the epoch began. */
export interface SealedKey {
  readonly epoch: LogEntryId
  readonly device: DeviceId
  readonly sealed: Uint8Array
}
export interface Profile {
  readonly displayName: string
  /** Of the device that writes it; told in the identity's own log only. */
  readonly deviceName?: string
}
/** What an entry brings beside its action. */
export interface Enclosed {
  /** Makes two logs that begin alike different ones. */
  readonly nonce?: Uint8Array
  readonly name?: string
  /** X25519, of the device that an identity's own log begins with or admits. */
  readonly agreement?: Uint8Array
  /** X25519, of the recovery words. */
  readonly recovery?: Uint8Array
  /** The new device's signature over what it is admitted as. */
  readonly possession?: Uint8Array
  /** Signatures of devices of the new member, or of the identity that a member goes on as, that it agrees. */
  readonly consents?: readonly (readonly [DeviceId, Uint8Array])[]
  /** Entries of the identity's own log, whole and parents first. */
  readonly proof?: readonly Uint8Array[]
  readonly epoch?: Epoch
  readonly keys?: readonly SealedKey[]
  readonly profile?: Profile
  /** Of an invitation: what those who may admit have to know, sealed to them. */
  readonly terms?: Uint8Array
  /** Of an admission: the invitation by which somebody came. */
  readonly invitation?: LogEntryId
  /** Device id, of 22 characters, under which the first builds wrote this space. */
  readonly formerly?: string
}
export interface Payload {
  /** Null in a genesis. */
  readonly log: LogEntryId | null
  readonly parents: readonly LogEntryId[]
  readonly author: DeviceId
  readonly action: Action
  readonly enclosed: Enclosed
}

type Of<T extends Action['t']> = Omit<Extract<Action, { readonly t: T }>, 't'>
/** As it is signed: a genesis of an identity does not name the identity. */
type Genesis = Omit<Of<'genesis'>, 'member'> & { readonly member: IdentityId | null }

const device = id<DeviceId>()
const member = id<IdentityId>()
const entryId = id<LogEntryId>()
const role = oneOf(...ROLES)
const devices = list(device, MAX_DEVICES)
const signature = bytes(64, 64)
const key = bytes(32, 32)
const sealed = bytes(1, 256)
const cut = record<Cut>({ device, seq: count, hash: orNull(id()), heads: list(entryId, MAX_PARENTS) })

const actions: { readonly [T in Exclude<Action['t'], 'genesis'>]: Shape<Of<T>> } & {
  readonly genesis: Shape<Genesis>
} = {
  genesis: record<Genesis>({
    ...{ kind: oneOf('identity', 'space'), member: orNull(member), devices, recovery: device },
  }),
  'admit-member': record<Of<'admit-member'>>({ member, role, devices, recovery: device }),
  'admit-device': record<Of<'admit-device'>>({ member, device }),
  'set-role': record<Of<'set-role'>>({ member, role, cuts: list(cut, MAX_DEVICES) }, ['cuts']),
  'remove-member': record<Of<'remove-member'>>({ member, cuts: list(cut, MAX_DEVICES) }),
  'revoke-device': record<Of<'revoke-device'>>({ member, cut }),
  'rebind-member': record<Of<'rebind-member'>>({ member, to: member, recovery: device }),
  'rotate-epoch': record<object>({}),
  reseal: record<object>({}),
  profile: record<object>({}),
  rename: record<object>({}),
  delete: record<object>({}),
  invitation: record<Of<'invitation'>>({ role }),
}

const ciphertext = record<Ciphertext>({
  ...{ salt: key, commitment: key, bytes: bytes(16, MAX_ENTRY_BYTES) },
})
const enclosed: { readonly [K in keyof Enclosed]-?: Shape<Exclude<Enclosed[K], undefined>> } = {
  nonce: bytes(16, 16),
  name: text(MAX_NAME),
  agreement: key,
  recovery: key,
  possession: signature,
  consents: list(pair(device, signature), MAX_DEVICES),
  proof: list(bytes(1, MAX_ENTRY_BYTES), MAX_PROOF),
  epoch: record<Epoch>(
    {
      digest: key,
      sealed: list(pair(device, sealed), MAX_DEVICES),
      recovery: sealed,
      older: ciphertext,
    },
    ['recovery', 'older'],
  ),
  keys: list(record<SealedKey>({ epoch: entryId, device, sealed }), MAX_DEVICES),
  profile: record<Profile>({ displayName: text(MAX_NAME), deviceName: text(MAX_NAME) }, ['deviceName']),
  terms: bytes(1, MAX_ENTRY_BYTES),
  invitation: entryId,
  formerly: text(22),
}

/** An identity's own log proves nothing by itself to itself: what it begins with and admits is told in another way. */
type Variant = Action['t'] | 'own genesis' | 'own admit-device'
/** What each entry has to bring, and what it may. */
const brings: {
  readonly [V in Variant]: readonly [must: readonly (keyof Enclosed)[], may: readonly (keyof Enclosed)[]]
} = {
  'own genesis': [['nonce', 'name', 'agreement', 'recovery', 'epoch', 'profile'], ['formerly']],
  genesis: [['nonce', 'name', 'proof', 'epoch'], ['formerly']],
  'admit-member': [['proof', 'consents', 'keys'], ['invitation']],
  'own admit-device': [['agreement', 'possession', 'keys'], []],
  'admit-device': [['proof', 'keys'], []],
  'set-role': [[], []],
  // Who goes brings none.
  'remove-member': [[], ['epoch']],
  'revoke-device': [[], ['epoch']],
  'rebind-member': [['proof', 'consents'], []],
  'rotate-epoch': [['epoch'], []],
  reseal: [['keys'], []],
  profile: [['profile'], []],
  rename: [['name'], []],
  delete: [[], []],
  invitation: [['terms'], []],
}

/** Whether an entry is of the log of the very identity that it is about. */
export const isOwn = (action: Action, log: LogEntryId | null): boolean =>
  action.t === 'genesis'
    ? action.kind === 'identity'
    : 'member' in action && (action.member as string) === log

/** The shape of what an entry encloses. */
function enclosedBy(action: Action, log: LogEntryId | null): Shape<Enclosed> {
  const { t } = action
  const variant = (t === 'genesis' || t === 'admit-device') && isOwn(action, log) ? (`own ${t}` as const) : t
  const [must, may] = brings[variant]
  const fields = Object.fromEntries([...must, ...may].map((name) => [name, enclosed[name]]))
  return record(fields as typeof enclosed, may)
}

const envelope = record<{
  v: number
  log: LogEntryId | null
  parents: readonly LogEntryId[]
  author: DeviceId
  action: readonly [string, unknown]
  with: unknown
}>({
  v: count,
  log: orNull(entryId),
  parents: list(entryId, MAX_PARENTS),
  author: device,
  action: pair(text(32), { write: (value) => value, read: (raw) => raw }),
  with: { write: (value) => value, read: (raw) => raw },
})

export function encodePayload({ log, parents, author, action, enclosed: brought }: Payload): Uint8Array {
  const { t, ...rest } = action
  const said = action.t === 'genesis' && action.kind === 'identity' ? { ...rest, member: null } : rest
  const shape = actions[t] as Shape<unknown>
  return encode(
    envelope.write({
      ...{ v: LOG_VERSION, log, parents, author },
      action: [t, shape.write(said)],
      with: enclosedBy(action, log).write(brought),
    }),
    rfc8949EncodeOptions,
  )
}

/**
 * @param ownId what the bytes hash to: the identity, where they begin one
 * @throws HearthError `halo/refused`, also for a version or an action that this build does not know
 */
export function decodePayload(payload: Uint8Array, ownId: LogEntryId): Payload {
  const { v, log, parents, author, action, with: brought } = envelope.read(strict(payload))
  const [t, said] = action
  if (v !== LOG_VERSION || !Object.hasOwn(actions, t)) refuse(`version ${v}, ${t}`)
  const known = t as Action['t']
  const body = (actions[known] as Shape<object>).read(said)
  const whole = { t: known, ...body } as Action
  if (whole.t === 'genesis') {
    if (log !== null || (whole.kind === 'identity') !== (whole.member === null)) refuse('genesis')
  } else if (log === null) refuse('log')
  const full =
    whole.t === 'genesis' && whole.kind === 'identity'
      ? { ...whole, member: ownId as string as IdentityId }
      : whole
  return { log, parents, author, action: full, enclosed: enclosedBy(full, log).read(brought) }
}

export function strict(input: Uint8Array): unknown {
  try {
    return decode(input, { strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false })
  } catch {
    refuse('not CBOR')
  }
}

/** People with keys, identities and spaces of their own, who sign whatever they like. */
import { webcrypto } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { beginIdentity, beginSpace } from '../../worker/halo/genesis.js'
import { consent } from '../../worker/halo/log/evidence.js'
import type { Enclosed } from '../../worker/halo/log/payload.js'
import { deviceIdOf, signEntry, type SignedEntry } from '../../worker/halo/log/signed.js'
import { SpaceLog } from '../../worker/halo/log/space-log.js'
import type { Action } from '../../worker/halo/membership/actions.js'
import { createDeviceKeys, type DeviceKeys } from '../../worker/halo/suite/device-keys.js'
import type { SuitePlatform } from '../../worker/halo/suite/platform.js'
import { newRecoverySecret, recoveryOf } from '../../worker/halo/suite/recovery.js'
import type { DeviceId, IdentityId } from '../../worker/protocol/ids.js'

export const platform: SuitePlatform = {
  subtle: webcrypto.subtle as SubtleCrypto,
  random: (bytes) => webcrypto.getRandomValues(new Uint8Array(bytes)),
  curves: 'noble',
}
export const cbor = (value: unknown) => encode(value, rfc8949EncodeOptions)
/** Somebody with one device. */
export interface Person {
  readonly keys: DeviceKeys
  readonly device: DeviceId
  readonly log: SpaceLog
  readonly id: IdentityId
  readonly words: Awaited<ReturnType<typeof recoveryOf>>
}
export async function person(): Promise<Person> {
  const { keys } = await createDeviceKeys(platform, async (value) => structuredClone(value))
  const words = await recoveryOf(platform, newRecoverySecret(platform))
  const { genesis } = await beginIdentity(platform, keys, words, { displayName: '', deviceName: 'x' })
  const log = await SpaceLog.read(platform, [genesis.bytes])
  return { keys, words, log, device: deviceIdOf(keys.signer), id: log.id as string as IdentityId }
}
export const proofOf = ({ log }: Person) => [...log.entries].map(({ bytes }) => bytes)
export async function spaceOf(owner: Person): Promise<SpaceLog> {
  const { genesis } = await beginSpace(platform, owner.keys, owner.log, 'Kitchen')
  return SpaceLog.read(platform, [genesis.bytes])
}

/** Signed by whoever, whether it may be or not. */
export const forge = (
  by: Person,
  log: SpaceLog,
  action: Action,
  enclosed: Enclosed,
  parents = log.membership.heads,
) => signEntry(by.keys.signer, { log: log.membership.id, parents, action, enclosed })
export const offered = (log: SpaceLog, { bytes }: SignedEntry) => log.verify(platform, bytes)

export async function admission(host: SpaceLog, guest: Person, role: 'editor' | 'reader' = 'editor') {
  const { id: member, device, words } = guest
  const action = {
    ...{ t: 'admit-member', member, role, devices: [device], recovery: deviceIdOf(words.signer) },
  } as const satisfies Action
  const agreed = await consent(guest.keys.signer, host.membership.id, action)
  const enclosed = {
    ...{ proof: proofOf(guest), keys: [] as [] },
    consents: [[device, agreed]] as [DeviceId, Uint8Array][],
  } satisfies Enclosed
  return { action, enclosed }
}

/** Any map as an entry, with a signature that holds. */
export async function signed(by: Person, fields: object, log: Uint8Array | null): Promise<Uint8Array> {
  const payload = cbor(fields)
  return cbor([payload, await by.keys.signer.sign('membership-entry', log, payload)])
}

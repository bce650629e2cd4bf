/** How an identity and a space begin. */
import type { DeviceId, IdentityId } from '../protocol/ids.js'
import { beginEpoch } from './epochs/epoch.js'
import type { Agreements } from './log/evidence.js'
import type { Profile } from './log/payload.js'
import { deviceIdOf, signEntry, type SignedEntry } from './log/signed.js'
import type { SpaceLog } from './log/space-log.js'
import type { DeviceKeys } from './suite/device-keys.js'
import type { SuitePlatform } from './suite/platform.js'
import type { Recovery } from './suite/recovery.js'

/** A log of one entry, and the key of its first epoch. */
export interface Begun {
  readonly genesis: SignedEntry
  readonly key: Uint8Array
}

const PERSONAL = 'Personal'

/** @param formerly device id, of 22 characters, under which the first builds wrote what the identity takes on */
export async function beginIdentity(
  platform: SuitePlatform,
  { signer, opener }: DeviceKeys,
  recovery: Recovery,
  profile: Profile,
  formerly?: string,
): Promise<Begun> {
  const device = deviceIdOf(signer)
  const agreement = opener.publicKey
  const words = recovery.opener.publicKey
  const { key, epoch } = await beginEpoch(platform, null, new Map([[device, agreement]]), new Map(), words)
  const genesis = await signEntry(signer, {
    ...{ log: null, parents: [] },
    action: {
      ...{ t: 'genesis', kind: 'identity', devices: [device], recovery: deviceIdOf(recovery.signer) },
      // The hash of this very entry.
      member: '' as IdentityId,
    },
    enclosed: {
      ...{ nonce: nonce(platform), name: PERSONAL, agreement, recovery: words, epoch, profile },
      ...(formerly !== undefined && { formerly }),
    },
  })
  return { genesis, key }
}

/** @param identity the own log of its first owner, all of whose devices are in */
export async function beginSpace(
  platform: SuitePlatform,
  { signer }: DeviceKeys,
  identity: SpaceLog,
  name: string,
  formerly?: string,
): Promise<Begun> {
  const devices: Agreements = identity.agreements()
  const { key, epoch } = await beginEpoch(platform, null, devices, new Map())
  const [own] = identity.state.members.values()
  const genesis = await signEntry(signer, {
    ...{ log: null, parents: [] },
    action: {
      ...{ t: 'genesis', kind: 'space', member: own!.member, recovery: own!.recovery },
      devices: [...devices.keys()] as DeviceId[],
    },
    enclosed: {
      ...{ nonce: nonce(platform), name, epoch },
      proof: [...identity.entries].map(({ bytes }) => bytes),
      ...(formerly !== undefined && { formerly }),
    },
  })
  return { genesis, key }
}

const nonce = (platform: SuitePlatform): Uint8Array => platform.random(16)

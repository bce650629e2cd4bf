/**
 * What admins of a space tell a KUBE that keeps it: whose feeds to take, and how far. It is not believed by anybody who is in: it keeps
 * those from filling the KUBE who are not. Spec: docs/protocol/hosts.md.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { fromBase64Url, type DeviceId } from '../../protocol/ids.js'
import type { KeptFeed } from '../../protocol/wire.js'
import type { SuitePlatform } from '../suite/platform.js'
import { verify, type Signer } from '../suite/signing.js'

const VERSION = 1

export interface Registration {
  /** Heads of the membership log that says so, in order. */
  readonly asOf: readonly string[]
  /** Devices that may say so, and keys of the recovery words of members who may. */
  readonly admins: readonly string[]
  /** Devices that are in, and keys of the recovery words of members: they bring entries of the log. */
  readonly members: readonly string[]
  readonly feeds: readonly KeptFeed[]
}

export const signRegistration = (
  signer: Signer,
  replica: Uint8Array,
  said: Registration,
): Promise<Uint8Array> => signer.sign('replica-feeds', replica, registrationBytes(said))

export const verifyRegistration = (
  platform: SuitePlatform,
  replica: Uint8Array,
  said: Registration,
  by: string,
  signature: Uint8Array,
): Promise<boolean> =>
  verify(
    platform,
    fromBase64Url(by as DeviceId),
    'replica-feeds',
    replica,
    registrationBytes(said),
    signature,
  )

const registrationBytes = ({ asOf, admins, members, feeds }: Registration): Uint8Array =>
  encode(
    [
      VERSION,
      ...[asOf, admins, members].map((ids) => ids.map(fromBase64Url)),
      feeds.map(([device, most]) => [fromBase64Url(device as DeviceId), most]),
    ],
    rfc8949EncodeOptions,
  )

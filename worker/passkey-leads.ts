/** What leads from passkeys to the recovery words, as the personal space has it. Other devices, or later builds, may have written it. */
import type { Halo } from './halo/halo.js'
import type { PasskeyCapsule } from './halo/kept/passkey-capsule.js'
import { fromBase64Url } from './protocol/ids.js'
import type { ObjectRecord } from './protocol/rpc.js'
import { MAX_CAPSULE, MAX_PASSKEYS } from './protocol/wire.js'

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** Of a capsule, what the personal space does not say itself. */
export type Lead = Pick<PasskeyCapsule, 'finder' | 'sealed' | 'signature' | 'voucher'>

/** Those of these records that have one, up to as many as a KUBE keeps. @throws HearthError `halo/key-missing` */
export function passkeyCapsules(halo: Halo, records: readonly ObjectRecord[]): PasskeyCapsule[] {
  const personal = halo.spaces[0]!
  const words = fromBase64Url(personal.log.state.members.get(halo.identity.id)!.recovery)
  const leads = records.flatMap(({ value }) => leadOf(value) ?? []).slice(0, MAX_PASSKEYS)
  return leads.map((lead) => ({ ...lead, replica: personal.replica(), words }))
}

/** What it says is checked by whoever is to keep it, and by the passkey. */
export function leadOf(value: ObjectRecord['value']): Lead | undefined {
  const { finder, sealed, signature, voucher } = (value['lead'] ?? {}) as Partial<Lead>
  return isBytes(finder, KEY_BYTES) &&
    isBytes(sealed, 1, MAX_CAPSULE) &&
    isBytes(signature, SIGNATURE_BYTES) &&
    isBytes(voucher, SIGNATURE_BYTES)
    ? { finder, sealed, signature, voucher }
    : undefined
}

export const isBytes = (value: unknown, least: number, most = least): value is Uint8Array =>
  value instanceof Uint8Array && value.length >= least && value.length <= most

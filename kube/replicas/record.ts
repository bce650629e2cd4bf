/** What KUBE knows of a replica beside its entries, as it is kept. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import type { Registration } from '../../worker/halo/kept/registration.js'

export interface ReplicaRecord extends Registration {
  /** Of those who are in: 32 bytes. */
  readonly access: Uint8Array
}

export const encodeRecord = ({ access, asOf, admins, members, feeds }: ReplicaRecord): Uint8Array =>
  encode([access, asOf, admins, members, feeds], rfc8949EncodeOptions)

export function decodeRecord(input: Uint8Array): ReplicaRecord {
  const [access, asOf, admins, members, feeds] = decode(input) as [
    ...[Uint8Array, string[], string[], string[], ReplicaRecord['feeds']],
  ]
  return { access, asOf, admins, members, feeds }
}

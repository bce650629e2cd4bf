/**
 * Invitation links: `<KUBE>/#join=<base64url of CBOR>`. What stands after `#` is never sent to a server:
 *
 *   [1, what (0: a space, 1: an identity), id (16 bytes), secret (32), whether there is a code, fingerprint (16), KUBEs]
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { HearthError } from '../../protocol/errors.js'
import { fromBase64Url, toBase64Url } from '../../protocol/ids.js'
import type { Meeting } from '../platform.js'
import { bytes, list, text, tuple, type Shape } from '../shape.js'

export const LINK_VERSION = 1
export const ID_BYTES = 16
export const SECRET_BYTES = 32
const FINGERPRINT_BYTES = 16
const MAX_KUBES = 8
const MAX_URL = 512
/** Characters of a link, at most. */
const MAX_LINK = 8192
const MARK = '#join='

export interface Invited {
  readonly to: 'space' | 'device'
  /** 16 bytes, 128 bits of chance. */
  readonly id: Uint8Array
  /** 32 bytes, which only those have who have the link. */
  readonly secret: Uint8Array
  readonly hasCode: boolean
  /** Of whoever invites; of the space, where any of its admins may let the guest in: see `fingerprintOf`. */
  readonly fingerprint: Uint8Array
  /** Addresses of KUBEs, http: or https:, without a slash at the end. */
  readonly kubes: readonly string[]
}

/** @param log that of the identity that invites, or of the space: 43 characters */
export const fingerprintOf = (log: string): Uint8Array =>
  sha256(utf8ToBytes(`hearth/1/fingerprint\0${log}`)).slice(0, FINGERPRINT_BYTES)

/** Whether any admin of the space may answer: nobody but its maker knows a code. */
export const isDelegable = ({ to, hasCode }: Pick<Invited, 'to' | 'hasCode'>): boolean =>
  to === 'space' && !hasCode

export function makeLink({ to, id, secret, hasCode, fingerprint, kubes }: Invited): string {
  const payload = encode(
    [LINK_VERSION, to === 'space' ? 0 : 1, id, secret, hasCode, fingerprint, kubes],
    rfc8949EncodeOptions,
  )
  return `${kubes[0]}/${MARK}${toBase64Url(payload)}`
}

const isWhat: Shape = (value) => value === 0 || value === 1
const isFlag: Shape = (value) => typeof value === 'boolean'
const isKube: Shape = (value) => text(MAX_URL)(value) && kubeUrl(value as string) === value
const payload = tuple(
  ...[isWhat, bytes(ID_BYTES), bytes(SECRET_BYTES), isFlag, bytes(FINGERPRINT_BYTES)],
  (value) => list(isKube, MAX_KUBES)(value) && (value as unknown[]).length > 0,
)

/** @param link all of it, or from `#` on @throws HearthError `halo/invite-malformed`, `halo/invite-newer` */
export function readLink(link: unknown): Invited {
  const value = decodeLink(link)
  const [version, ...rest] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof version === 'number' && version > LINK_VERSION) throw new HearthError('halo/invite-newer')
  if (version !== LINK_VERSION || !payload(rest)) throw new HearthError('halo/invite-malformed')
  const [what, id, secret, hasCode, fingerprint, kubes] = rest as [
    number,
    Uint8Array,
    Uint8Array,
    boolean,
    Uint8Array,
    string[],
  ]
  return { to: what === 0 ? 'space' : 'device', id, secret, hasCode, fingerprint, kubes }
}

function decodeLink(link: unknown): unknown {
  try {
    if (typeof link !== 'string' || link.length > MAX_LINK) return undefined
    const at = link.indexOf(MARK)
    return at < 0
      ? undefined
      : decode(fromBase64Url(link.slice(at + MARK.length).trim()), {
          ...{ strict: true, rejectDuplicateMapKeys: true, allowIndefinite: false },
        })
  } catch {
    return undefined
  }
}

/** The address of a KUBE as links have it; undefined if it is none. */
export function kubeUrl(address: string): string | undefined {
  try {
    const { protocol, origin, pathname } = new URL(address)
    if (protocol !== 'http:' && protocol !== 'https:') return undefined
    return origin + pathname.replace(/\/+$/, '')
  } catch {
    return undefined
  }
}

/** Where host and guest meet: the topic tells nothing of the secret. */
export function meetingOf({
  id,
  secret,
}: Pick<Invited, 'id' | 'secret'>): Meeting & { readonly psk: Uint8Array } {
  const of = (label: string, from: Uint8Array) =>
    hkdf(sha256, from, new Uint8Array(), utf8ToBytes(`hearth/1/invitation/${label}`), 32)
  return { topic: of('topic', id), secret: of('hint', secret), psk: of('psk', secret) }
}

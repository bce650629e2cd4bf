/**
 * Entries of membership logs as they travel and are kept: what was signed, and the signature of the key that it names as its
 * author.
 *
 *   entry = CBOR [payload, signature]
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../protocol/ids.js'
import type { LogEntry, LogEntryId } from '../membership/actions.js'
import type { Log } from '../suite/labels.js'
import { SIGNATURE_BYTES, type SuitePlatform } from '../suite/platform.js'
import { verify, type Signer } from '../suite/signing.js'
import {
  decodePayload,
  encodePayload,
  MAX_ENTRY_BYTES,
  strict,
  type Enclosed,
  type Payload,
} from './payload.js'
import { bytes, pair, refuse } from './shapes.js'

export interface SignedEntry {
  /** As they came, and as they go on. */
  readonly bytes: Uint8Array
  readonly entry: LogEntry
  readonly enclosed: Enclosed
  /** Null in a genesis. */
  readonly log: LogEntryId | null
}

const envelope = pair(bytes(1, MAX_ENTRY_BYTES), bytes(SIGNATURE_BYTES, SIGNATURE_BYTES))

export const idOf = (payload: Uint8Array): LogEntryId => toBase64Url(sha256(payload)) as LogEntryId
export const logBytes = (log: LogEntryId | null): Log => log && fromBase64Url(log)
/** A device is known by its Ed25519 key. */
export const deviceIdOf = ({ publicKey }: { readonly publicKey: Uint8Array }): DeviceId =>
  toBase64Url(publicKey) as DeviceId

export async function signEntry(signer: Signer, said: Omit<Payload, 'author'>): Promise<SignedEntry> {
  const payload = encodePayload({ ...said, author: deviceIdOf(signer) })
  const signature = await signer.sign('membership-entry', logBytes(said.log), payload)
  return read(encode(envelope.write([payload, signature]), rfc8949EncodeOptions)).signed
}

/** @throws HearthError `halo/refused`: it is not one, or somebody else has written it */
export async function verifyEntry(platform: SuitePlatform, input: Uint8Array): Promise<SignedEntry> {
  const { signed, payload, signature } = read(input)
  const author = fromBase64Url(signed.entry.author)
  if (!(await verify(platform, author, 'membership-entry', logBytes(signed.log), payload, signature)))
    refuse('signature')
  return signed
}

/** One that was verified when it came, and kept. @throws HearthError `halo/refused` */
export const readKept = (input: Uint8Array): SignedEntry => read(input).signed

function read(input: Uint8Array) {
  if (!(input instanceof Uint8Array) || input.length > MAX_ENTRY_BYTES) refuse('size')
  const [payload, signature] = envelope.read(strict(input))
  const id = idOf(payload)
  const { log, parents, author, action, enclosed } = decodePayload(payload, id)
  if (parents.some((parent, i) => i > 0 && parents[i - 1]! >= parent)) refuse('parents')
  if ((action.t === 'genesis') !== (parents.length === 0)) refuse('parents')
  const signed: SignedEntry = { bytes: input, entry: { id, parents, author, action }, enclosed, log }
  return { signed, payload, signature }
}

/**
 * Entries of a membership log as a KUBE keeps them, which may not read who is in: sealed under a key that all have who were ever in, and
 * signed by the device that brings them.
 *
 *   sealed = CBOR [header, signature, ciphertext]
 *   header = CBOR [1, replica, id, [parent …], feed, salt, commitment, SHA-256 of the ciphertext]
 *
 * What is signed is the header. What is inside has a signature of its own, and that alone is believed: this one keeps others from filling a
 * KUBE. Spec: docs/protocol/hosts.md.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { fromBase64Url, toBase64Url, type DeviceId } from '../../protocol/ids.js'
import { logBytes, readKept, type SignedEntry } from '../log/signed.js'
import { MAX_ENTRY_BYTES, strict } from '../log/payload.js'
import { bytes, count, id, list, refuse } from '../log/shapes.js'
import type { LogEntryId } from '../membership/actions.js'
import { decrypt, encrypt, type Ciphertext } from '../suite/cipher.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { pad, unpad } from '../suite/padding.js'
import { SIGNATURE_BYTES, type SuitePlatform } from '../suite/platform.js'
import { verify, type Signer } from '../suite/signing.js'

const VERSION = 1
const HASH_BYTES = 32
const MAX_PARENTS = 1024
/** Padding adds an eighth at most. */
export const MAX_SEALED_BYTES = MAX_ENTRY_BYTES + (MAX_ENTRY_BYTES >> 3) + 64 * MAX_PARENTS

/** What can be read of it without a key. */
export interface SealedLogEntry {
  readonly bytes: Uint8Array
  readonly replica: Uint8Array
  /** Of the entry that is inside: nobody can tell who cannot open it. */
  readonly id: LogEntryId
  readonly parents: readonly LogEntryId[]
  /** The device that brought it. */
  readonly feed: DeviceId
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly sealed: Ciphertext
}

/** Where it belongs. */
export interface SealingPlace {
  readonly replica: Uint8Array
  /** 32 bytes, which all know who were ever in. */
  readonly key: Uint8Array
}

const hash = bytes(HASH_BYTES, HASH_BYTES)
const envelope = [bytes(1, MAX_SEALED_BYTES), bytes(SIGNATURE_BYTES, SIGNATURE_BYTES)] as const
const parentsShape = list(id<LogEntryId>(), MAX_PARENTS)

/** @param entry that is good @throws HearthError `halo/keys-lost` */
export async function sealLogEntry(
  platform: SuitePlatform,
  { replica, key }: SealingPlace,
  signer: Signer,
  entry: Uint8Array,
): Promise<Uint8Array> {
  const signed = readKept(entry)
  const place = placeOf(replica, signed)
  const {
    salt,
    commitment,
    bytes: text,
  } = await encrypt(platform, key, contextOf(replica, place), pad(entry))
  const header = cbor([VERSION, ...place, signer.publicKey, salt, commitment, sha256(text)])
  return cbor([header, await signer.sign('replica-log', replica, header), text])
}

/** One that was checked when it came, and kept. @throws HearthError `halo/refused`: it is none */
export function parseSealedLogEntry(input: Uint8Array): SealedLogEntry & { readonly hash: Uint8Array } {
  const [first, second, text] = parts(strict(input), 3)
  const header = envelope[0].read(first)
  const fields = parts(strict(header), 8)
  if (count.read(fields[0]) !== VERSION) refuse('version')
  return {
    ...{ bytes: input, header, signature: envelope[1].read(second) },
    replica: hash.read(fields[1]),
    id: id<LogEntryId>().read(fields[2]),
    parents: parentsShape.read(fields[3]),
    feed: toBase64Url(hash.read(fields[4])) as DeviceId,
    sealed: { salt: hash.read(fields[5]), commitment: hash.read(fields[6]), bytes: envelope[0].read(text) },
    hash: hash.read(fields[7]),
  }
}

/** @throws HearthError `halo/refused`: it is none, or not by the device that it names */
export async function readSealedLogEntry(
  platform: SuitePlatform,
  input: Uint8Array,
): Promise<SealedLogEntry> {
  const { hash: expected, ...one } = parseSealedLogEntry(input)
  const { feed, replica, header, signature, sealed } = one
  // defence: sealed-log-body
  if (!sameBytes(expected, sha256(sealed.bytes))) refuse('body')
  // defence: sealed-log-signed
  if (!(await verify(platform, fromBase64Url(feed), 'replica-log', replica, header, signature)))
    refuse('signature')
  return one
}

/** @returns the entry as it was signed @throws HearthError `halo/unreadable`, `halo/refused` */
export async function openLogEntry(
  platform: SuitePlatform,
  { replica, key }: SealingPlace,
  input: Uint8Array,
): Promise<Uint8Array> {
  const one = await readSealedLogEntry(platform, input)
  const place = [replica, logBytes(one.id)!, one.parents.map((parent) => logBytes(parent)!)] as const
  return unpad(await decrypt(platform, key, contextOf(replica, place), one.sealed))
}

type Place = readonly [replica: Uint8Array, id: Uint8Array, parents: readonly Uint8Array[]]

const placeOf = (replica: Uint8Array, { entry: { id, parents } }: SignedEntry): Place => [
  ...([replica, logBytes(id)!, parents.map((parent) => logBytes(parent)!)] as const),
]

const contextOf = (log: Uint8Array, place: Place) =>
  ({ label: 'kept-log', log, header: cbor(place) }) as const

const cbor = (value: unknown): Uint8Array => encode(value, rfc8949EncodeOptions)

function parts(value: unknown, length: number): unknown[] {
  return Array.isArray(value) && value.length === length ? value : refuse('parts')
}

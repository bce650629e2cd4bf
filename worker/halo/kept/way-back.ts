/**
 * What leads from recovery words and a file of a space to that very space: the capsule, by which the words know whose they are; and, sealed to
 * them, the log of that identity and the keys of the space.
 *
 *   way = CBOR [words, replica, sealed, signature, box]      the first four as in `capsule.ts`
 *   box = to the words, of the space: CBOR [1, [entry of the identity's log …], [[epoch, key] …]]
 *
 * The words have not signed the box. What is in it speaks for itself: the log has to be that of the identity which the capsule names, and a key
 * has to be what the author of its epoch has signed. Spec: docs/protocol/file.md.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { fromBase64Url, type IdentityId, type SpaceId } from '../../protocol/ids.js'
import { MAX_LOG_ENTRIES } from '../../protocol/wire.js'
import { strict } from '../log/payload.js'
import { bytes, id, list, pair, refuse } from '../log/shapes.js'
import type { LogEntryId } from '../membership/actions.js'
import { KEY_BYTES, type SuitePlatform } from '../suite/platform.js'
import type { Recovery } from '../suite/recovery.js'
import { seal } from '../suite/seal.js'
import { openCapsule, type Capsule } from './capsule.js'

const VERSION = 1
/** Epochs that may be the latest at one time. */
const MAX_KEYS = 256
const MAX_BYTES = 32 << 20

export interface WayBack {
  /** Entries of the identity's own log, parents first. */
  readonly own: readonly Uint8Array[]
  /** Of the space, by the entries that began their epochs: older ones are under these. */
  readonly keys: ReadonlyMap<string, Uint8Array>
}

const anyBytes = bytes(1, MAX_BYTES)
const ownLog = list(anyBytes, MAX_LOG_ENTRIES)
const epochKeys = list(pair(id<LogEntryId>(), bytes(KEY_BYTES, KEY_BYTES)), MAX_KEYS)

/** @param to X25519 of the words @throws HearthError `halo/weak-key` */
export async function sealWayBack(
  platform: SuitePlatform,
  { words, replica, sealed, signature }: Capsule,
  to: Uint8Array,
  space: SpaceId,
  { own, keys }: WayBack,
): Promise<Uint8Array> {
  const pairs = [...keys].map(([epoch, key]) => [epoch as LogEntryId, key] as const)
  const text = cbor([VERSION, ownLog.write(own), epochKeys.write(pairs)])
  const box = await seal(platform, to, 'recovery-file', fromBase64Url(space), text)
  return cbor([words, replica, sealed, signature, box])
}

/** @throws HearthError `halo/refused`, `halo/unreadable`: it is not for these words, or of another space, or was changed */
export async function openWayBack(
  platform: SuitePlatform,
  recovery: Recovery,
  space: SpaceId,
  way: Uint8Array,
): Promise<WayBack & { readonly identity: IdentityId }> {
  const parts = list(anyBytes, 5).read(strict(way))
  if (parts.length !== 5) refuse('way back')
  const [words, replica, sealed, signature, box] = parts as [
    ...[Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  ]
  const { identity } = await openCapsule(platform, recovery, { words, replica, sealed, signature })
  const text = strict(await recovery.opener.open('recovery-file', fromBase64Url(space), box))
  if (!Array.isArray(text) || text.length !== 3 || text[0] !== VERSION) refuse('way back')
  return { identity, own: ownLog.read(text[1]), keys: new Map(epochKeys.read(text[2])) }
}

const cbor = (value: unknown): Uint8Array => encode(value, rfc8949EncodeOptions)

/**
 * What leads from recovery words to a personal space that a KUBE keeps, for somebody who has nothing but the words: which space it is, and
 * the key of its first epoch, sealed to the words' X25519 key and signed by their Ed25519 key.
 *
 *   sealed = to the words: CBOR [1, identity, key of the first epoch]
 *
 * The words alone have signed it, so that nobody can lead them into an identity of somebody else's; a KUBE takes it for the same
 * reason from nobody else, however many bring it. It never changes. Spec: docs/protocol/hosts.md.
 */
import { encode, rfc8949EncodeOptions } from 'cborg'
import { fromBase64Url, toBase64Url, type IdentityId } from '../../protocol/ids.js'
import { strict } from '../log/payload.js'
import { bytes, refuse } from '../log/shapes.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { KEY_BYTES, type SuitePlatform } from '../suite/platform.js'
import type { Recovery } from '../suite/recovery.js'
import { seal } from '../suite/seal.js'
import { verify } from '../suite/signing.js'
import { replicaOf } from './kept-keys.js'

const VERSION = 1

export interface Capsule {
  /** The words' Ed25519 key. */
  readonly words: Uint8Array
  /** Of the personal space. */
  readonly replica: Uint8Array
  readonly sealed: Uint8Array
  readonly signature: Uint8Array
}

/** What is in it. */
export interface Led {
  readonly identity: IdentityId
  /** The key of the first epoch of its personal space. */
  readonly first: Uint8Array
}

/** @throws HearthError `halo/weak-key` */
export async function makeCapsule(
  platform: SuitePlatform,
  { signer, opener }: Recovery,
  { identity, first }: Led,
): Promise<Capsule> {
  const log = fromBase64Url(identity)
  const replica = replicaOf(log, first)
  const text = encode([VERSION, log, first], rfc8949EncodeOptions)
  const sealed = await seal(platform, opener.publicKey, 'recovery-capsule', replica, text)
  const signature = await signer.sign('recovery-capsule', replica, sealed)
  return { words: signer.publicKey, replica, sealed, signature }
}

/** Whether the words themselves have signed it, for this replica. */
export const isCapsule = (
  platform: SuitePlatform,
  { words, replica, sealed, signature }: Capsule,
): Promise<boolean> => verify(platform, words, 'recovery-capsule', replica, sealed, signature)

/** @throws HearthError `halo/refused`, `halo/unreadable`: it is not of these words, or it was changed */
export async function openCapsule(
  platform: SuitePlatform,
  { signer, opener }: Recovery,
  capsule: Capsule,
): Promise<Led> {
  const { words, replica, sealed } = capsule
  // Whoever has met this person can seal something to these words: a whole identity, in which others are, too.
  // defence: capsule-by-the-words
  if (!sameBytes(words, signer.publicKey) || !(await isCapsule(platform, capsule))) refuse('capsule')
  const parts = strict(await opener.open('recovery-capsule', replica, sealed))
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== VERSION) refuse('capsule')
  const [log, first] = parts.slice(1).map((part) => bytes(KEY_BYTES, KEY_BYTES).read(part))
  if (!sameBytes(replica, replicaOf(log!, first!))) refuse('capsule')
  return { identity: toBase64Url(log!) as IdentityId, first: first! }
}

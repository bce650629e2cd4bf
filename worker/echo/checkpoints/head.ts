/**
 * The head of a checkpoint: what it stands for, and of which pieces it is made. It is signed by whoever made it, and says nothing of what
 * is in the space, so that a KUBE can tell what it keeps. The only codec of it.
 *
 *   head   = CBOR [header, signature]
 *   header = CBOR [1, replica, author, log heads, epochs, [[feed, seq, entry id] …], [[SHA-256, bytes] …], whether entries may go]
 *   id     = SHA-256 of the header, which is what is signed (purpose `checkpoint`, of the replica)
 *
 * Spec: docs/protocol/checkpoints.md.
 */
import { fromBase64Url, type DeviceId } from '../../protocol/ids.js'
import { MAX_FEEDS, MAX_NAMES, MAX_PIECE_BYTES, MAX_PIECES } from '../../protocol/wire.js'
import { asBytes, asHash, asHashes, asList, asListUpTo, asPositive, cbor, strictCbor } from '../cbor.js'
import { hashText } from '../hash-text.js'

export const CHECKPOINT_VERSION = 1

/** The last entry of a feed that a checkpoint stands for. */
export interface Covered {
  readonly feed: DeviceId
  readonly seq: number
  /** Of the entry there: a hash, as 43 characters. */
  readonly id: string
}
export interface Piece {
  /** SHA-256 of it. */
  readonly hash: Uint8Array
  readonly bytes: number
}

export interface CheckpointHeader {
  /** The space, as those know it who cannot read it: 32 bytes. */
  readonly replica: Uint8Array
  /** The device that made it. */
  readonly author: DeviceId
  /** Heads of the membership log by which it knew what counts: 43 characters each. */
  readonly heads: readonly string[]
  /** Epochs whose keys together give the one that the pieces are under. */
  readonly epochs: readonly string[]
  /** In order of feeds. Of each, all entries up to there. */
  readonly covers: readonly Covered[]
  readonly pieces: readonly Piece[]
  /** Whether those who have it need not keep the entries that it stands for: so the space's setting was when it was made. */
  readonly mayDrop: boolean
}
export interface CheckpointHead extends CheckpointHeader {
  /** A hash, as 43 characters. */
  readonly id: string
  /** What is signed. */
  readonly header: Uint8Array
  readonly signature: Uint8Array
}

type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>

export function encodeHeader(said: CheckpointHeader): Uint8Array {
  const { replica, author, heads, epochs, covers, pieces, mayDrop } = said
  return cbor([
    ...[CHECKPOINT_VERSION, replica, fromBase64Url(author), heads.map(fromBase64Url)],
    ...[epochs.map(fromBase64Url)],
    covers.map(({ feed, seq, id }) => [fromBase64Url(feed), seq, fromBase64Url(id)]),
    ...[pieces.map(({ hash, bytes }) => [hash, bytes]), mayDrop],
  ])
}

export const encodeHead = (header: Uint8Array, signature: Uint8Array): Uint8Array => cbor([header, signature])

/**
 * What can be read without a key; whether the signature holds is to be asked.
 * @throws Error that says what is wrong with the bytes
 */
export async function readHead(bytes: Uint8Array, sha256: Sha256): Promise<CheckpointHead> {
  const [header, signature] = asList(strictCbor(bytes), 2).map((one) => asBytes(one)) as [
    Uint8Array,
    Uint8Array,
  ]
  const fields = asList(strictCbor(header), 8)
  const [version, replica, author, heads, epochs, covers, pieces, mayDrop] = fields
  if (version !== CHECKPOINT_VERSION) throw new Error(`checkpoint version ${String(version)}`)
  if (typeof mayDrop !== 'boolean') throw new Error('not a checkpoint')
  const head: CheckpointHead = {
    replica: asHash(replica),
    author: hashText(asHash(author)) as DeviceId,
    ...{ heads: inOrder(heads), epochs: inOrder(epochs), mayDrop, header, signature: asBytes(signature, 64) },
    covers: asListUpTo(covers, MAX_FEEDS).map((one) => {
      const [feed, seq, id] = asList(one, 3)
      return { feed: hashText(asHash(feed)) as DeviceId, seq: asPositive(seq), id: hashText(asHash(id)) }
    }),
    pieces: asListUpTo(pieces, MAX_PIECES).map((one) => {
      const [hash, size] = asList(one, 2)
      return { hash: asHash(hash), bytes: asPositive(size) }
    }),
    id: hashText(await sha256(header)),
  }
  const isInOrder = head.covers.every(({ feed }, i) => i === 0 || head.covers[i - 1]!.feed < feed)
  const isInBounds = head.pieces.every((piece) => piece.bytes <= MAX_PIECE_BYTES)
  if (!isInOrder || !isInBounds || head.covers.length === 0) throw new Error('not a checkpoint')
  return head
}

/** Entries that it stands for. */
export const countOf = ({ covers }: Pick<CheckpointHeader, 'covers'>): number =>
  covers.reduce((sum, { seq }) => sum + seq, 0)

/** Bytes of its pieces. */
export const bytesOf = ({ pieces }: Pick<CheckpointHeader, 'pieces'>): number =>
  pieces.reduce((sum, { bytes }) => sum + bytes, 0)

/** Sorted, and each once. */
function inOrder(value: unknown): string[] {
  const all = asHashes(value, MAX_NAMES)
  if (!all.every((id, i) => i === 0 || all[i - 1]! < id)) throw new Error('not a checkpoint')
  return all
}

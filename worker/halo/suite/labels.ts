/**
 * Every use of a key has a name here. Keys and signatures made for one use are worthless for any other, because the name
 * and the id of the log are part of what is signed or derived. Names are added, never given another meaning.
 */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

interface Labels {
  sign:
    | 'membership-entry'
    | 'feed-entry'
    /** A new device agrees to being admitted. */
    | 'device-possession'
    /** The identity that is given up agrees to it. */
    | 'rebind'
    /** Certifies the X25519 key that a device uses in sessions. */
    | 'session-key'
    | 'invitation-terms'
    /** A KUBE asks a device who it is; of no log. */
    | 'kube-challenge'
    /** A device shows a KUBE that it is in a space which that keeps; of the replica. */
    | 'replica-access'
    /** Whose feeds a KUBE is to take of a replica, and that it is to delete one. */
    | 'replica-feeds'
    | 'replica-forget'
    /** An entry of a membership log, as a KUBE keeps it. */
    | 'replica-log'
    /** What leads from recovery words to a personal space that a KUBE keeps; of the replica. */
    | 'recovery-capsule'
    /** Whoever has the words, or a passkey, asks a KUBE where that leads; of no log. */
    | 'recovery-seek'
    /** What leads from a passkey to the words; by the passkey, and, that it may, by the words; of the replica. */
    | 'passkey-capsule'
    | 'passkey-voucher'
    /** What stands for entries of a space's feeds; of the replica. */
    | 'checkpoint'
    /** What is said to all who have a space, and not stored. */
    | 'spoken'
    /** Whether kept keys still work; of no log, and the signature is thrown away. */
    | 'key-check'
  derive:
    /** The key to write under, from those of all maximal epochs. */
    | 'write-key'
    /** What the author of an epoch signs of its key; the epoch's own log may not have an id yet. */
    | 'epoch-digest'
    | 'replica-id'
    /** The key by which a KUBE knows who is in a space that it keeps, and the one that entries of the log are sealed under there. */
    | 'replica-access'
    | 'replica-log'
    /** Who a device is in sessions with one KUBE; of no log. */
    | 'keeper-key'
    | 'topic'
    /** What those know who may meet at a topic. */
    | 'topic-secret'
    | 'invitation-topic'
    | 'invitation-secret'
    | 'recovery-signing'
    | 'recovery-agreement'
    | 'recovery-topic'
    /** From that: where devices of an identity meet whoever has its words; of no log. */
    | 'words-topic'
    | 'words-hint'
    | 'words-psk'
    /** From what a passkey answers: the key by which a KUBE finds what it leads to, and the one that this is under; of no log. */
    | 'passkey-finder'
    | 'passkey-lock'
  encrypt:
    | 'feed-body'
    /** A piece of what stands for entries. */
    | 'checkpoint-piece'
    /** An entry of a membership log, for a KUBE to keep. */
    | 'kept-log'
    /** Keys of earlier epochs, under that of a later one. */
    | 'older-epochs'
    /** The secret of recovery, under a passkey. */
    | 'recovery-secret'
    /** The same, for a KUBE to keep; of the replica. */
    | 'passkey-capsule'
  seal:
    /** The key of an epoch, to a device. */
    | 'epoch-key'
    /** The key of an epoch of the personal space, to the recovery key. */
    | 'recovery-epoch-key'
    /** Which personal space it is, and by which key it is found at a KUBE, to the recovery key. */
    | 'recovery-capsule'
    /** What leads from a file of a space to that space, to the recovery key; of the space. */
    | 'recovery-file'
    /** The terms of an invitation, to those who may admit. */
    | 'invitation-terms'
}

export type Purpose = Labels['sign']
export type DeriveLabel = Labels['derive']
export type EncryptLabel = Labels['encrypt']
export type SealLabel = Labels['seal']

/** The id of a log, 32 bytes; null for what belongs to none. */
export type Log = Uint8Array | null

export const LOG_BYTES = 32

/**
 * Label and log before what they are the label and log of:
 *
 *   'hearth/1/' kind '/' label ‖ 0 ‖ 32 ‖ log id ‖ rest, or
 *   'hearth/1/' kind '/' label ‖ 0 ‖ 0 ‖ rest
 *
 * No label contains a 0 byte, so no two lists of arguments give the same bytes.
 * @param rest one part of any length; of several, all have a length of their own that never changes
 * @throws RangeError the id of a log has another length
 */
export function frame<Kind extends keyof Labels>(
  kind: Kind,
  label: Labels[Kind],
  log: Log,
  ...rest: readonly Uint8Array[]
): Uint8Array {
  // defence: log-id-length
  if (log && log.length !== LOG_BYTES) throw new RangeError(`the id of a log has ${LOG_BYTES} bytes`)
  const id = log ?? new Uint8Array()
  return concatBytes(
    // defence: purpose
    utf8ToBytes(`hearth/1/${kind}/${label}`),
    // defence: framing
    Uint8Array.of(0, id.length),
    // defence: log-id
    id,
    ...rest,
  )
}

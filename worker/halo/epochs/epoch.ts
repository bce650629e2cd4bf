/**
 * A space's keys. Each epoch has a random one, sealed to every device that is in; its author signs a digest of it, so that
 * nobody can be given another. Under it are the keys of the epochs that it follows, for whoever comes later to read what was
 * written before: a document is nothing without its history.
 * Spec: docs/protocol/membership.md.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { HearthError } from '../../protocol/errors.js'
import type { Agreements } from '../log/evidence.js'
import { strict, type Epoch } from '../log/payload.js'
import { bytes, id, list, pair } from '../log/shapes.js'
import type { LogEntryId } from '../membership/actions.js'
import { compareIds } from '../membership/rank.js'
import { decrypt, encrypt } from '../suite/cipher.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import { derive } from '../suite/derive.js'
import type { Log } from '../suite/labels.js'
import { KEY_BYTES, type SuitePlatform } from '../suite/platform.js'
import { seal, type Opener } from '../suite/seal.js'

/** As many epochs as can begin at once. */
const MAX_OLDER = 256

/** Keys of epochs, by the entries that began them. */
export type EpochKeys = ReadonlyMap<LogEntryId, Uint8Array>

/**
 * @param log null for the epoch that a genesis begins
 * @param to devices that are in from here on, and their X25519 keys
 * @param older keys of the epochs that this one follows
 * @param recovery X25519 of the recovery words, in an identity's own log
 * @throws HearthError `halo/weak-key`
 */
export async function beginEpoch(
  platform: SuitePlatform,
  log: Log,
  to: Agreements,
  older: EpochKeys,
  recovery?: Uint8Array,
): Promise<{ key: Uint8Array; epoch: Epoch }> {
  const key = platform.random(KEY_BYTES)
  const digest = digestOf(key)
  const sealed = await Promise.all(
    [...to].map(async ([device, theirs]) => [device, await sealKey(platform, log, key, theirs)] as const),
  )
  const epoch: Epoch = {
    ...{ digest, sealed },
    ...(recovery && { recovery: await seal(platform, recovery, 'recovery-epoch-key', log, key) }),
    ...(older.size > 0 && { older: await encrypt(platform, key, underKey(log, digest), pack(older)) }),
  }
  return { key, epoch }
}

/** @throws HearthError `halo/weak-key` */
export const sealKey = (
  platform: SuitePlatform,
  log: Log,
  key: Uint8Array,
  theirs: Uint8Array,
): Promise<Uint8Array> => seal(platform, theirs, 'epoch-key', log, key)

/**
 * What was sealed to this device is the epoch's key, or nothing.
 * @throws HearthError `halo/unreadable`
 */
export const openKey = (log: Log, epoch: Epoch, opener: Opener, sealed: Uint8Array): Promise<Uint8Array> =>
  opened(epoch, opener.open('epoch-key', log, sealed))

/** As `openKey`, by the recovery words. @throws HearthError `halo/unreadable` */
export const openByWords = (log: Log, epoch: Epoch, words: Opener): Promise<Uint8Array> =>
  opened(epoch, words.open('recovery-epoch-key', log, epoch.recovery ?? new Uint8Array()))

async function opened(epoch: Epoch, opening: Promise<Uint8Array>): Promise<Uint8Array> {
  const key = await opening
  // defence: key-that-was-signed
  if (!isKeyOf(epoch, key)) throw new HearthError('halo/unreadable')
  return key
}

/**
 * Keys of the epochs that this one follows.
 * @throws HearthError `halo/unreadable`, `halo/refused`
 */
export async function olderKeys(
  platform: SuitePlatform,
  log: Log,
  { digest, older }: Epoch,
  key: Uint8Array,
): Promise<EpochKeys> {
  return older ? unpack(await decrypt(platform, key, underKey(log, digest), older)) : new Map()
}

/** Whether this is what the epoch's author signed. */
export const isKeyOf = ({ digest }: Epoch, key: Uint8Array): boolean => sameBytes(digest, digestOf(key))

/**
 * The key to write under: that of the latest epoch; where several began at the same time, one that only those have who
 * have all of them, and so nobody whom one of them left out.
 */
export const writeKey = (log: Log, keys: readonly Uint8Array[]): Uint8Array =>
  derive('write-key', log, concatBytes(...[...keys].sort((a, b) => compareIds(bytesToHex(a), bytesToHex(b)))))

const digestOf = (key: Uint8Array): Uint8Array => derive('epoch-digest', null, key)

const underKey = (log: Log, digest: Uint8Array) => ({ label: 'older-epochs', log, header: digest }) as const

const older = list(pair(id<LogEntryId>(), bytes(KEY_BYTES, KEY_BYTES)), MAX_OLDER)
const pack = (keys: EpochKeys): Uint8Array => encode(older.write([...keys]), rfc8949EncodeOptions)
const unpack = (packed: Uint8Array): EpochKeys => new Map(older.read(strict(packed)))

/**
 * Takes a space back from a file. Where this device is in that space, what the file holds goes to what is here, checked as if it came from
 * another device. Where it is not, the recovery words of whoever wrote it let it in; without them, the objects become a new space of this
 * identity's own.
 */
import type { Echo } from '../echo/echo.js'
import type { Halo } from '../halo/halo.js'
import { openWayBack } from '../halo/kept/way-back.js'
import type { SuitePlatform } from '../halo/suite/platform.js'
import { recoveryOf } from '../halo/suite/recovery.js'
import { HearthError } from '../protocol/errors.js'
import { newId, type ObjectId } from '../protocol/ids.js'
import { isOwnType } from '../protocol/own-types.js'
import type { Item } from '../protocol/rpc.js'
import type { ImportOutcome } from '../protocol/session-api.js'
import { isLink, isList, isRecord, type Stored, type StoredRecord } from '../protocol/values.js'
import { verifyItem } from '../protocol/verify.js'
import type { OwnObjects } from '../own-objects.js'
import { SpaceFile, type FileHead } from './file.js'

export interface Importing {
  readonly platform: SuitePlatform
  readonly halo: Halo
  readonly echo: Echo
  readonly objects: OwnObjects
  random(bytes: number): Uint8Array
}

/**
 * @param asCopy a new space, also where this device is in the one that was written
 * @param secret what recovery words stand for: this device becomes one of the identity that they are of, and is in the space
 * @returns the space that now has all of it, durably
 * @throws HearthError `echo/import-…`, `echo/…`, `halo/…`, `store/…`; nothing of a new space is left then
 */
export async function importSpace(
  to: Importing,
  blob: Blob,
  asCopy: boolean,
  secret?: Uint8Array,
): Promise<ImportOutcome> {
  const file = await SpaceFile.open(blob)
  const { space } = file.head
  if (secret) await comeByWords(to, file, secret)
  else if (!asCopy) await comeAgain(to, file)
  if (asCopy || !to.halo.get(space)) return copy(to, file)
  for await (const entries of file.log()) await to.halo.admissions.receive(space, entries)
  await takeCheckpoint(to, file)
  for await (const entries of file.entries()) await to.echo.exchange.receive(space, entries)
  await to.echo.exchange.durable()
  return [space]
}

/** What stands for entries that are not in the file, if it is wanted here. @throws HearthError `store/…` */
async function takeCheckpoint({ echo: { checkpoints } }: Importing, file: SpaceFile): Promise<void> {
  const head = await file.checkpoint()
  const coming = head && (await checkpoints.begin(file.head.space, head))
  if (!coming) return
  let n = 0
  for await (const piece of file.pieces()) if (!(await coming.take(n++, piece))) return coming.stop()
  await coming.end()
}

/** @throws HearthError `echo/import-others`: it is for other words, or none; `halo/refused`, `store/…` */
async function comeByWords(
  { platform, halo }: Importing,
  file: SpaceFile,
  secret: Uint8Array,
): Promise<void> {
  const { space } = file.head
  const words = await recoveryOf(platform, secret)
  const way = await file.way()
  const led = way && (await openWayBack(platform, words, space, way).catch(() => undefined))
  if (!led) throw new HearthError('echo/import-others')
  const { identity, own, keys } = led
  await halo.admissions.recover(own, identity, secret)
  if (space !== (identity as string)) await halo.admissions.joinByWords(await logOf(file), space, keys)
}

/** This identity has written it, and this device has the words: it is in again. Who has left it, or has no words here, is not. */
async function comeAgain({ platform, halo }: Importing, file: SpaceFile): Promise<void> {
  const { space } = file.head
  if (halo.get(space) || halo.left.has(space)) return
  const [words, way] = [await halo.words(), await file.way()]
  const led = words && way && (await openWayBack(platform, words, space, way).catch(() => undefined))
  if (!led || led.identity !== halo.identity.id) return
  await halo.admissions.joinByWords(await logOf(file), space, led.keys).catch((e: unknown) => {
    // It was no member any more when that was written.
    if (!(e instanceof HearthError) || !e.code.startsWith('halo/')) throw e
  })
}

async function logOf(file: SpaceFile): Promise<Uint8Array[]> {
  const log: Uint8Array[] = []
  for await (const entries of file.log()) log.push(...entries)
  return log
}

async function copy({ halo, objects, random }: Importing, file: SpaceFile): Promise<ImportOutcome> {
  const id = () => newId<ObjectId>(random(16))
  // An object is in one space only, and the one in which these were may come here, too.
  const copies = new Map<ObjectId, ObjectId>()
  for await (const part of file.objects())
    for (const [object, type, value] of part) {
      verifyItem({ id: object, type, value })
      copies.set(object, id())
    }
  const space = await halo.createSpace(`${nameOf(file.head)} (incomplete)`)
  try {
    for await (const part of file.objects()) {
      const items: Item[] = []
      for (const [object, type, value] of part) {
        // defence: own-objects-not-taken
        if (isOwnType(type)) continue
        items.push({ id: copies.get(object)!, type, value: linked(value, copies) })
      }
      await objects.write(items, space.id)
    }
    await halo.rename(space.id, nameOf(file.head))
    return [space.id, nameOf(file.head)]
  } catch (e) {
    await halo.deleteSpace(space.id).catch(() => undefined)
    throw e
  }
}

/** A file may have been written by anybody. */
const nameOf = ({ name }: FileHead): string => name.trim().slice(0, 200) || 'Imported'

/** The same, with links to what the copies are. */
const linked = (record: StoredRecord, copies: ReadonlyMap<ObjectId, ObjectId>): StoredRecord =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, linkedValue(value, copies)]))

function linkedValue(value: Stored, copies: ReadonlyMap<ObjectId, ObjectId>): Stored {
  if (isLink(value)) return { '@link': copies.get(value['@link']) ?? value['@link'] }
  if (isList(value)) return value.map((one) => linkedValue(one, copies))
  return isRecord(value) ? linked(value, copies) : value
}

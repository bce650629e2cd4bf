/**
 * Takes a space back from a file. Where this device is in that space, what the file holds goes to what is here, checked as if it came from
 * another device. Where it is not, the objects become a new space of this identity's own.
 */
import type { Echo } from '../echo/echo.js'
import type { Halo } from '../halo/halo.js'
import { newId, type ObjectId } from '../protocol/ids.js'
import { isOwnType } from '../protocol/own-types.js'
import type { ImportOutcome, Item } from '../protocol/rpc.js'
import { isLink, isList, isRecord, type Stored, type StoredRecord } from '../protocol/values.js'
import { verifyItem } from '../protocol/verify.js'
import type { OwnObjects } from '../own-objects.js'
import { SpaceFile, type FileHead } from './file.js'

export interface Importing {
  readonly halo: Halo
  readonly echo: Echo
  readonly objects: OwnObjects
  random(bytes: number): Uint8Array
}

/**
 * @param asCopy a new space, also where this device is in the one that was written
 * @returns the space that now has all of it, durably
 * @throws HearthError `echo/import-…`, `echo/…`, `halo/…`, `store/…`; nothing of a new space is left then
 */
export async function importSpace(to: Importing, blob: Blob, asCopy: boolean): Promise<ImportOutcome> {
  const file = await SpaceFile.open(blob)
  const { space } = file.head
  if (asCopy || !to.halo.get(space)) return copy(to, file)
  for await (const entries of file.log()) await to.halo.admissions.receive(space, entries)
  for await (const entries of file.entries()) await to.echo.exchange.receive(space, entries)
  await to.echo.exchange.durable()
  return [space]
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

/** What the entries of a disk say, read by nobody else's code path: every object's document, made from entries alone. */
import { ObjectDocument } from '../../worker/echo/documents/object-document.js'
import type { Creation } from '../../worker/echo/documents/creation.js'
import type { DeviceId, ObjectId } from '../../worker/protocol/ids.js'
import { automerge } from './device.js'
import type { Disk } from './disk.js'
import { entriesOn } from './entries.js'

type Materialised = ReturnType<ObjectDocument['materialise']>

/** Every object in creation order. */
export async function createdOn(disk: Disk): Promise<ObjectId[]> {
  const ids: ObjectId[] = []
  for (const { creations } of await entriesOn(disk)) for (const [id] of creations) ids.push(id)
  return ids
}

export async function documentsOf(disk: Disk): Promise<Map<ObjectId, Materialised>> {
  await automerge()
  const sources = new Map<ObjectId, { creation: Creation; device: DeviceId; changes: Uint8Array[] }>()
  const entries = await entriesOn(disk)
  for (const { creations, feed } of entries)
    for (const [id, type, first] of creations)
      sources.set(id, { creation: { id, type, value: first }, device: feed, changes: [] })
  // Feed by feed: Automerge puts them into an order of its own.
  for (const entry of entries)
    for (const [id, changes] of entry.changes) sources.get(id)!.changes.push(...changes)
  const documents = new Map<ObjectId, Materialised>()
  for (const [id, source] of sources) {
    const document = ObjectDocument.open({ id, ...source })
    documents.set(id, document.materialise())
    document.free()
  }
  return documents
}

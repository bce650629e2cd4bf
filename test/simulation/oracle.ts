/** What the entries of a disk say, read by nobody else's code path: every object's document, made from entries alone. */
import { decodeEntry } from '../../worker/echo/entry.js'
import { ObjectDocument } from '../../worker/echo/documents/object-document.js'
import type { Creation } from '../../worker/echo/documents/creation.js'
import type { DeviceId, ObjectId } from '../../worker/protocol/ids.js'
import { createHash } from 'node:crypto'
import { automerge } from './device.js'
import type { Disk } from './disk.js'

type Materialised = ReturnType<ObjectDocument['materialise']>

const sha256 = async (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** Every object in creation order. */
export async function createdOn(disk: Disk): Promise<ObjectId[]> {
  const ids: ObjectId[] = []
  for (const { value } of await disk.open().rows<Uint8Array>('entries'))
    for (const [id] of (await decodeEntry(value, sha256)).creations) ids.push(id)
  return ids
}

export async function documentsOf(disk: Disk): Promise<Map<ObjectId, Materialised>> {
  await automerge()
  const sources = new Map<ObjectId, { creation: Creation; device: DeviceId; changes: Uint8Array[] }>()
  for (const { value } of await disk.open().rows<Uint8Array>('entries')) {
    const entry = await decodeEntry(value, sha256)
    for (const [id, type, first] of entry.creations)
      sources.set(id, { creation: { id, type, value: first }, device: entry.feed, changes: [] })
    for (const [id, changes] of entry.changes) sources.get(id)!.changes.push(...changes)
  }
  const documents = new Map<ObjectId, Materialised>()
  for (const [id, source] of sources) {
    const document = ObjectDocument.open({ id, ...source })
    documents.set(id, document.materialise())
    document.free()
  }
  return documents
}

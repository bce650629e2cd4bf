/**
 * Creation as data: a feed entry carries an object's first value, and the Automerge change that stands for it
 * is built only when the object is first edited. Every replica must build the same bytes from the same data:
 * golden-creations.json guards them, and any change to them needs a new CREATION_VERSION.
 * Spec: docs/protocol/objects.md.
 */
import type { ObjectId } from '../../protocol/ids.js'
import type { StoredRecord } from '../../protocol/values.js'
import { creationActor } from './actors.js'
import { newHandle, ROOT, TYPE_KEY } from './handle.js'
import { putFields } from './write-value.js'

export interface Creation {
  readonly id: ObjectId
  readonly type: string
  readonly value: StoredRecord
}

/** Version of the builder; part of the actor, so that two builders never make different changes of one name. */
export const CREATION_VERSION = 1

/**
 * The one Automerge change that every replica builds from the same creation data: actor derived from the object
 * id and the builder's version, sequence 1, start op 1, time 0, keys in canonical (code unit) order.
 */
export function buildCreation({ id, type, value }: Creation): Uint8Array {
  // Not `encodeChange`, which is faster but goes through JSON and comes back with other floats.
  const doc = newHandle(creationActor(id, CREATION_VERSION))
  try {
    putFields(doc, ROOT, { ...value, [TYPE_KEY]: type })
    doc.commit(null, 0)
    return doc.getLastLocalChange()!
  } finally {
    doc.free()
  }
}

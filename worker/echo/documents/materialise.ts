/** An Automerge document as a stored value. */
import type { Stored, StoredRecord } from '../../protocol/values.js'
import { LINK_KEY, type Handle, type Typed } from './handle.js'
import type { MovedLists } from './moved-lists.js'

/** The app's fields of a map. Keys that begin with `@` are ours. */
export function readFields(doc: Handle, map: string, lists: MovedLists): StoredRecord {
  const fields: Record<string, Stored> = {}
  for (const key of doc.keys(map)) {
    if (key[0] === '@' || key === '__proto__') continue
    fields[key] = readValue(doc, doc.getWithType(map, key)!, lists)
  }
  return fields
}

/** A value of any kind, with all that is inside it. */
export function readValue(doc: Handle, [type, value]: Typed, lists: MovedLists): Stored {
  switch (type) {
    case 'int':
    case 'uint':
    case 'counter':
      // The wasm gives a bigint where a number would not do.
      return Number(value)
    case 'timestamp':
      return { '@time': value.getTime() }
    case 'text':
      return { '@text': doc.text(value) }
    case 'list':
      return readList(doc, value, lists)
    case 'map':
    case 'table': {
      const link = doc.get(value, LINK_KEY)
      return typeof link === 'string' ? { '@link': link } : readFields(doc, value, lists)
    }
    default:
      return value
  }
}

function readList(doc: Handle, list: string, lists: MovedLists): Stored[] {
  const read = (slot: number) => readValue(doc, doc.getWithType(list, slot)!, lists)
  const order = lists.order(list)
  if (order) return order.map(({ own }) => read(own))
  return Array.from({ length: doc.length(list) }, (_, slot) => read(slot))
}

/** An Automerge document as a stored value. */
import type { Stored, StoredRecord } from '../../protocol/values.js'
import { LINK_KEY, type Handle, type Typed } from './handle.js'

/** The app's fields of a map. Keys that begin with `@` are ours. */
export function readFields(doc: Handle, map: string): StoredRecord {
  const fields: Record<string, Stored> = {}
  for (const key of doc.keys(map)) {
    if (key[0] === '@' || key === '__proto__') continue
    fields[key] = readValue(doc, doc.getWithType(map, key)!)
  }
  return fields
}

export function readValue(doc: Handle, [type, value]: Typed): Stored {
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
      return readList(doc, value)
    case 'map':
    case 'table': {
      const link = doc.get(value, LINK_KEY)
      return typeof link === 'string' ? { '@link': link } : readFields(doc, value)
    }
    default:
      return value
  }
}

function readList(doc: Handle, list: string): Stored[] {
  const items: Stored[] = []
  for (let i = 0, n = doc.length(list); i < n; i++) items.push(readValue(doc, doc.getWithType(list, i)!))
  return items
}

/** Plain values out of live objects: frozen ones that share what did not change, and ones to do anything with. */
import { isLink, isList, isText, isTime, type Stored, type StoredRecord } from '../worker/protocol/values.js'
import { nodeOf, standFor } from './identity.js'

/** One frozen copy for each stored value: the same as long as that is the same. */
const frozen = new WeakMap<object, unknown>()

/**
 * A frozen plain copy. What changed since the last one has a new reference, what did not has the same.
 * Text is a string, a time is a `Date`, a link is `{ '@link': id }`.
 * @throws HearthError `echo/invalid` for what is not a live object
 */
export function snapshot<T>(object: T): T {
  const node = nodeOf(object)
  const value = node.value as object | undefined
  if (!value) return undefined as T
  // An empty record is one value for many objects: the copy of a whole object is kept by its own record.
  const key = node.parent ? value : (node.object.current ?? value)
  let copy = frozen.get(key)
  if (!copy) {
    const content = freeze(value as Stored) as object
    copy = node.parent ? content : Object.freeze({ id: node.object.id, ...content })
    frozen.set(key, copy)
    standFor(copy as object, node)
  }
  return copy as T
}

function freeze(value: Stored): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (isText(value)) return value['@text']
  let copy = frozen.get(value)
  if (!copy) {
    if (isTime(value)) copy = new Date(value['@time'])
    else if (isList(value)) copy = Object.freeze(value.map(freeze))
    else if (isLink(value)) copy = value
    else copy = Object.freeze(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, freeze(v)])))
    frozen.set(value, copy)
  }
  return copy
}

/** The live object behind a snapshot. @throws HearthError `echo/invalid` */
export function live<T>(copy: T): T {
  return nodeOf(copy).live as T
}

/** A deep copy to change, clone or send; changing it changes nothing else. Links are `{ '@link': id }`. */
export function plain<T>(object: T): T {
  const node = nodeOf(object)
  const copy = thaw((node.value ?? {}) as Stored) as object
  return (node.parent ? copy : { id: node.object.id, ...copy }) as T
}

function thaw(value: Stored): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isText(value)) return value['@text']
  if (isTime(value)) return new Date(value['@time'])
  if (value instanceof Uint8Array) return value.slice()
  if (isList(value)) return value.map(thaw)
  return Object.fromEntries(Object.entries(value as StoredRecord).map(([k, v]) => [k, thaw(v)]))
}

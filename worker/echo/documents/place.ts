/**
 * Paths of operations to places in an Automerge document, without reading more than the way there.
 * What `valueAt` would not find is not there: steps into text, time and links, reserved keys, indices out of range.
 */
import type { Path } from '../../protocol/operations.js'
import { LINK_KEY, ROOT, type Handle, type Typed } from './handle.js'
import type { MovedLists } from './moved-lists.js'

/** A key of a map, or an element of a list, by its index in Automerge. */
export interface Place {
  readonly obj: string
  readonly prop: string | number
}

/** Where the last step of a path leads. A key need not be set; an element must be there. */
export function placeOf(doc: Handle, lists: MovedLists, path: Path): Place | undefined {
  let container: Typed = ['map', ROOT]
  for (let depth = 0; ; depth++) {
    const place = step(doc, lists, container, path[depth])
    if (!place || depth === path.length - 1) return place
    const next = doc.getWithType(place.obj, place.prop)
    if (!next) return undefined
    container = next
  }
}

/** The value at a path, with its type. */
export function typedAt(doc: Handle, lists: MovedLists, path: Path): Typed | undefined {
  const place = placeOf(doc, lists, path)
  return (place && doc.getWithType(place.obj, place.prop)) ?? undefined
}

function step(
  doc: Handle,
  lists: MovedLists,
  [type, obj]: Typed,
  key: string | number | undefined,
): Place | undefined {
  if (typeof key === 'string') {
    if (type !== 'map' || key === '' || key[0] === '@') return undefined
    return obj !== ROOT && doc.get(obj, LINK_KEY) !== undefined ? undefined : { obj, prop: key }
  }
  if (key === undefined || type !== 'list') return undefined
  const order = lists.order(obj)
  if (order) return order[key] && { obj, prop: order[key].own }
  return lists.holds(obj, key + 1) ? { obj, prop: key } : undefined
}

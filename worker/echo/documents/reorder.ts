/** A list whose elements may have moved, as operations: deletions, and then what is new or elsewhere. */
import type { Stored } from '../../protocol/values.js'
import type { OpId } from './handle.js'

export type Step =
  | { readonly t: 'list'; readonly i: number; readonly n: number; readonly v: readonly Stored[] }
  | { readonly t: 'move'; readonly i: number; readonly to: number }

/** Beyond so many steps the whole list is shorter. */
const MAX_STEPS = 500

/**
 * Steps from one order of elements to another, applied one after the other.
 * @param read the value of the element that shows at an index afterwards
 * @returns undefined where there would be too many
 */
export function reorder(
  before: readonly OpId[],
  after: readonly OpId[],
  read: (index: number) => Stored,
): Step[] | undefined {
  const steps: Step[] = []
  const kept = new Set(after)
  const now = [...before]
  for (let i = now.length - 1; i >= 0; i--) {
    if (kept.has(now[i]!)) continue
    now.splice(i, 1)
    steps.push({ t: 'list', i, n: 1, v: [] })
    if (steps.length > MAX_STEPS) return undefined
  }
  const still = stayers(now, after)
  for (const [index, id] of after.entries()) {
    if (still.has(id)) continue
    if (steps.length === MAX_STEPS) return undefined
    const from = now.indexOf(id)
    if (from >= 0) now.splice(from, 1)
    // What comes before it is in its place already.
    const to = index === 0 ? 0 : now.indexOf(after[index - 1]!) + 1
    now.splice(to, 0, id)
    if (from < 0) steps.push({ t: 'list', i: to, n: 0, v: [read(index)] })
    else if (from !== to) steps.push({ t: 'move', i: from, to })
  }
  return steps
}

/** A longest run of elements that are in the same order in both: what is moved is the rest. */
function stayers(before: readonly OpId[], after: readonly OpId[]): ReadonlySet<OpId> {
  const place = new Map(before.map((id, i) => [id, i]))
  /** Per length, the element that ends the best run of that length; and the one before each. */
  const ends: OpId[] = []
  const previous = new Map<OpId, OpId | undefined>()
  for (const id of after) {
    const at = place.get(id)
    if (at === undefined) continue
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (place.get(ends[middle]!)! < at) low = middle + 1
      else high = middle
    }
    previous.set(id, ends[low - 1])
    ends[low] = id
  }
  const stay = new Set<OpId>()
  for (let id = ends.at(-1); id !== undefined; id = previous.get(id)) stay.add(id)
  return stay
}

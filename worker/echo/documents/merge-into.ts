/**
 * Merging as its callers do it. Nearly all that is wrong with a change shows before Automerge sees it; what does not
 * costs the document in memory, never what it was made from.
 */
import { HearthError } from '../../protocol/errors.js'
import type { ObjectId } from '../../protocol/ids.js'
import type { Op } from '../../protocol/operations.js'
import { readChange } from './change.js'
import type { Incoming, Merged } from './merging.js'
import type { ObjectDocument } from './object-document.js'
import { Refused, type Reason } from './refused.js'
import { beaten } from './rivals.js'

/**
 * Merges so that a change which only Automerge shows to be wrong costs that change and nothing else.
 * @param reopen the document as it was before, from what is saved and what was taken. Called only if a change has
 * spoilt the document.
 * @throws Rival where a change that was taken before gives way to one of these: the document is closed then
 * @returns the document to go on with: the one given, or one opened again
 */
export async function mergeInto(
  document: ObjectDocument,
  incoming: readonly Incoming[],
  reopen: () => Promise<ObjectDocument>,
): Promise<{ readonly document: ObjectDocument; readonly merged: Merged }> {
  try {
    return { document, merged: document.merge(incoming) }
  } catch (e) {
    const reason = reasonOf(e)
    document = await reopen()
    if (incoming.length === 1)
      return { document, merged: { ops: [], refused: [{ index: 0, reason }], waiting: [] } }
  }
  const taken: Incoming[] = []
  const ops: Op[] = []
  const losers = losersAmong(document.id, incoming)
  const refused: Merged['refused'][number][] = losers.map((index) => ({ index, reason: 'equivocation' }))
  let open: Merged['waiting'] = incoming.flatMap((_, index) =>
    losers.includes(index) ? [] : { index, needs: [] },
  )
  // One by one, to see which it is.
  for (let more = true; more;) {
    more = false
    const waiting: Merged['waiting'][number][] = []
    for (const { index } of open) {
      const one = incoming[index]!
      try {
        const merged = document.merge([one])
        ops.push(...merged.ops)
        for (const { reason } of merged.refused) refused.push({ index, reason })
        for (const { needs } of merged.waiting) waiting.push({ index, needs })
        if (merged.refused.length + merged.waiting.length > 0) continue
        taken.push(one)
        more = true
      } catch (e) {
        refused.push({ index, reason: reasonOf(e) })
        document = await reopen()
        document.merge(taken)
      }
    }
    open = waiting
  }
  return { document, merged: { ops, refused, waiting: open } }
}

/** By their index. */
function losersAmong(object: ObjectId, incoming: readonly Incoming[]): number[] {
  const read = incoming.flatMap(({ by, formerly, change }, index) => {
    try {
      return [{ by, formerly, index, change: readChange(change) }]
    } catch {
      // It is refused when its turn comes.
      return []
    }
  })
  return [...beaten(object, read)].map(({ index }) => index)
}

/** Why a document was spoilt. Anything else is thrown on. */
function reasonOf(e: unknown): Reason {
  if (e instanceof Refused) return e.reason
  if (e instanceof HearthError && e.code === 'echo/damaged') return 'panic'
  throw e
}

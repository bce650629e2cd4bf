/** Changes of other devices into a document, and what that did to the object's stored value. */
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import { sameBytes } from '../../protocol/same-bytes.js'
import type { Op } from '../../protocol/operations.js'
import { readChange, type Change } from './change.js'
import type { ChangeIndex } from './change-index.js'
import type { Handle, OpId } from './handle.js'
import { bothTouches, type ListTouch, type Touches } from './judge-operations.js'
import { Judge } from './judge.js'
import type { MovedLists } from './moved-lists.js'
import { refuse, Refused, type Reason } from './refused.js'
import { beaten } from './rivals.js'
import { tell } from './told.js'
import type { Weight } from './weight.js'

/** A change of an object, and whose feed it came in. */
export interface Incoming {
  readonly by: DeviceId
  /** What that device was called when it made changes that were moved since. */
  readonly formerly?: DeviceId | undefined
  /** An Automerge change, not deflated. */
  readonly change: Uint8Array
}

export interface Merged {
  /** Applied in order to the value that the document showed before, these give what it shows now. */
  readonly ops: readonly Op[]
  /** Changes that were not taken and never will be, by their index in what was given. */
  readonly refused: readonly { readonly index: number; readonly reason: Reason }[]
  /**
   * Changes that were not taken because others have to be there first: nothing of them is kept here. They are to be
   * given again when those that they need (hashes, as hex) have come.
   */
  readonly waiting: readonly { readonly index: number; readonly needs: readonly string[] }[]
}

/** The parts of an open document. */
export interface Parts {
  readonly object: ObjectId
  readonly doc: Handle
  readonly index: ChangeIndex
  readonly lists: MovedLists
  readonly weight: Weight
}

interface Taken {
  readonly change: Change
  readonly touches: Touches
}

/**
 * Takes what may be taken, whatever order it is in.
 * @throws Refused where only the result shows what is wrong; Rival where a change that was taken before gives way to one of these;
 * anything, where Automerge fails. The document is then
 * not what it was, and must not be used.
 */
export function merge(parts: Parts, incoming: readonly Incoming[]): Merged {
  const judge = new Judge(parts.object, parts.doc, parts.index.graph)
  const refused: Merged['refused'][number][] = []
  const taken: Taken[] = []
  const orRefused = <T>(index: number, run: () => T): T | undefined => {
    try {
      return run()
    } catch (e) {
      if (!(e instanceof Refused)) throw e
      refused.push({ index, reason: e.reason })
      return undefined
    }
  }
  let open = incoming.flatMap(({ by, formerly, change }, index) => {
    const read = orRefused(index, () => readChange(change))
    return read ? [{ index, by, formerly, change: read, needs: [] as readonly string[] }] : []
  })
  const losers = beaten(parts.object, open)
  for (const { index } of losers) refused.push({ index, reason: 'equivocation' })
  open = open.filter((one) => !losers.has(one))
  // What is taken may be what another waits for.
  for (let more = true; more;) {
    more = false
    const waiting: typeof open = []
    for (const one of open) {
      const verdict = orRefused(one.index, () => judge.judge(one.by, one.change, one.formerly))
      if (verdict?.t === 'waiting') waiting.push({ ...one, needs: verdict.needs })
      if (verdict?.t !== 'taken') continue
      more = true
      taken.push({ change: one.change, touches: verdict.touches })
    }
    open = waiting
  }
  const ops = taken.length > 0 ? take(parts, taken) : []
  return { ops, refused, waiting: open.map(({ index, needs }) => ({ index, needs })) }
}

function take(parts: Parts, taken: readonly Taken[]): Op[] {
  const { doc, weight } = parts
  weight.count()
  const ops = [...inGroups(taken)].flatMap((group) => apply(parts, group))
  for (const { change } of taken) {
    // A saved document has to be able to give the very bytes again, or it cannot be opened.
    const again = doc.getChangeByHash(change.hash)
    if (!again || !sameBytes(again, change.bytes)) refuse('malformed')
  }
  weight.check(taken.map(({ change }) => change))
  return ops
}

/**
 * As much at once as can be, since Automerge goes through the whole of a list or text each time. What counts comes
 * alone: beside another value of the same field, Automerge has no patch of it.
 */
function* inGroups(taken: readonly Taken[]): Generator<readonly Taken[]> {
  let group: Taken[] = []
  for (const one of taken) {
    if (one.touches.counts && group.length > 0) {
      yield group
      group = []
    }
    group.push(one)
    if (!one.touches.counts) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function apply({ doc, lists }: Parts, group: readonly Taken[]): Op[] {
  const heads = doc.getHeads()
  const orders = new Map<OpId, readonly OpId[]>()
  const touched = new Map<OpId, ListTouch>()
  for (const { touches } of group)
    for (const [list, touch] of touches.lists) {
      touched.set(list, bothTouches(touched.get(list), touch))
      if (isList(doc, list) && (touch.moving || lists.moves(list))) orders.set(list, lists.elements(list))
    }
  // Patches are kept from here to there only: local edits would pay for them.
  doc.updateDiffCursor()
  doc.applyChanges(group.map(({ change }) => change.bytes))
  const patches = doc.diffIncremental()
  doc.resetDiffCursor()
  lists.forget((list) => !orders.has(list))
  return tell(doc, lists, patches, { heads, orders, touched })
}

function isList(doc: Handle, id: OpId): boolean {
  try {
    return doc.objInfo(id).type === 'list'
  } catch {
    // It is made by these very changes.
    return false
  }
}

/** Edits brought over to a value that they were not made on. */
import { apply, valueAt, type Op, type Path } from '../worker/protocol/operations.js'
import { transform } from '../worker/protocol/transform.js'
import { isList, isText, sameStored, type StoredRecord } from '../worker/protocol/values.js'
import { diffList, diffText } from './diff.js'

/**
 * Operations made on `base`, mapped to what is there `now`: by what differs in the texts and lists on their way.
 * @returns undefined if what one of them changes is not there any more
 */
export function remap(ops: readonly Op[], base: StoredRecord, now: StoredRecord): readonly Op[] | undefined {
  if (sameStored(base, now)) return ops
  const mapped: Op[] = []
  let [was, is] = [base, now]
  for (const op of ops) {
    let next: readonly Op[] = [op]
    if (op.t !== 'gone') {
      for (let depth = 1; depth <= op.at.length; depth++) {
        const at = op.at.slice(0, depth)
        for (const over of drift(at, was, is)) next = next.flatMap((one) => transform(one, over, true, true))
      }
      const target = op.t === 'put' || op.t === 'del' || op.t === 'inc' ? op.at.slice(0, -1) : op.at
      if (valueAt(was, target) !== undefined && (next.length === 0 || valueAt(is, target) === undefined))
        return
    }
    if (op.t !== 'gone') was = apply(was, op)
    for (const one of next) is = apply(is, one)
    mapped.push(...next)
  }
  return mapped
}

/** How the text or list at a path differs, in insertions and deletions. */
function drift(at: Path, was: StoredRecord, is: StoredRecord): Op[] {
  const [from, to] = [valueAt(was, at), valueAt(is, at)]
  if (isText(from) && isText(to)) return diffText(at, from['@text'], to['@text'])
  if (!isList(from) || !isList(to)) return []
  return diffList(at, from, to).filter((op) => op.t === 'list')
}

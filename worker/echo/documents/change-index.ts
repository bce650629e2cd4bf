/** Which change made an operation, and which element it is about. Filled when asked: edits of one device need it only for conversions and moves. */
import { ChangeGraph, type Node } from './change-graph.js'
import type { Handle, OpId } from './handle.js'

/** As the wasm decodes it; its types leave out what belongs to lists. */
interface DecodedOp {
  readonly elemId?: OpId
  readonly insert?: boolean
}

export class ChangeIndex {
  readonly #doc: Handle
  readonly #commit: () => void
  readonly #graph = new ChangeGraph()
  /** Per change, the elements of lists that its operations replaced, by the operation's counter. */
  readonly #replaced = new Map<string, ReadonlyMap<number, OpId>>()
  #heads: string[] = []

  /** @param commit makes a change of what is pending. Automerge would do it by itself, and nobody would keep it. */
  constructor(doc: Handle, commit: () => void) {
    this.#doc = doc
    this.#commit = commit
  }

  /** Every change of the document. */
  get graph(): ChangeGraph {
    this.#commit()
    for (const node of this.#doc.getChangesMeta(this.#heads)) this.#graph.add(node)
    this.#heads = this.#doc.getHeads()
    return this.#graph
  }

  /** The change that an operation of this document is part of. */
  changeOf(op: OpId): Node {
    const found = this.#graph.holder(op) ?? this.graph.holder(op)
    if (!found) throw new RangeError(`no change holds ${op}`)
    return found
  }

  /** The list element whose value an operation wrote: named by the operation that inserted it. */
  elementOf(op: OpId): OpId {
    const { hash, startOp } = this.changeOf(op)
    let replaced = this.#replaced.get(hash)
    if (!replaced) {
      this.#commit()
      const found = new Map<number, OpId>()
      const { ops } = this.#doc.getDecodedChangeByHash(hash) as unknown as { ops: DecodedOp[] }
      ops.forEach(({ elemId, insert }, i) => elemId && !insert && found.set(startOp + i, elemId))
      this.#replaced.set(hash, (replaced = found))
    }
    return replaced.get(parseInt(op)) ?? op
  }
}

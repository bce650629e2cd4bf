/** Which change made an operation, and which element it is about. Filled when asked: only conversions and moves do. */
import type { Handle, OpId } from './handle.js'

export interface ChangeSpan {
  readonly hash: string
  readonly startOp: number
  readonly maxOp: number
}

/** As the wasm decodes it; its types leave out what belongs to lists. */
interface DecodedOp {
  readonly elemId?: OpId
  readonly insert?: boolean
}

export class ChangeIndex {
  readonly #doc: Handle
  readonly #byActor = new Map<string, ChangeSpan[]>()
  /** Per change, the elements of lists that its operations replaced, by the operation's counter. */
  readonly #replaced = new Map<string, ReadonlyMap<number, OpId>>()
  #heads: string[] = []

  constructor(doc: Handle) {
    this.#doc = doc
  }

  /** The change that an operation of this document is part of. */
  changeOf(op: OpId): ChangeSpan {
    this.#update()
    const [counter, actor] = [parseInt(op), op.slice(op.indexOf('@') + 1)]
    const span = this.#byActor
      .get(actor)
      ?.find(({ startOp, maxOp }) => startOp <= counter && counter <= maxOp)
    if (!span) throw new RangeError(`no change holds ${op}`)
    return span
  }

  /** The list element whose value an operation wrote: named by the operation that inserted it. */
  elementOf(op: OpId): OpId {
    const { hash, startOp } = this.changeOf(op)
    let replaced = this.#replaced.get(hash)
    if (!replaced) {
      const found = new Map<number, OpId>()
      const { ops } = this.#doc.getDecodedChangeByHash(hash) as unknown as { ops: DecodedOp[] }
      ops.forEach(({ elemId, insert }, i) => elemId && !insert && found.set(startOp + i, elemId))
      this.#replaced.set(hash, (replaced = found))
    }
    return replaced.get(parseInt(op)) ?? op
  }

  #update(): void {
    for (const { actor, hash, startOp, maxOp } of this.#doc.getChangesMeta(this.#heads)) {
      const spans = this.#byActor.get(actor) ?? []
      spans.push({ hash, startOp, maxOp })
      this.#byActor.set(actor, spans)
    }
    this.#heads = this.#doc.getHeads()
  }
}

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
  readonly #commit: () => void
  readonly #byActor = new Map<string, ChangeSpan[]>()
  /** Per change, the elements of lists that its operations replaced, by the operation's counter. */
  readonly #replaced = new Map<string, ReadonlyMap<number, OpId>>()
  #heads: string[] = []

  /** @param commit makes a change of what is pending. Automerge would do it by itself, and nobody would keep it. */
  constructor(doc: Handle, commit: () => void) {
    this.#doc = doc
    this.#commit = commit
  }

  /** The change that an operation of this document is part of. */
  changeOf(op: OpId): ChangeSpan {
    const found = this.#find(op) ?? (this.#update(), this.#find(op))
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

  #find(op: OpId): ChangeSpan | undefined {
    const counter = parseInt(op)
    const spans = this.#byActor.get(op.slice(op.indexOf('@') + 1))
    return spans?.find(({ startOp, maxOp }) => startOp <= counter && counter <= maxOp)
  }

  #update(): void {
    this.#commit()
    for (const { actor, hash, startOp, maxOp } of this.#doc.getChangesMeta(this.#heads)) {
      const spans = this.#byActor.get(actor) ?? []
      spans.push({ hash, startOp, maxOp })
      this.#byActor.set(actor, spans)
    }
    this.#heads = this.#doc.getHeads()
  }
}

/**
 * The changes that a document has, without their operations: who made which, on top of what. So that an operation can
 * be told to be in the past of a change, and not merely here: what is taken must not depend on what else has come.
 */
import type { OpId } from './handle.js'

export interface Node {
  readonly hash: string
  readonly actor: string
  readonly seq: number
  readonly startOp: number
  readonly maxOp: number
  readonly deps: readonly string[]
}

/** What the author of a change had. */
export interface Past {
  /** Whether an operation is in it. */
  has(actor: string, counter: number): boolean
}

export class ChangeGraph {
  readonly #nodes = new Map<string, Node>()
  /** In order of their sequence numbers. */
  readonly #byActor = new Map<string, Node[]>()
  readonly #heads = new Set<string>()
  #first: Node | undefined

  /** The creation: nothing is before it. */
  get first(): Node | undefined {
    return this.#first
  }

  get(hash: string): Node | undefined {
    return this.#nodes.get(hash)
  }

  /** To be called in an order in which nothing comes before what it depends on. */
  add(node: Node): void {
    if (this.#nodes.has(node.hash)) return
    this.#first ??= node
    this.#nodes.set(node.hash, node)
    const own = this.#byActor.get(node.actor)
    if (own) own.push(node)
    else this.#byActor.set(node.actor, [node])
    for (const dep of node.deps) this.#heads.delete(dep)
    this.#heads.add(node.hash)
  }

  /** The last change of an actor. */
  latest(actor: string): Node | undefined {
    return this.#byActor.get(actor)?.at(-1)
  }

  /** The change of an actor with this sequence number. */
  numbered(actor: string, seq: number): Node | undefined {
    const nodes = this.#byActor.get(actor)
    return nodes?.[seq - nodes[0]!.seq]
  }

  /** The change that holds an operation. */
  holder(op: OpId): Node | undefined {
    const nodes = this.#byActor.get(op.slice(op.indexOf('@') + 1))
    return nodes && holderOf(nodes, parseInt(op))
  }

  /** What is in or before these changes, all of which are here. Costs as much as there is beside it. */
  past(deps: readonly string[]): Past {
    const beside = this.#beside(deps)
    return {
      has: (actor, counter) => {
        const nodes = this.#byActor.get(actor)
        return (
          nodes !== undefined &&
          counter < (beside.get(actor) ?? Infinity) &&
          holderOf(nodes, counter) !== undefined
        )
      },
    }
  }

  /** The first operation of each actor that is not in or before these changes. */
  #beside(deps: readonly string[]): ReadonlyMap<string, number> {
    const beside = new Map<string, number>()
    const past = new Set(deps)
    if ([...this.#heads].every((hash) => past.has(hash))) return beside
    /** To be gone through, the one with the greatest operation last: it is greater than all that it depends on. */
    const open: Node[] = []
    const seen = new Set<string>()
    let outside = 0
    const add = (hash: string) => {
      if (seen.has(hash)) return
      seen.add(hash)
      if (!past.has(hash)) outside++
      const node = this.#nodes.get(hash)!
      let at = open.length
      while (at > 0 && open[at - 1]!.maxOp > node.maxOp) at--
      open.splice(at, 0, node)
    }
    for (const hash of [...this.#heads, ...deps]) add(hash)
    while (outside > 0) {
      const node = open.pop()!
      const within = past.has(node.hash)
      if (!within) {
        outside--
        beside.set(node.actor, Math.min(node.startOp, beside.get(node.actor) ?? Infinity))
      }
      for (const dep of node.deps) {
        if (within && !past.has(dep)) {
          past.add(dep)
          if (seen.has(dep)) outside--
        }
        add(dep)
      }
    }
    return beside
  }
}

/** By bisection: a long document has many changes of one actor. */
function holderOf(nodes: readonly Node[], counter: number): Node | undefined {
  let [low, high] = [0, nodes.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const node = nodes[middle]!
    if (counter < node.startOp) high = middle - 1
    else if (counter > node.maxOp) low = middle + 1
    else return node
  }
  return undefined
}

/**
 * What never changes about operations of a document: what kind of object one made, how deep, and what value one wrote.
 * Asked of the document where that is cheap, else read from the change that holds the operation.
 */
import { opsOf, readChange, type Change, type Scalar } from './change.js'
import type { ChangeGraph, Node } from './change-graph.js'
import { MOVED_KEY } from './moved-lists.js'
import { LINK_KEY, ROOT, type Handle, type OpId } from './handle.js'

export interface Shape {
  readonly type: 'map' | 'list' | 'text'
  /** Containers around it: 0 for the root. */
  readonly depth: number
  /** A link, or the marker of a moved element: nothing more is written into it. */
  readonly closed: boolean
}
export interface Written {
  readonly obj: OpId
  /** Key, or the operation that inserted the element. */
  readonly at: string
  readonly value: Scalar | 'object'
}

const ROOT_SHAPE: Shape = { type: 'map', depth: 0, closed: false }

export class Known {
  readonly #doc: Handle
  readonly #graph: ChangeGraph
  /** Taken, and not yet in the document. */
  readonly #changes = new Map<string, Change>()
  readonly #shapes = new Map<OpId, Shape>()
  readonly #present = new Set<OpId>()

  constructor(doc: Handle, graph: ChangeGraph) {
    this.#doc = doc
    this.#graph = graph
  }

  /** From now on what the document has, though Automerge has not seen it yet. */
  add(change: Change, shapes: ReadonlyMap<number, Shape>): void {
    this.#changes.set(change.hash, change)
    for (const [counter, shape] of shapes) this.#shapes.set(`${counter}@${change.actors[0]!}`, shape)
  }

  /** The object that an operation made, if it made one. */
  shapeOf(id: OpId): Shape | undefined {
    if (id === ROOT) return ROOT_SHAPE
    let shape = this.#shapes.get(id)
    if (!shape && (shape = this.#read(id))) this.#shapes.set(id, shape)
    return shape
  }

  /** The value that an operation wrote to a place; undefined where it wrote none. */
  writtenBy(id: OpId): Written | undefined {
    const node = this.#graph.holder(id)
    return node && writtenIn(this.changeOf(node), parseInt(id))
  }

  /** Type of a value, as `getAll` names it, if it shows at this key now or showed to who had these changes. */
  showsAt(obj: OpId, key: string, id: OpId, deps: readonly string[]): string | undefined {
    if (!this.#inDocument(obj)) return undefined
    const among = (all: readonly unknown[]) =>
      (all as [type: string, value: unknown, id?: OpId][]).find(([, value, op]) => (op ?? value) === id)?.[0]
    const now = among(this.#doc.getAll(obj, key))
    if (now !== undefined || deps.some((dep) => this.#changes.has(dep))) return now
    return among(this.#doc.getAll(obj, key, [...deps]))
  }

  changeOf({ hash }: Node): Change {
    return this.#changes.get(hash) ?? readChange(this.#doc.getChangeByHash(hash)!)
  }

  #read(id: OpId): Shape | undefined {
    if (!this.#inDocument(id)) return undefined
    const { type, path } = this.#doc.objInfo(id)
    if (type === 'table') return undefined
    const closed =
      type === 'map' &&
      (this.#doc.get(id, LINK_KEY) !== undefined || this.#doc.get(id, MOVED_KEY) !== undefined)
    // What does not show now has no path.
    const depth = path?.length ?? 1 + (this.shapeOf(this.writtenBy(id)!.obj)?.depth ?? 0)
    return { type: type as Shape['type'], depth, closed }
  }

  /** Whether Automerge has an object already. */
  #inDocument(id: OpId): boolean {
    if (id === ROOT || this.#present.has(id)) return true
    try {
      this.#doc.objInfo(id)
    } catch {
      return false
    }
    this.#present.add(id)
    return true
  }
}

/** The value that the operation with this counter wrote in a change. */
export function writtenIn(change: Change, counter: number): Written | undefined {
  for (const op of opsOf(change)) {
    if (op.counter < counter) continue
    if (op.action === 'del' || op.action === 'inc') return undefined
    const id = (ref: { counter: number; actor: number }) => `${ref.counter}@${change.actors[ref.actor]!}`
    const at = op.insert ? `${counter}@${change.actors[0]!}` : typeof op.at === 'string' ? op.at : id(op.at!)
    return { obj: op.obj ? id(op.obj) : ROOT, at, value: op.action === 'set' ? op.value : 'object' }
  }
  return undefined
}

/**
 * Judges changes that other devices wrote, before Automerge sees a byte of them. A verdict follows from the change, the
 * device that brought it, and what is in the change's own past, and from nothing else: so all replicas come to the
 * same one, in whatever order and groups changes come to them.
 * Spec: docs/protocol/objects.md. A replica that lies is the reader to have in mind.
 */
import type { DeviceId, ObjectId } from '../../protocol/ids.js'
import { deviceActor } from './actors.js'
import type { ChangeGraph } from './change-graph.js'
import type { Change } from './change.js'
import type { Handle } from './handle.js'
import { ConversionJudge, type Converted } from './judge-conversion.js'
import { judgeOperations, MAX_OPERATIONS, type Judged, type Touches } from './judge-operations.js'
import { Known, type Shape } from './known.js'
import { refuse, Rival } from './refused.js'

export type Verdict =
  /** To be applied. */
  | { readonly t: 'taken'; readonly touches: Touches }
  /** It is here. */
  | { readonly t: 'known' }
  /** These have to be here first. */
  | { readonly t: 'waiting'; readonly needs: readonly string[] }

/** The largest counter that Automerge can hold. */
const MAX_COUNTER = 0xffff_ffff
/** The latest time that a Date can hold, in milliseconds either side of 1970. */
const MAX_TIME = 8.64e15

export class Judge {
  readonly #object: ObjectId
  readonly #graph: ChangeGraph
  readonly #known: Known
  readonly #conversions: ConversionJudge

  constructor(object: ObjectId, doc: Handle, graph: ChangeGraph) {
    this.#object = object
    this.#graph = graph
    this.#known = new Known(doc, this.#graph)
    this.#conversions = new ConversionJudge(object, this.#graph, this.#known)
  }

  /**
   * What is taken counts as being here for what is judged after it.
   * @throws Refused, Rival
   */
  judge(by: DeviceId, change: Change, formerly?: DeviceId): Verdict {
    const { hash, deps, startOp, maxOp, timeMs } = change
    if (this.#graph.get(hash)) return { t: 'known' }
    if (maxOp - startOp >= MAX_OPERATIONS || maxOp > MAX_COUNTER) refuse('too-large')
    if (maxOp < startOp || deps.length === 0 || !ascending(deps)) refuse('sequence')
    if (!ascending(change.actors.slice(1)) || change.actors.lastIndexOf(change.actors[0]!) > 0)
      refuse('malformed')
    if (Math.abs(timeMs) > MAX_TIME) refuse('value')
    const needs = deps.filter((dep) => !this.#graph.get(dep))
    if (needs.length > 0) return { t: 'waiting', needs }
    const [actor] = change.actors
    const names = formerly === undefined ? [by] : [by, formerly]
    const own = names.some((name) => actor === deviceActor(name, this.#object))
    const judged: Converted = own ? this.#edit(change) : this.#conversions.judge(change)
    if (judged.needs !== undefined) return { t: 'waiting', needs: [judged.needs] }
    this.#take(change, judged.shapes)
    return { t: 'taken', touches: judged.touches }
  }

  #edit(change: Change): Judged {
    const { seq, startOp, deps } = change
    const actor = change.actors[0]!
    const latest = this.#graph.latest(actor)
    if (latest && seq <= latest.seq) {
      if (change.hash < this.#graph.numbered(actor, seq)!.hash) throw new Rival()
      refuse('equivocation')
    }
    const past = this.#graph.past(deps)
    if (seq !== (latest?.seq ?? 0) + 1 || (latest && !past.has(actor, latest.maxOp))) refuse('sequence')
    const before = deps.reduce((most, dep) => Math.max(most, this.#graph.get(dep)!.maxOp), 0)
    if (startOp !== before + 1) refuse('sequence')
    return judgeOperations(change, past, this.#known)
  }

  #take(change: Change, shapes: ReadonlyMap<number, Shape>): void {
    const { hash, seq, startOp, maxOp, deps } = change
    this.#known.add(change, shapes)
    this.#graph.add({ hash, actor: change.actors[0]!, seq, startOp, maxOp, deps })
  }
}

const ascending = (items: readonly string[]) => items.every((item, i) => i === 0 || items[i - 1]! < item)

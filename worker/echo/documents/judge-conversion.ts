/**
 * Whether a change is a conversion, byte for byte as every device makes it (`conversion.ts`). It has no author of its
 * own, so any device may bring it; and nothing of it can be chosen, so whoever brings it can do nothing by it that an
 * edit of its own could not.
 */
import type { ObjectId } from '../../protocol/ids.js'
import { MAX_DEPTH } from '../../protocol/values.js'
import { conversionActor } from './actors.js'
import type { ChangeGraph, Node } from './change-graph.js'
import { opsOf, type Change, type ChangeOp, type Ref } from './change.js'
import { counterFrom0, counterOf, textOf, type Encoded, type Target } from './conversion.js'
import { ROOT, type OpId } from './handle.js'
import { checkField, UNTOUCHED_LIST, type Judged, type ListTouch, type Touches } from './judge-operations.js'
import type { Known, Shape } from './known.js'
import { refuse } from './refused.js'

export interface Converted extends Judged {
  /** A change that has to be here first, though it is no dependency. */
  readonly needs?: string
}

/** Lives of a counted field beyond those that are here, of which one may come first. */
const LIVES_AHEAD = 64
const NOTHING: ReadonlyMap<number, Shape> = new Map()
const UNTOUCHED: Touches = { lists: new Map(), counts: false }

export class ConversionJudge {
  readonly #object: ObjectId
  readonly #graph: ChangeGraph
  readonly #known: Known
  /** Turns of texts, made no further than what came: to make all of a long one takes a while. */
  readonly #texts = new Map<string, { readonly made: Encoded[]; readonly rest: Iterator<Encoded> }>()

  constructor(object: ObjectId, graph: ChangeGraph, known: Known) {
    this.#object = object
    this.#graph = graph
    this.#known = known
  }

  /**
   * All its dependencies are here.
   * @throws Refused `actor` for what is no conversion
   */
  judge(change: Change): Converted {
    const after = this.#graph.get(change.deps[0] ?? '')
    const [first] = opsOf(change)
    if (!after || change.deps.length !== 1 || !first) refuse('actor')
    const lists = new Map<OpId, ListTouch>()
    const touches = { lists, counts: false }
    if (!first.insert && first.obj && typeof first.at !== 'string')
      lists.set(idIn(change, first.obj), UNTOUCHED_LIST)
    if (first.insert) {
      this.#is(change, this.#laterTurn(change, after))
      return { shapes: NOTHING, touches }
    }
    if (first.action === 'makeText') {
      this.#is(change, this.#turn(change, first, after, 1))
      return { shapes: new Map([[first.counter, this.#shapeIn(change, first)]]), touches }
    }
    if (first.action !== 'set' || first.value.t !== 'counter') refuse('actor')
    if (first.pred.length === 0) return this.#fromNothing(change, first, after)
    const { op, target, value } = this.#replaced(change, first, after)
    if (value.t !== 'int') refuse('actor')
    this.#is(change, counterOf(this.#object, after, target, op, value.v))
    return { shapes: NOTHING, touches }
  }

  #is(change: Change, made: Encoded | undefined): void {
    // The hash is of all bytes but the magic and the checksum, and both were looked at.
    if (made?.hash !== change.hash) refuse('actor')
  }

  /** The turn with this number of the text that `makes` begins. */
  #turn(change: Change, makes: ChangeOp, after: Node, seq: number): Encoded | undefined {
    const actor = change.actors[0]!
    let text = this.#texts.get(actor)
    if (!text) {
      const { op, target, value } = this.#replaced(change, makes, after)
      if (value.t !== 'str' || actor !== conversionActor(this.#object, 'text', op)) refuse('actor')
      text = { made: [], rest: textOf(this.#object, after, target, op, value.v) }
      this.#texts.set(actor, text)
    }
    while (text.made.length < seq) {
      const { value, done } = text.rest.next()
      if (done === true) return undefined
      text.made.push(value as Encoded)
    }
    return text.made[seq - 1]
  }

  /** Of a long text whose turns before are here. */
  #laterTurn(change: Change, before: Node): Encoded | undefined {
    const actor = change.actors[0]!
    if (before.actor !== actor || change.seq !== before.seq + 1) refuse('actor')
    let first = before
    while (first.seq > 1) first = this.#graph.get(first.deps[0]!) ?? refuse('actor')
    const after = this.#graph.get(first.deps[0] ?? '')
    const turn = this.#known.changeOf(first)
    const [makes] = opsOf(turn)
    if (!after || makes?.action !== 'makeText') refuse('actor')
    return this.#turn(turn, makes, after, change.seq)
  }

  /** The value that a conversion replaces: the change before it wrote it. */
  #replaced(change: Change, { obj, pred }: ChangeOp, after: Node) {
    const op = pred.length === 1 ? idIn(change, pred[0]!) : refuse('actor')
    const written = this.#graph.holder(op) === after ? this.#known.writtenBy(op) : undefined
    if (!written || written.value === 'object' || written.obj !== (obj ? idIn(change, obj) : ROOT))
      refuse('actor')
    const type = this.#known.shapeOf(written.obj)?.type
    const place = { obj: written.obj }
    const target: Target =
      type === 'map'
        ? { ...place, key: written.at }
        : type === 'list'
          ? { ...place, elemId: written.at }
          : refuse('actor')
    return { op, target, value: written.value }
  }

  /** A field that was not set, counted from 0. */
  #fromNothing(change: Change, { obj, at: key }: ChangeOp, after: Node): Converted {
    const map = obj ? idIn(change, obj) : ROOT
    const maker = obj ? this.#graph.holder(map) : this.#graph.first
    const shape = this.#known.shapeOf(map)
    if (typeof key !== 'string' || maker !== after || shape?.type !== 'map' || shape.closed) refuse('actor')
    checkField(key, map === ROOT)
    if (shape.depth >= MAX_DEPTH) refuse('too-deep')
    let needs: string | undefined
    for (let life = 0, ahead = 0; ahead <= LIVES_AHEAD; life++) {
      const actor = conversionActor(this.#object, 'counter', map, key, String(life))
      if (actor === change.actors[0]) {
        this.#is(change, counterFrom0(this.#object, after, map, key, life))
        return { shapes: NOTHING, touches: UNTOUCHED, ...(needs !== undefined && { needs }) }
      }
      if (this.#graph.latest(actor)) continue
      needs ??= counterFrom0(this.#object, after, map, key, life).hash
      ahead++
    }
    return refuse('actor')
  }

  #shapeIn(change: Change, { obj }: ChangeOp): Shape {
    const around = this.#known.shapeOf(obj ? idIn(change, obj) : ROOT) ?? refuse('actor')
    return { type: 'text', depth: around.depth + 1, closed: false }
  }
}

const idIn = (change: Change, { counter, actor }: Ref): OpId => `${counter}@${change.actors[actor]!}`

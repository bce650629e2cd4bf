/**
 * Whether the operations of a change are such as an honest device makes: on what its author had, of keys and values
 * that a tab may write (`protocol/verify.ts`), and in the form in which `editor.ts` writes them. What is asked here of
 * other operations never changes, so that every replica comes to the same, whatever else it has.
 */
import { isId } from '../../protocol/ids.js'
import { checkKey, MAX_BYTES, MAX_DEPTH, MAX_OBJECT, MAX_TEXT } from '../../protocol/values.js'
import type { Past } from './change-graph.js'
import { opsOf, type Change, type ChangeOp, type Ref, type Scalar } from './change.js'
import { GONE_KEY, LINK_KEY, ROOT, type OpId } from './handle.js'
import type { Known, Shape } from './known.js'
import { flagOf, MOVED_KEY } from './moved-lists.js'
import { refuse } from './refused.js'
import { weightOf } from './weight.js'

/** Operations of one change: a text as long as one may be, and what else goes into its flush. */
export const MAX_OPERATIONS = MAX_TEXT + (64 << 10)
/** Bytes that one change may write, as `sizeOf` counts them: a whole object, and what else goes into its flush. */
export const MAX_CHANGE = MAX_OBJECT + (1 << 20)
/** The latest time that a Date can hold, in milliseconds either side of 1970. */
const MAX_TIME = 8.64e15
const OP_ID = /^[1-9]\d{0,9}@[0-9a-f]{32}$/

export interface Judged {
  /** Objects made, by the counter of the operation. */
  readonly shapes: ReadonlyMap<number, Shape>
  readonly touches: Touches
}
/** What the patches of a change do not tell. */
export interface Touches {
  readonly lists: ReadonlyMap<OpId, ListTouch>
  /** Whether it counts. */
  readonly counts: boolean
}

/** What a change does to a list of which it changes elements. */
export interface ListTouch {
  /** Whether elements are moved from now on, if never before. */
  readonly moving: boolean
  /** Deletions of values of elements. */
  readonly deletes: number
  /** Whether elements are counted. */
  readonly counts: boolean
}
export const UNTOUCHED_LIST: ListTouch = { moving: false, deletes: 0, counts: false }

/** What several do. */
export const bothTouches = (one = UNTOUCHED_LIST, other = UNTOUCHED_LIST): ListTouch => ({
  moving: one.moving || other.moving,
  deletes: one.deletes + other.deletes,
  counts: one.counts || other.counts,
})

/** @throws Refused */
export function judgeOperations(change: Change, past: Past, known: Known): Judged {
  return new OperationsJudge(change, past, known).run()
}

class OperationsJudge {
  readonly #change: Change
  readonly #past: Past
  readonly #known: Known
  readonly #shapes = new Map<number, Shape>()
  /** Counters of the values written here and not inserted, by place. */
  readonly #written = new Map<string, Set<number>>()
  /** No more operations can be named of the past than its counters and these actors allow. */
  readonly #most: number
  readonly #used = new Set<number>([0])
  readonly #lists = new Map<OpId, ListTouch>()
  #counts = false
  #replacements = 0
  #weight = 0
  #latest: ChangeOp | undefined

  constructor(change: Change, past: Past, known: Known) {
    this.#change = change
    this.#past = past
    this.#known = known
    this.#most = change.startOp * change.actors.length
  }

  run(): Judged {
    for (const op of opsOf(this.#change)) {
      this.#operation(op)
      this.#latest = op
    }
    // Actors that nothing is about would not be there when Automerge writes the change again.
    if (this.#used.size !== this.#change.actors.length) refuse('malformed')
    return { shapes: this.#shapes, touches: { lists: this.#lists, counts: this.#counts } }
  }

  #operation(op: ChangeOp): void {
    const shape = this.#shapeOf(op.obj)
    if (shape.closed) refuse('target')
    this.#form(op)
    this.#counts ||= op.action === 'inc'
    const writes = op.action !== 'del' && op.action !== 'inc'
    const { bytes } = { bytes: 0, ...op.value }
    this.#weight += shape.type === 'text' ? bytes : weightOf(op)
    if (this.#weight > MAX_CHANGE) refuse('too-large')
    // Nobody replaces more than there is: a few bytes may stand for the deletion of millions of elements.
    if (!writes && ++this.#replacements > this.#most + op.counter) refuse('target')
    if (typeof op.at === 'string') {
      if (shape.type !== 'map') refuse('target')
      if (this.#closes(op, shape)) return
      this.#key(op, op.at)
    } else {
      if (shape.type === 'map' || !(op.insert || op.at)) refuse('target')
      if (op.at) this.#here(op.at)
      if (shape.type === 'list')
        this.#touch(this.#idOf(op.obj!), {
          deletes: Number(op.action === 'del'),
          counts: op.action === 'inc',
        })
    }
    for (const [i, pred] of op.pred.entries()) this.#replaces(op, pred, i === op.pred.length - 1)
    if (shape.type === 'text') {
      if (op.action !== 'del') this.#character(op)
    } else if (writes) this.#value(op, shape)
  }

  /** What each action has and has not. */
  #form({ action, insert, value, pred, at }: ChangeOp): void {
    const whole =
      action === 'set' || (action === 'inc' ? value.t === 'int' && value.v !== 0 : value.t === 'null')
    const replacing = action === 'del' || action === 'inc'
    if (!whole) refuse('value')
    if (insert ? replacing || pred.length > 0 || typeof at === 'string' : replacing && pred.length === 0)
      refuse('target')
  }

  /** The one key of a link, or of a marker in a list: written right after the map was made, and nothing after it. */
  #closes(op: ChangeOp, shape: Shape): boolean {
    if (op.at !== LINK_KEY && op.at !== MOVED_KEY) return false
    const made = this.#latest
    if (op.obj?.actor !== 0 || made?.action !== 'makeMap' || made.counter !== op.obj.counter) refuse('key')
    const { value } = op
    const right =
      value.t === 'str' && (op.at === LINK_KEY ? isId(value.v) : made.insert && OP_ID.test(value.v))
    if (!right || op.action !== 'set' || op.pred.length > 0) refuse('value')
    this.#shapes.set(made.counter, { ...shape, closed: true })
    return true
  }

  #key({ obj, action, value }: ChangeOp, key: string): void {
    const list = key.startsWith(flagOf('')) ? key.slice(flagOf('').length) : ''
    if (obj || (key !== GONE_KEY && !OP_ID.test(list))) return checkField(key, !obj)
    const sets = action === 'set' && value.t === 'boolean' && value.v
    if (!sets && (action !== 'del' || list !== '')) refuse('key')
    if (list !== '') this.#touch(list, { moving: true })
  }

  #value({ counter, action, value, obj, at, insert }: ChangeOp, { depth }: Shape): void {
    if (depth >= MAX_DEPTH) refuse('too-deep')
    if (action === 'set') checkScalar(value)
    else {
      const type = action === 'makeMap' ? 'map' : action === 'makeList' ? 'list' : 'text'
      this.#shapes.set(counter, { type, depth: depth + 1, closed: false })
    }
    if (insert) return
    const place = this.#place(obj, at)
    const here = this.#written.get(place)
    if (here) here.add(counter)
    else this.#written.set(place, new Set([counter]))
  }

  /** Text is inserted a character at a time, and only deleted again. */
  #character({ action, insert, value }: ChangeOp): void {
    if (action !== 'set' || !insert) refuse('target')
    if (value.t !== 'str' || value.v.length !== (value.v.codePointAt(0)! > 0xffff ? 2 : 1)) refuse('value')
  }

  /** Whether the value that `pred` wrote stands, or stood, where `op` puts another. */
  #replaces(op: ChangeOp, pred: Ref, last: boolean): void {
    this.#here(pred)
    const winner = last && op.action === 'inc'
    // An element holds what it was inserted with. If it is in another list, Automerge will say so.
    if (op.at && typeof op.at !== 'string' && same(op.at, pred) && !winner) return
    if (this.#written.get(this.#place(op.obj, op.at))?.has(this.#isOwn(pred) ? pred.counter : -1)) {
      // A counter is made by a conversion, which is a change of its own.
      if (winner) refuse('target')
      return
    }
    const id = this.#idOf(pred)
    const obj = op.obj ? this.#idOf(op.obj) : ROOT
    const type =
      typeof op.at === 'string' ? this.#known.showsAt(obj, op.at, id, this.#change.deps) : undefined
    if (type !== undefined) {
      if (winner && type !== 'counter') refuse('target')
      return
    }
    const written = this.#isOwn(pred) ? undefined : this.#known.writtenBy(id)
    const at = typeof op.at === 'string' ? op.at : this.#idOf(op.at!)
    if (written?.obj !== obj || written.at !== at) refuse('target')
    if (winner && (written.value === 'object' || written.value.t !== 'counter')) refuse('target')
  }

  #shapeOf(obj: Ref | null): Shape {
    if (!obj) return this.#known.shapeOf(ROOT)!
    this.#here(obj)
    const shape = this.#isOwn(obj) ? this.#shapes.get(obj.counter) : this.#known.shapeOf(this.#idOf(obj))
    return shape ?? refuse('target')
  }

  /** An operation that is named has to be in the past of this one: else it may come later elsewhere. */
  #here({ counter, actor }: Ref): void {
    this.#used.add(actor)
    if (this.#isOwn({ counter, actor })) {
      if (counter > (this.#latest?.counter ?? 0)) refuse('target')
    } else if (!this.#past.has(this.#change.actors[actor]!, counter)) refuse('target')
  }

  #touch(list: OpId, how: Partial<ListTouch>): void {
    this.#lists.set(list, bothTouches(this.#lists.get(list), { ...UNTOUCHED_LIST, ...how }))
  }

  #isOwn({ counter, actor }: Ref): boolean {
    return actor === 0 && counter >= this.#change.startOp
  }

  #idOf({ counter, actor }: Ref): OpId {
    return `${counter}@${this.#change.actors[actor]!}`
  }

  #place(obj: Ref | null, at: ChangeOp['at']): string {
    const of = obj ? this.#idOf(obj) : ROOT
    return typeof at === 'string' ? `${of} ${at}` : `${of}/${this.#idOf(at!)}`
  }
}

const same = (a: Ref, b: Ref) => a.counter === b.counter && a.actor === b.actor

function checkScalar(value: Scalar): void {
  switch (value.t) {
    case 'f64':
      // Integers are kept as such.
      if (!Number.isFinite(value.v) || Number.isSafeInteger(value.v)) refuse('value')
      return
    case 'str':
      if (value.bytes > MAX_TEXT) refuse('too-large')
      return
    case 'bytes':
      if (value.bytes > MAX_BYTES) refuse('too-large')
      return
    case 'timestamp':
      if (Math.abs(value.v) > MAX_TIME) refuse('value')
      return
    case 'counter':
      refuse('value')
  }
}

/** A key that an app may write. @throws Refused `key` */
export function checkField(key: string, inRoot: boolean): void {
  try {
    checkKey(key)
  } catch {
    refuse('key')
  }
  // The id of an object is given by us.
  if (inRoot && key === 'id') refuse('key')
}

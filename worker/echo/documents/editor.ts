/** Operations onto an Automerge document, each exactly as `apply` does them to a stored value. */
import type { ObjectId } from '../../protocol/ids.js'
import type { Op, Path } from '../../protocol/operations.js'
import { ChangeIndex } from './change-index.js'
import { convertToCounter, convertToText, makeCounter, type Conversions } from './conversion.js'
import { GONE_KEY, ROOT, type Handle } from './handle.js'
import { MovedLists } from './moved-lists.js'
import { placeOf, typedAt, type Place } from './place.js'
import { TextSplicer } from './text.js'
import { putValue } from './write-value.js'

/** Operations after which another change is begun, between turns of text. */
const LONG = 1 << 20

type Of<T extends Op['t']> = Extract<Op, { t: T }>

export class Editor {
  readonly #doc: Handle
  readonly #on: Conversions
  /** Elements by the index that shows. */
  readonly lists: MovedLists
  /** Which change made an operation. */
  readonly index: ChangeIndex
  /** The text of the latest operation: typing is many operations on one text. */
  #typing: { readonly at: Path; readonly splicer: TextSplicer | undefined } | undefined
  #made: Uint8Array[] = []
  #timeMs = 0

  constructor(object: ObjectId, doc: Handle) {
    this.#doc = doc
    this.index = new ChangeIndex(doc, () => this.#commit())
    this.#on = { object, doc, index: this.index }
    this.lists = new MovedLists(doc, this.index, () => this.#turned())
  }

  /** @returns the changes made, in order */
  edit(ops: readonly Op[], timeMs: number): Uint8Array[] {
    this.#made = []
    this.#timeMs = timeMs
    for (const op of ops) this.#run(op)
    this.#commit()
    return this.#made
  }

  /** To be called when the document has changed by other means. */
  forget(): void {
    this.#typing = undefined
  }

  #run(op: Op): void {
    if (op.t === 'text') return this.#text(op)
    this.#typing = undefined
    switch (op.t) {
      case 'put':
        return this.#put(op)
      case 'del':
        return this.#delete(op)
      case 'list':
        return this.#splice(op)
      case 'move':
        return this.#move(op)
      case 'inc':
        return this.#increment(op)
      case 'totext':
        return this.#toText(op)
      case 'gone':
        return this.#remove(op)
    }
  }

  #put({ at, v }: Of<'put'>): void {
    const place = this.#placeOf(at)
    if (place) putValue(this.#doc, place.obj, place.prop, v, () => this.#turned())
  }

  #delete({ at }: Of<'del'>): void {
    const place = this.#placeOf(at)
    if (typeof place?.prop === 'string' && this.#doc.getWithType(place.obj, place.prop))
      this.#doc.delete(place.obj, place.prop)
  }

  #splice({ at, i, n, v }: Of<'list'>): void {
    const list = this.#idAt(at, 'list')
    if (list !== undefined && this.lists.holds(list, i + n)) this.lists.splice(list, i, n, v)
  }

  #move({ at, i, to }: Of<'move'>): void {
    const list = this.#idAt(at, 'list')
    if (list === undefined || i === to || !this.lists.holds(list, Math.max(i, to) + 1)) return
    this.lists.move(list, i, to)
  }

  #text({ at, i, n, v }: Of<'text'>): void {
    if (!this.#typing || !samePath(at, this.#typing.at)) {
      const text = this.#idAt(at, 'text')
      this.#typing = {
        at,
        splicer: text === undefined ? undefined : new TextSplicer(this.#doc, text, () => this.#turned()),
      }
    }
    this.#typing.splicer?.splice(i, n, v)
  }

  #increment({ at, n }: Of<'inc'>): void {
    const place = this.#placeOf(at)
    if (!place) return
    const { obj, prop } = place
    const [type, value] = this.#doc.getWithType(obj, prop) ?? []
    if (type === undefined ? typeof prop !== 'string' : type !== 'int' && type !== 'counter') return
    const before = Number(value ?? 0)
    // Two devices may count beyond 2^53 together; what shows then is a float, and floats are not counted.
    if (!Number.isSafeInteger(before) || !Number.isSafeInteger(before + n)) return
    if (n === 0 && type !== undefined) return
    if (type === 'int') this.#convert(() => [convertToCounter(this.#on, place)])
    else if (type === undefined) this.#convert(() => [makeCounter(this.#on, { obj, prop: prop as string })])
    if (n !== 0) this.#doc.increment(obj, prop, n)
  }

  #toText({ at }: Of<'totext'>): void {
    const place = this.#placeOf(at)
    if (place && this.#doc.getWithType(place.obj, place.prop)?.[0] === 'str')
      this.#convert(() => convertToText(this.#on, place))
  }

  #remove({ v }: Of<'gone'>): void {
    if (v === (this.#doc.get(ROOT, GONE_KEY) === true)) return
    if (v) this.#doc.put(ROOT, GONE_KEY, true, 'boolean')
    else this.#doc.delete(ROOT, GONE_KEY)
  }

  #placeOf(path: Path): Place | undefined {
    return placeOf(this.#doc, this.lists, path)
  }

  #idAt(path: Path, type: 'list' | 'text'): string | undefined {
    const typed = typedAt(this.#doc, this.lists, path)
    return typed?.[0] === type ? typed[1] : undefined
  }

  /** What is pending becomes a change first, since a conversion depends on the change that wrote its value. */
  #convert(changes: () => Uint8Array[]): void {
    this.#commit()
    const made = changes()
    this.#doc.applyChanges(made)
    this.#made.push(...made)
  }

  /** Others refuse a change of more operations than one text can need: what is longer is made in several. */
  #turned(): void {
    if (this.#doc.pendingOps() >= LONG) this.#commit()
  }

  #commit(): void {
    if (this.#doc.commit(null, this.#timeMs) !== null) this.#made.push(this.#doc.getLastLocalChange()!)
  }
}

const samePath = (a: Path, b: Path) => a.length === b.length && a.every((key, i) => key === b[i])

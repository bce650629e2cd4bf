/** Operations onto an Automerge document, each exactly as `apply` does them to a stored value. */
import type { ObjectId } from '../../protocol/ids.js'
import type { Op } from '../../protocol/operations.js'
import { ChangeIndex } from './change-index.js'
import { convertToCounter, convertToText, makeCounter, type Conversions } from './conversion.js'
import { GONE_KEY, ROOT, type Handle } from './handle.js'
import { placeOf, typedAt } from './place.js'
import { spliceText } from './text.js'
import { insertValue, putValue } from './write-value.js'

type Of<T extends Op['t']> = Extract<Op, { t: T }>

export class Editor {
  readonly #doc: Handle
  readonly #on: Conversions
  #made: Uint8Array[] = []
  #timeMs = 0

  constructor(object: ObjectId, doc: Handle) {
    this.#doc = doc
    this.#on = { object, doc, index: new ChangeIndex(doc) }
  }

  /** @returns the changes made, in order */
  edit(ops: readonly Op[], timeMs: number): Uint8Array[] {
    this.#made = []
    this.#timeMs = timeMs
    for (const op of ops) this.#run(op)
    this.#commit()
    return this.#made
  }

  #run(op: Op): void {
    switch (op.t) {
      case 'put':
        return this.#put(op)
      case 'del':
        return this.#delete(op)
      case 'list':
        return this.#splice(op)
      case 'text':
        return this.#text(op)
      case 'inc':
        return this.#increment(op)
      case 'totext':
        return this.#toText(op)
      case 'gone':
        return this.#remove(op)
    }
  }

  #put({ at, v }: Of<'put'>): void {
    const place = placeOf(this.#doc, at)
    if (place) putValue(this.#doc, place.obj, place.prop, v)
  }

  #delete({ at }: Of<'del'>): void {
    const place = placeOf(this.#doc, at)
    if (typeof place?.prop === 'string' && this.#doc.getWithType(place.obj, place.prop))
      this.#doc.delete(place.obj, place.prop)
  }

  #splice({ at, i, n, v }: Of<'list'>): void {
    const [type, list] = typedAt(this.#doc, at) ?? []
    if (type !== 'list' || i + n > this.#doc.length(list as string)) return
    for (let k = 0; k < n; k++) this.#doc.delete(list as string, i)
    v.forEach((item, k) => insertValue(this.#doc, list as string, i + k, item))
  }

  #text({ at, i, n, v }: Of<'text'>): void {
    const [type, text] = typedAt(this.#doc, at) ?? []
    if (type === 'text') spliceText(this.#doc, text as string, i, n, v)
  }

  #increment({ at, n }: Of<'inc'>): void {
    const place = placeOf(this.#doc, at)
    if (!place) return
    const { obj, prop } = place
    const [type, value] = this.#doc.getWithType(obj, prop) ?? []
    if (type === undefined ? typeof prop !== 'string' : type !== 'int' && type !== 'counter') return
    if (!Number.isSafeInteger(Number(value ?? 0) + n) || (n === 0 && type !== undefined)) return
    if (type === 'int') this.#convert(() => [convertToCounter(this.#on, place)])
    else if (type === undefined) this.#convert(() => [makeCounter(this.#on, { obj, prop: prop as string })])
    if (n !== 0) this.#doc.increment(obj, prop, n)
  }

  #toText({ at }: Of<'totext'>): void {
    const place = placeOf(this.#doc, at)
    if (place && this.#doc.getWithType(place.obj, place.prop)?.[0] === 'str')
      this.#convert(() => convertToText(this.#on, place))
  }

  #remove({ v }: Of<'gone'>): void {
    if (v === (this.#doc.get(ROOT, GONE_KEY) === true)) return
    if (v) this.#doc.put(ROOT, GONE_KEY, true, 'boolean')
    else this.#doc.delete(ROOT, GONE_KEY)
  }

  /** What is pending becomes a change first, since a conversion depends on the change that wrote its value. */
  #convert(changes: () => Uint8Array[]): void {
    this.#commit()
    const made = changes()
    this.#doc.applyChanges(made)
    this.#made.push(...made)
  }

  #commit(): void {
    if (this.#doc.commit(null, this.#timeMs) !== null) this.#made.push(this.#doc.getLastLocalChange()!)
  }
}

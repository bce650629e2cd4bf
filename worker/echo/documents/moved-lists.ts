/**
 * Lists as they show. Automerge cannot move an element, and deleting and inserting it again would duplicate what two
 * devices move, and lose what a third edits. So a moved element stays in its slot, and a marker stands where it
 * shows: a map `{ '@moved': <operation that inserted the element> }`. Of several markers the greatest operation
 * wins; the others, and those of deleted elements, show nothing. Only lists that ever had a move (a root key says
 * so) pay for the difference between the index that shows and the index in Automerge.
 * Spec: docs/protocol/objects.md.
 */
import type { Patch } from '@automerge/automerge/slim'
import type { Stored } from '../../protocol/values.js'
import type { ChangeIndex } from './change-index.js'
import { ROOT, type Handle, type OpId } from './handle.js'
import { insertValue, type Turned } from './write-value.js'

export const MOVED_KEY = '@moved'
export const flagOf = (list: string) => `${MOVED_KEY}:${list}`

interface Slot {
  /** The operation that inserted it; while `sure` is not set, perhaps one that replaced its value later. */
  readonly id: OpId
  readonly sure: boolean
  /** In a marker, the element that it moves. */
  readonly moves?: OpId
}
/** One element that shows: the slot where it shows, and the slot that holds it. */
interface Shown {
  readonly at: number
  readonly own: number
}
interface Moved {
  slots: Slot[]
  shown: readonly Shown[] | undefined
}

export class MovedLists {
  readonly #doc: Handle
  readonly #index: ChangeIndex
  readonly #lists = new Map<string, Moved>()
  readonly #turned: Turned

  constructor(doc: Handle, index: ChangeIndex, turned: Turned) {
    this.#doc = doc
    this.#index = index
    this.#turned = turned
  }

  /** To be called when the document has changed by other means than `splice`, `move` and, for some lists, `patch`. */
  forget(which: (list: string) => boolean): void {
    for (const list of this.#lists.keys()) if (which(list)) this.#lists.delete(list)
  }

  /** Elements that came and went by a merge, as patches of this list say: to read a long list anew takes longer. */
  patch(list: string, patches: readonly Patch[]): void {
    const moved = this.#open(list)
    for (const patch of patches) {
      const i = patch.path.at(-1) as number
      const { slots } = moved
      if (patch.action === 'insert') {
        const fresh = patch.values.map((_, k) => this.#slot(list, i + k))
        moved.slots = [...slots.slice(0, i), ...fresh, ...slots.slice(i)]
      } else if (patch.action === 'del') slots.splice(i, patch.length ?? 1)
    }
    moved.slots = this.#sure(moved.slots)
    moved.shown = undefined
  }

  /** The slots of the elements that show, in order; undefined where they are simply all slots. */
  order(list: string): readonly Shown[] | undefined {
    return this.#lists.has(list) || this.#flagged(list) ? this.#shown(this.#open(list)) : undefined
  }

  /** The elements that show, in order: each by the operation that inserted it, or that wrote its value. */
  elements(list: string): OpId[] {
    const moved = this.#open(list)
    return this.#shown(moved).map(({ own }) => moved.slots[own]!.id)
  }

  /** The operations that wrote the values in all slots, now or at some heads. */
  written(list: string, heads?: string[]): OpId[] {
    return Array.from({ length: this.#doc.length(list, heads) }, (_, k) => this.#opAt(list, k, heads)[1])
  }

  /** Whether elements of the list were ever moved. */
  moves(list: string): boolean {
    return this.#flagged(list)
  }

  /** Whether at least `count` elements show. */
  holds(list: string, count: number): boolean {
    const order = this.order(list)
    if (order) return count <= order.length
    // Asking for the length costs as much as reading the whole list.
    return count === 0 || this.#doc.getWithType(list, count - 1) !== null
  }

  /** Deletes `n` elements at `i` and inserts values there; both must be there. */
  splice(list: string, i: number, n: number, values: readonly Stored[]): void {
    const shown = this.order(list)
    const at = shown ? slotBefore(shown, i) : i
    if (!shown) for (let k = 0; k < n; k++) this.#doc.delete(list, i)
    values.forEach((value, k) => insertValue(this.#doc, list, at + k, value, this.#turned))
    if (!shown) return
    const { slots } = this.#open(list)
    const gone = new Set(shown.slice(i, i + n).map(({ own }) => slots[own]!.id))
    slots.splice(at, 0, ...values.map((_, k) => ({ id: this.#opAt(list, at + k)[1], sure: true })))
    this.#delete(list, ({ id, moves }) => gone.has(moves ?? id))
  }

  /** Moves the element at `i` so that it shows at `to`; both must be there. */
  move(list: string, i: number, to: number): void {
    const moved = this.#open(list)
    const shown = this.#shown(moved)
    const own = shown[i]!.own
    const slot = moved.slots[own]!
    const element = slot.sure ? slot.id : this.#index.elementOf(slot.id)
    moved.slots[own] = { id: element, sure: true }
    const rest = shown.filter((_, k) => k !== i)
    const at = slotBefore(rest, to)
    if (!this.#flagged(list)) this.#doc.put(ROOT, flagOf(list), true, 'boolean')
    const marker = this.#doc.insertObject(list, at, {})
    this.#doc.put(marker, MOVED_KEY, element, 'str')
    moved.slots.splice(at, 0, { id: marker, sure: true, moves: element })
    this.#delete(list, ({ id, moves }) => moves === element && id !== marker)
  }

  #flagged(list: string): boolean {
    return this.#doc.get(ROOT, flagOf(list)) === true
  }

  #delete(list: string, which: (slot: Slot) => boolean): void {
    const moved = this.#open(list)
    for (let k = moved.slots.length - 1; k >= 0; k--) {
      if (!which(moved.slots[k]!)) continue
      this.#doc.delete(list, k)
      moved.slots.splice(k, 1)
    }
    moved.shown = undefined
  }

  #open(list: string): Moved {
    let moved = this.#lists.get(list)
    if (!moved) this.#lists.set(list, (moved = { slots: this.#scan(list), shown: undefined }))
    return moved
  }

  #scan(list: string): Slot[] {
    return this.#sure(Array.from({ length: this.#doc.length(list) }, (_, k) => this.#slot(list, k)))
  }

  #slot(list: string, slot: number): Slot {
    const [type, id] = this.#opAt(list, slot)
    const moves = type === 'map' ? this.#doc.get(id, MOVED_KEY) : undefined
    return typeof moves === 'string' ? { id, sure: true, moves } : { id, sure: false }
  }

  /** With elements that markers can name. */
  #sure(slots: Slot[]): Slot[] {
    const orphans = new Set<OpId>()
    for (const { moves } of slots) if (moves !== undefined) orphans.add(moves)
    for (const { id, moves } of slots) if (moves === undefined) orphans.delete(id)
    if (orphans.size === 0) return slots
    // Some moved element was deleted, or its value replaced: only the history tells which.
    return slots.map((slot) => (slot.sure ? slot : { id: this.#index.elementOf(slot.id), sure: true }))
  }

  #shown(moved: Moved): readonly Shown[] {
    return (moved.shown ??= show(moved.slots))
  }

  /** Type of the value in a slot, and the operation that wrote it. */
  #opAt(list: string, slot: number, heads?: string[]): [string, OpId] {
    const all = this.#doc.getAll(list, slot, heads)
    const value = all[all.length - 1] as unknown as [string, OpId, OpId?]
    return [value[0], value[2] ?? value[1]]
  }
}

/** Inserting at this slot puts a new element right after the one that shows before `index`. */
const slotBefore = (shown: readonly Shown[], index: number) => (index === 0 ? 0 : shown[index - 1]!.at + 1)

/** What shows where. It follows from the slots alone, so that all devices with one state show one order. */
function show(slots: readonly Slot[]): Shown[] {
  const held = new Map<OpId, number>()
  slots.forEach(({ id, moves }, k) => moves === undefined && held.set(id, k))
  const winners = new Map<OpId, OpId>()
  for (const { id, moves } of slots) {
    if (moves === undefined || !held.has(moves)) continue
    const other = winners.get(moves)
    if (other === undefined || isGreater(id, other)) winners.set(moves, id)
  }
  const shown: Shown[] = []
  slots.forEach(({ id, moves }, at) => {
    if (moves === undefined ? !winners.has(id) : winners.get(moves) === id)
      shown.push({ at, own: moves === undefined ? at : held.get(moves)! })
  })
  return shown
}

/** Order of operations: by counter (Lamport), then by actor. */
function isGreater(a: OpId, b: OpId): boolean {
  const [x, y] = [parseInt(a), parseInt(b)]
  return x === y ? a > b : x > y
}

/**
 * What a merge did to an object's stored value, as operations: applied to the value before, they give what
 * `materialise` gives after. Automerge's patches say where something changed; what it is now is read there, so that a
 * change which nobody sees is no operation, and a keystroke is one of a few bytes.
 */
import type { Patch, Prop } from '@automerge/automerge/slim'
import type { Op, Path } from '../../protocol/operations.js'
import type { Stored } from '../../protocol/values.js'
import { GONE_KEY, ROOT, type Handle, type OpId, type Typed } from './handle.js'
import { readValue } from './materialise.js'
import { UNTOUCHED_LIST, type ListTouch } from './judge-operations.js'
import type { MovedLists } from './moved-lists.js'
import { reorder } from './reorder.js'

/** What is known of a document as it was. */
export interface Before {
  readonly heads: string[]
  /** The elements that showed, by the operations that wrote them, of lists in which elements may have moved. */
  readonly orders: ReadonlyMap<OpId, readonly OpId[]>
  /** What was done since, by list. */
  readonly touched: ReadonlyMap<OpId, ListTouch>
}

/** A container, where Automerge has it and where it shows. */
interface Container {
  readonly type: string
  readonly obj: OpId
  readonly at: Path
}

/** The patches of one container, in order. */
interface Group {
  readonly path: readonly Prop[]
  readonly patches: Patch[]
}

const keyOf = (path: readonly Prop[]) => JSON.stringify(path)

export function tell(doc: Handle, lists: MovedLists, patches: readonly Patch[], before: Before): Op[] {
  return new Teller(doc, lists, before).tell(patches)
}

class Teller {
  readonly #doc: Handle
  readonly #lists: MovedLists
  readonly #before: Before
  readonly #ops: Op[] = []
  /** Places, as Automerge names them, whose value was told as a whole. */
  readonly #whole = new Set<string>()
  /** Of lists with moves: the index that shows, by the slot that holds the element. */
  readonly #shown = new Map<OpId, ReadonlyMap<number, number>>()

  constructor(doc: Handle, lists: MovedLists, before: Before) {
    this.#doc = doc
    this.#lists = lists
    this.#before = before
  }

  tell(patches: readonly Patch[]): Op[] {
    const groups = new Map<string, Group>()
    const group = (path: readonly Prop[]) => {
      const key = keyOf(path)
      const found = groups.get(key) ?? { path, patches: [] }
      groups.set(key, found)
      return found.patches
    }
    for (const patch of patches) group(patch.path.slice(0, -1)).push(patch)
    const fresh = freshPlaces(patches)
    for (const list of this.#before.orders.keys()) {
      const path = this.#doc.objInfo(list).path
      // Patches of what does not show, or is new there, are not of what changed.
      const whole = !path || path.some((_, i) => fresh.has(keyOf(path.slice(0, i + 1))))
      if (whole) this.#lists.forget((one) => one === list)
      // Where a list begins to have moves, its order may change with nothing else in it.
      else if (this.#isVague(list, group(path))) this.#lists.forget((one) => one === list)
      else this.#lists.patch(list, group(path))
    }
    // Paths say where things are afterwards: what is around them has to be told first.
    for (const { path, patches } of [...groups.values()].sort((a, b) => a.path.length - b.path.length)) {
      const container = this.#container(path)
      if (container?.type === 'text') this.#text(container, patches)
      else if (container?.type === 'list') this.#list(container, path, patches)
      else if (container) this.#map(container, path, patches)
    }
    return this.#ops
  }

  /** Undefined for what does not show, and what is inside something that was told as a whole. */
  #container(path: readonly Prop[]): Container | undefined {
    let typed: Typed = ['map', ROOT]
    const at: (string | number)[] = []
    for (let depth = 0; depth < path.length; depth++) {
      const key = path[depth]!
      if (this.#whole.has(keyOf(path.slice(0, depth + 1)))) return undefined
      const obj = typed[1] as OpId
      const shown = typeof key === 'number' ? this.#indexOf(obj, key) : key[0] === '@' ? undefined : key
      const next: Typed | null = shown === undefined ? null : this.#doc.getWithType(obj, key)
      if (shown === undefined || !next) return undefined
      at.push(shown)
      typed = next
    }
    return { type: typed[0], obj: typed[1] as OpId, at }
  }

  /** Where the element in a slot of a list shows. */
  #indexOf(list: OpId, slot: number): number | undefined {
    const order = this.#lists.order(list)
    if (!order) return slot
    let shown = this.#shown.get(list)
    if (!shown) this.#shown.set(list, (shown = new Map(order.map(({ own }, i) => [own, i]))))
    return shown.get(slot)
  }

  #text({ at }: Container, patches: readonly Patch[]): void {
    for (const patch of patches) {
      const i = patch.path.at(-1) as number
      if (patch.action === 'splice') this.#ops.push({ t: 'text', at, i, n: 0, v: patch.value })
      else if (patch.action === 'del') this.#ops.push({ t: 'text', at, i, n: patch.length ?? 1, v: '' })
    }
  }

  #map(container: Container, path: readonly Prop[], patches: readonly Patch[]): void {
    const keys = new Map<string, boolean>()
    for (const { path, action } of patches) {
      const key = path.at(-1) as string
      keys.set(key, action === 'put' || keys.get(key) === true)
    }
    for (const [key, put] of keys) {
      if (key[0] !== '@') this.#field(container, path, key, put)
      else if (key === GONE_KEY && path.length === 0) this.#gone()
    }
  }

  #gone(): void {
    const v = this.#doc.get(ROOT, GONE_KEY) === true
    if (v !== (this.#doc.get(ROOT, GONE_KEY, this.#before.heads) === true)) this.#ops.push({ t: 'gone', v })
  }

  /** @param put whether patches that follow are of all that is inside, and not of what changed there */
  #field({ obj, at: around }: Container, path: readonly Prop[], key: string, put: boolean): void {
    const at = [...around, key]
    const before = this.#doc.getWithType(obj, key, this.#before.heads)
    const after = this.#doc.getWithType(obj, key)
    if (!after) {
      if (before) this.#ops.push({ t: 'del', at })
      return
    }
    if (isContainer(after) && before?.[1] === after[1]) {
      // Where another value at its side was deleted, Automerge puts what shows once more.
      if (put) this.#again(at, [...path, key], after)
      return
    }
    if (after[0] === 'counter' && this.#counted(at, before, after)) return
    if (after[0] === 'text' && before?.[0] === 'str') return this.#toText(at, path, before[1], after[1])
    if (before && !isContainer(after) && sameScalar(before, after)) return
    this.#put(at, [...path, key], after)
  }

  /** What showed before, and may have changed inside as well. */
  #again(at: Path, place: readonly Prop[], value: Typed): void {
    if (value[0] !== 'text') return this.#put(at, place, value)
    this.#whole.add(keyOf(place))
    this.#splice(at, this.#doc.text(value[1], this.#before.heads), value[1])
  }

  #splice(at: Path, from: string, text: OpId): void {
    const splice = spliceOf(from, this.#doc.text(text))
    if (splice) this.#ops.push({ t: 'text', at, ...splice })
  }

  /** Whether it could be told as an increment, which leaves what others add meanwhile. */
  #counted(at: Path, before: Typed | null, after: Typed): boolean {
    if (before && before[0] !== 'int' && before[0] !== 'counter') return false
    const [from, to] = [Number(before?.[1] ?? 0), Number(after[1])]
    if (![from, to, to - from].every(Number.isSafeInteger)) return false
    if (!before || to !== from) this.#ops.push({ t: 'inc', at, n: to - from })
    return true
  }

  /** A string that became text, and was perhaps edited already. */
  #toText(at: Path, path: readonly Prop[], from: string, text: OpId): void {
    this.#whole.add(keyOf([...path, at.at(-1)!]))
    this.#ops.push({ t: 'totext', at })
    this.#splice(at, from, text)
  }

  #list(container: Container, path: readonly Prop[], patches: readonly Patch[]): void {
    const { obj, at } = container
    if (this.#isVague(obj, patches)) return this.#anew(container, path)
    const before = this.#before.orders.get(obj)
    if (before && !this.#reorder(container, path, before, this.#lists.elements(obj))) return
    for (const patch of patches) {
      const i = patch.path.at(-1) as number
      if (patch.action === 'put' || patch.action === 'inc') this.#element(container, path, patch)
      else if (before) continue
      else if (patch.action === 'insert') {
        const v = patch.values.map((_, k) => this.#readWhole(obj, path, i + k))
        this.#ops.push({ t: 'list', at, i, n: 0, v })
      } else if (patch.action === 'del') this.#ops.push({ t: 'list', at, i, n: patch.length ?? 1, v: [] })
    }
  }

  /** An element whose value was replaced, or counted. */
  #element({ obj, at: around }: Container, path: readonly Prop[], patch: Patch): void {
    const slot = patch.path.at(-1) as number
    const index = this.#indexOf(obj, slot)
    const place = [...path, slot]
    if (index === undefined || this.#whole.has(keyOf(place))) return
    const at = [...around, index]
    const after = this.#doc.getWithType(obj, slot)!
    if (patch.action === 'inc') {
      const to = Number(after[1])
      if (Number.isSafeInteger(to) && Number.isSafeInteger(to - patch.value))
        this.#ops.push({ t: 'inc', at, n: patch.value })
      else this.#put(at, place, after)
    } else if (patch.action === 'put') this.#put(at, place, after)
  }

  /**
   * Whether places in patches of a list may be wrong. Two kinds of elements Automerge 3.5 leaves out when it counts the places of what
   * comes after them: one that is deleted, and stays by a value that another device put at the same time; and one that is counted,
   * also where nobody sees it.
   */
  #isVague(list: OpId, patches: readonly Patch[]): boolean {
    const { counts, deletes } = this.#before.touched.get(list) ?? UNTOUCHED_LIST
    if (counts && patches.some(({ action }) => action === 'insert' || action === 'del')) return true
    const gone = patches.reduce((sum, one) => sum + (one.action === 'del' ? (one.length ?? 1) : 0), 0)
    return deletes > gone
  }

  /** A list whose patches do not say where: what it was is read, and compared. */
  #anew(container: Container, path: readonly Prop[]): void {
    const { obj, at } = container
    const moved = this.#before.orders.get(obj)
    const before = this.#lists.written(obj, this.#before.heads)
    const after = this.#lists.written(obj)
    const isThere = moved
      ? this.#reorder(container, path, moved, this.#lists.elements(obj))
      : this.#reorder(container, path, before, after)
    if (!isThere) return
    const known = new Map(before.map((id, slot) => [id, slot]))
    const slots = this.#lists.order(obj)?.map(({ own }) => own) ?? after.map((_, slot) => slot)
    for (const [i, slot] of slots.entries()) {
      const place = [...path, slot]
      if (this.#whole.has(keyOf(place))) continue
      const value = this.#doc.getWithType(obj, slot)!
      const was = known.get(after[slot]!)
      if (was === undefined) this.#put([...at, i], place, value)
      else if (value[0] === 'counter')
        this.#counted([...at, i], this.#doc.getWithType(obj, was, this.#before.heads), value)
    }
  }

  /** What moved, came and went. Whether the values of those that stay are still to be told. */
  #reorder(
    { obj, at }: Container,
    path: readonly Prop[],
    before: readonly OpId[],
    after: readonly OpId[],
  ): boolean {
    const slots = this.#lists.order(obj)
    const read = (index: number) => this.#readWhole(obj, path, slots?.[index]!.own ?? index)
    const steps = reorder(before, after, read)
    if (steps) {
      for (const step of steps) this.#ops.push({ ...step, at })
      return true
    }
    this.#put(at, path, ['list', obj])
    return false
  }

  #put(at: Path, place: readonly Prop[], value: Typed): void {
    this.#whole.add(keyOf(place))
    this.#ops.push({ t: 'put', at, v: readValue(this.#doc, value, this.#lists) })
  }

  #readWhole(list: OpId, path: readonly Prop[], slot: number): Stored {
    this.#whole.add(keyOf([...path, slot]))
    return readValue(this.#doc, this.#doc.getWithType(list, slot)!, this.#lists)
  }
}

/** Where a value was put or inserted: what is inside it was not there before. */
function freshPlaces(patches: readonly Patch[]): ReadonlySet<string> {
  const fresh = new Set<string>()
  for (const { path, ...patch } of patches) {
    if (patch.action === 'put') fresh.add(keyOf(path))
    else if (patch.action === 'insert')
      patch.values.forEach((_, k) => fresh.add(keyOf([...path.slice(0, -1), (path.at(-1) as number) + k])))
  }
  return fresh
}

const isContainer = ([type]: Typed) =>
  type === 'map' || type === 'list' || type === 'text' || type === 'table'

function sameScalar([, a]: Typed, [, b]: Typed): boolean {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  // Integers come as a number or a bigint, whichever holds them.
  if (typeof a === 'bigint' || typeof b === 'bigint') return Number(a) === Number(b)
  return a === b
}

/** The one splice between two texts, at the bounds of whole characters. */
function spliceOf(from: string, to: string): { i: number; n: number; v: string } | undefined {
  if (from === to) return undefined
  const most = Math.min(from.length, to.length)
  let start = 0
  while (start < most && from[start] === to[start]) start++
  if (isInner(from, start) || isInner(to, start)) start--
  let end = 0
  while (end < most - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++
  if (isInner(from, from.length - end) || isInner(to, to.length - end)) end--
  return { i: start, n: from.length - end - start, v: to.slice(start, to.length - end) }
}

const isInner = (text: string, index: number) =>
  (text.charCodeAt(index) & 0xfc00) === 0xdc00 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800

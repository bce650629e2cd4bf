/** The array methods that change a live list, each as the operations that merge best. */
import { diffList } from './diff.js'
import { isLive, nodeOf } from './identity.js'
import type { Node } from './nodes.js'
import { plain } from './copies.js'
import { storeValue } from './store-value.js'
import { isList } from '../worker/protocol/values.js'

/** Deletes and inserts in one operation. */
export function fixList(node: Node, i: number, n: number, values: readonly unknown[]): void {
  const at = node.path
  const v = values.map((value) => storeValue(value, at.length + 1))
  if (n > 0 || v.length > 0) node.write([{ t: 'list', at, i, n, v }])
}

/** A relative index as Array.prototype.splice reads it. */
const clamp = (index: number, length: number) =>
  index < 0 ? Math.max(0, length + index) : Math.min(Math.trunc(index) || 0, length)

type ListMethod = (this: unknown[], ...args: never[]) => unknown

/** Puts the elements in another order, given as their indices now. */
function reorder(list: unknown[], order: readonly number[]): unknown[] {
  const node = nodeOf(list)
  const before = node.value
  if (isList(before))
    node.write(
      diffList(
        node.path,
        before,
        order.map((i) => before[i]!),
      ),
    )
  return list
}

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0)

export const listMethods: Record<string, ListMethod> = {
  push(...values: unknown[]) {
    fixList(nodeOf(this), this.length, 0, values)
    return this.length
  },
  unshift(...values: unknown[]) {
    fixList(nodeOf(this), 0, 0, values)
    return this.length
  },
  pop() {
    return take(this, this.length - 1)
  },
  shift() {
    return take(this, 0)
  },
  splice(start: number, count: number, ...values: unknown[]) {
    const length = this.length
    const i = clamp(start, length)
    const n = arguments.length < 2 ? length - i : Math.max(0, Math.min(Math.trunc(count) || 0, length - i))
    const removed = copies(this, i, n)
    fixList(nodeOf(this), i, n, arguments.length === 0 ? [] : values)
    return removed
  },
  sort(compare: (a: unknown, b: unknown) => number = byText) {
    const live = [...this]
    return reorder(
      this,
      [...live.keys()].sort((a, b) => compare(live[a], live[b])),
    )
  },
  reverse() {
    return reorder(this, [...this.keys()].reverse())
  },
}

/** Elements that leave the list, as plain values: they are no longer part of anything. */
function copies(list: unknown[], i: number, n: number): unknown[] {
  return list
    .slice(i, i + n)
    .map((element) => (isLive(element) && nodeOf(element).parent ? plain(element) : element))
}

function take(list: unknown[], index: number): unknown {
  if (list.length === 0) return undefined
  const [element] = copies(list, index, 1)
  fixList(nodeOf(list), index, 1, [])
  return element
}

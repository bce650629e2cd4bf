/** Which node stands behind a live object, or behind a snapshot of it. */
import { invalid } from '../worker/protocol/errors.js'
import type { Stored } from '../worker/protocol/values.js'
import type { Node } from './nodes.js'

const nodes = new WeakMap<object, Node>()

/** Registers what stands for a node: its live object, and snapshots. */
export const standFor = (value: object, node: Node) => nodes.set(value, node)

export const isLive = (value: unknown): boolean => nodes.has(value as object)

/** The node behind a live object. @throws HearthError `echo/invalid` for anything else */
export function nodeOf(value: unknown): Node {
  return (
    nodes.get(value as object) ??
    invalid('this is not a live object; hearth.live() gives the one behind a snapshot')
  )
}

/** What stands for a live object inside a stored value: a link for a whole one, its content for a part of one. */
export function storedOf(value: object): Stored | undefined {
  const node = nodes.get(value)
  return node && (node.parent ? node.value : { '@link': node.object.id })
}

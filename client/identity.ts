/** Which node stands behind a live object, or behind a snapshot of it. */
import { invalid } from '../worker/protocol/errors.js'
import type { Stored } from '../worker/protocol/values.js'
import type { Node } from './nodes.js'

/**
 * What a live object answers at this key is its node; no app has the key. A table from proxies to nodes would be a
 * good part of what a tab with 10,000 objects needs, and of the time that reading them takes.
 */
export const NODE = Symbol()
const snapshots = new WeakMap<object, Node>()

/** Registers a snapshot of a node. */
export const standFor = (copy: object, node: Node) => snapshots.set(copy, node)

const behind = (value: unknown): Node | undefined =>
  (value as { readonly [NODE]?: Node } | null | undefined)?.[NODE] ?? snapshots.get(value as object)

export const isLive = (value: unknown): boolean => !!behind(value)

/** The node behind a live object. @throws HearthError `echo/invalid` for anything else */
export function nodeOf(value: unknown): Node {
  return behind(value) ?? invalid('this is not a live object; hearth.live() gives the one behind a snapshot')
}

/** What stands for a live object inside a stored value: a link for a whole one, its content for a part of one. */
export function storedOf(value: object): Stored | undefined {
  const node = behind(value)
  return node && (node.parent ? node.value : { '@link': node.object.id })
}

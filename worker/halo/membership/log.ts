/**
 * The entries of one membership log, and the state of any point of it. It is pure: no clock, no keys, no store. Entries
 * come decoded and verified, parents first; in which order otherwise makes no difference.
 */
import { EntrySet } from './ancestry.js'
import type { IdentityId } from '../../protocol/ids.js'
import { beginsEpoch, type Action, type LogEntry, type LogEntryId } from './actions.js'
import { endsAuthor, judge } from './judge.js'
import { inOrder, type Node } from './node.js'
import { compareIds } from './rank.js'
import { resolve } from './resolve.js'
import type { State } from './state.js'

/** States kept, of points that were asked for last. */
const MAX_STATES = 64

export class MembershipLog {
  private readonly nodes: Node[] = []
  private readonly byId = new Map<LogEntryId, Node>()
  private readonly tips = new Set<LogEntryId>()
  private readonly states = new Map<string, State>()

  /** @throws RangeError if `genesis` is none */
  constructor(genesis: LogEntry) {
    if (genesis.action.t !== 'genesis') throw new RangeError('not a genesis')
    // defence: genesis-without-parents
    if (genesis.parents.length > 0) throw new RangeError('not a genesis')
    // defence: genesis-by-its-device
    if (!genesis.action.devices.includes(genesis.author)) throw new RangeError('a genesis by somebody else')
    this.put(genesis, 0, new EntrySet())
  }

  /** Of its genesis. */
  get id(): LogEntryId {
    return this.nodes[0]!.id
  }

  /** Entries on which no other builds, sorted: the parents of the next one. */
  get heads(): LogEntryId[] {
    return [...this.tips].sort(compareIds)
  }

  get size(): number {
    return this.nodes.length
  }

  has(id: LogEntryId): boolean {
    return this.byId.has(id)
  }

  /** Of an entry's parents, those that are not here. */
  missing({ parents }: LogEntry): LogEntryId[] {
    return parents.filter((id) => !this.byId.has(id))
  }

  /**
   * Takes an entry, whether its author had the right to it or not: others may build on it. One that is here is not taken again.
   * @throws RangeError if its parents are not here, not sorted, or none
   */
  add(entry: LogEntry): void {
    // defence: entry-taken-once
    if (this.byId.has(entry.id)) return
    const { parents } = entry
    // defence: one-genesis
    if (parents.length === 0) throw new RangeError('parents are to be sorted')
    // defence: sorted-parents
    if (parents.some((id, i) => i > 0 && parents[i - 1]! >= id))
      throw new RangeError('parents are to be sorted')
    // defence: parents-first
    if (this.missing(entry).length > 0) throw new RangeError('parents are missing')
    const above = parents.map((id) => this.byId.get(id)!)
    const ancestors = new EntrySet(this.nodes.length)
    for (const parent of above) {
      ancestors.addAll(parent.ancestors)
      ancestors.add(parent.n)
    }
    const node = this.put(entry, 1 + Math.max(...above.map(({ depth }) => depth)), ancestors)
    node.authority = judge(entry, this.stateAt(parents), this.nodes[0]!)
  }

  /** Whether its author has the right to an entry, which is not here yet, on these parents. */
  allows(entry: LogEntry): boolean {
    return judge(entry, this.stateAt(entry.parents), this.nodes[0]!) !== undefined
  }

  /** Entries of a kind that count, with the members that wrote them: none comes before what it builds on, and the order is the same everywhere. */
  standing(t: Action['t']): { readonly entry: LogEntry; readonly member: IdentityId }[] {
    const { void: nothing } = this.state()
    return this.nodes
      .filter(({ action, id }) => action.t === t && !nothing.has(id))
      .sort(inOrder)
      .map(({ entry, authority }) => ({ entry, member: authority!.member }))
  }

  /** Whether an entry, which is not here yet, would begin an epoch: it has to bring a key then. */
  begins(entry: LogEntry): boolean {
    const authority = judge(entry, this.stateAt(entry.parents), this.nodes[0]!)
    return !!authority && beginsEpoch(entry.action) && !endsAuthor(entry, authority)
  }

  /** What all entries come to. */
  state(): State {
    return this.stateAt(this.heads)
  }

  /** What these entries and all that they build on come to. @throws RangeError if one is not here */
  stateAt(heads: readonly LogEntryId[]): State {
    const key = [...heads].sort(compareIds).join()
    const known = this.states.get(key)
    this.states.delete(key)
    const state = known ?? resolve(this.nodes[0]!, this.upTo(heads))
    this.states.set(key, state)
    const [oldest] = this.states.keys()
    if (this.states.size > MAX_STATES) this.states.delete(oldest!)
    return state
  }

  /** Whether `id` is one of `heads`, or something that they build on. */
  includes(heads: readonly LogEntryId[], id: LogEntryId): boolean {
    const { n } = this.node(id)
    return heads.some((head) => head === id || this.node(head).ancestors.has(n))
  }

  private upTo(heads: readonly LogEntryId[]): Node[] {
    const all = new EntrySet(this.nodes.length)
    for (const { n, ancestors } of heads.map((id) => this.node(id))) {
      all.addAll(ancestors)
      all.add(n)
    }
    return this.nodes.filter(({ n }) => all.has(n))
  }

  private node(id: LogEntryId): Node {
    const node = this.byId.get(id)
    if (!node) throw new RangeError('an entry is missing')
    return node
  }

  private put(entry: LogEntry, depth: number, ancestors: EntrySet): Node {
    const { id, action, author, parents } = entry
    const n = this.nodes.length
    const node: Node = { entry, id, action, author, n, depth, ancestors, authority: undefined }
    this.nodes.push(node)
    this.byId.set(id, node)
    for (const parent of parents) this.tips.delete(parent)
    this.tips.add(id)
    return node
  }
}

/**
 * What a set of entries comes to, whatever order they came in. Each was judged at its parents (`judge.ts`); what is left to
 * settle is what they do to each other where neither knew of the other.
 *
 * What restricts somebody (removal, a lower role, a revoked device) ends all that they made meanwhile, beyond what the
 * restricting entry knew of: otherwise who was removed could go on under old parents. A grant only falls to those who
 * outrank whoever gave it, and gives less than its giver has. So, taken in the order of their authors' ranks, nothing is
 * settled before that on which it depends.
 */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import { beginsEpoch, levelOf, writes, type Action, type Cut, type LogEntryId, type Role } from './actions.js'
import { EntrySet } from './ancestry.js'
import { endsAuthor } from './judge.js'
import { inOrder, type Node } from './node.js'
import { compareIds, compareRanks, rankOf } from './rank.js'
import type { Standing, State } from './state.js'

type Genesis = Extract<Action, { readonly t: 'genesis' }>
type Rebind = Extract<Action, { readonly t: 'rebind-member' }>

/** @param nodes of the log and all that they build on, `root` among them */
export function resolve(root: Node, nodes: readonly Node[]): State {
  return new Resolution(root, nodes).state()
}

class Resolution {
  /** Those that stand, of the ones that decide who is in. */
  private readonly settled = new Set<Node>()
  private readonly restrictions = new Map<IdentityId, Node[]>()
  private readonly revocations = new Map<DeviceId, Node[]>()
  /** Those that stand: whoever was one identity is another one now. */
  private readonly rebinds: Node[] = []
  private readonly entitled: readonly Node[]
  private readonly excluded = new Set<Node>()

  constructor(
    private readonly root: Node,
    private readonly nodes: readonly Node[],
  ) {
    this.entitled = nodes.filter((node) => node !== root && node.authority).sort(inOrder)
    this.settleAll()
    // defence: rights-of-before
    while (this.excludeStale()) this.settleAll()
  }

  /**
   * By a right that was greater once, something may have come before what ended it: it does not count at all, then.
   * @returns whether there was any
   */
  private excludeStale(): boolean {
    const stale = this.entitled.filter(
      (node) => this.settled.has(node) && !isOwnRevocation(node) && !this.holds(node),
    )
    for (const node of stale) this.excluded.add(node)
    return stale.length > 0
  }

  private settleAll(): void {
    this.settled.clear()
    this.restrictions.clear()
    this.revocations.clear()
    this.rebinds.length = 0
    this.settled.add(this.root)
    // Devices of one member may all revoke each other: who has stolen one can end the others, and never stay by that.
    // defence: devices-end-each-other
    for (const node of this.entitled) if (isOwnRevocation(node)) this.settle(node)
    for (const node of this.entitled.filter(decides).sort(byRight)) if (this.stands(node)) this.settle(node)
  }

  state(): State {
    const { kind } = this.root.action as Genesis
    const standing = new Set([this.root, ...this.entitled.filter((node) => this.stands(node))])
    const epochs = latest([...standing].filter((node) => this.begins(node)))
    const { members, ends } = this.members(recoveriesIn(standing))
    return {
      kind,
      members,
      rebound: new Map(this.rebinds.map((one) => [memberOf(one), this.now(memberOf(one))])),
      devices: this.devices(standing, members),
      cuts: this.cuts(ends),
      epochs: epochs.map(({ id }) => id).sort(compareIds),
      owesEpoch: [...standing].some(
        (end) => isEnd(end) && !epochs.some((epoch) => epoch === end || epoch.ancestors.has(end.n)),
      ),
      named: named([...standing]).id,
      deleted: [...standing].some(({ action }) => action.t === 'delete'),
      void: new Set(this.nodes.filter((node) => !standing.has(node)).map(({ id }) => id)),
    }
  }

  private settle(node: Node): void {
    this.settled.add(node)
    const { action } = node
    if (action.t === 'revoke-device') append(this.revocations, action.cut.device, node)
    else if (action.t === 'rebind-member') this.rebinds.push(node)
    else if (action.t === 'remove-member' || action.t === 'set-role')
      append(this.restrictions, action.member, node)
  }

  private stands(node: Node): boolean {
    return this.settled.has(node) || this.isAdopted(node) || this.holds(node)
  }

  /**
   * An admission whose author has lost the right to it stays if somebody who has not gave the member another role, having
   * seen it: they could have admitted the member themselves.
   */
  private isAdopted({ action, n }: Node): boolean {
    // defence: only-admissions-are-adopted
    if (action.t !== 'admit-member') return false
    return this.restrictionsOf(action.member).some(
      (one) =>
        one.action.t === 'set-role' &&
        // defence: adopted-by-who-saw-it
        one.ancestors.has(n),
    )
  }

  /** Whether nothing that stands has taken away the right by which it was made. */
  private holds(node: Node): boolean {
    const { grant, member, admission } = node.authority!
    const goesBy = (one: Node): boolean => !one.ancestors.has(node.n) && !admission.ancestors.has(one.n)
    if (this.excluded.has(node)) return false
    // defence: one-rebind
    if (this.isSecondRebind(node)) return false
    // defence: role-still-stands
    if (!this.stands(grant)) return false
    // defence: admission-still-stands
    if (!this.stands(admission)) return false
    // defence: beyond-a-removal
    if (this.restrictionsOf(member).some((one) => restricts(one, node))) return false
    // defence: beyond-a-revocation
    if (this.revocations.get(node.author)?.some((one) => one !== node && goesBy(one))) return false
    return true
  }

  /** Two devices of an identity, neither of which knew of the other, cannot make two of it. */
  private isSecondRebind({ id, action }: Node): boolean {
    return (
      action.t === 'rebind-member' &&
      this.rebinds.some((one) => one.id !== id && memberOf(one) === action.member)
    )
  }

  /** Whatever identity it was when it was said. */
  private restrictionsOf(member: IdentityId): Node[] {
    if (this.rebinds.length === 0) return this.restrictions.get(member) ?? []
    return [...this.namesOf(member)].flatMap((name) => this.restrictions.get(name) ?? [])
  }

  /** The identity that a member is now: by the last of its rebinds, also if it went back to an earlier one. */
  private now(member: IdentityId): IdentityId {
    if (this.rebinds.length === 0) return member
    const names = this.namesOf(member)
    const last = this.rebinds
      .filter((one) => names.has(memberOf(one)))
      .sort(inOrder)
      .at(-1)
    return last ? (last.action as Rebind).to : member
  }

  /** All identities that a member is, was or will be. */
  private namesOf(member: IdentityId): ReadonlySet<IdentityId> {
    const names = new Set([member])
    for (let size = 0; size < names.size;) {
      size = names.size
      for (const { action } of this.rebinds) {
        const { member: from, to } = action as Rebind
        if (names.has(from) || names.has(to)) names.add(from).add(to)
      }
    }
    return names
  }

  /** Who is out may still revoke a device of their own, but gives nobody a key by it; nor does who goes by it. */
  private begins(node: Node): boolean {
    if (node === this.root) return true
    if (!beginsEpoch(node.action)) return false
    // defence: no-key-by-who-goes
    if (endsAuthor(node.entry, node.authority!)) return false
    // defence: no-key-by-who-is-out
    if (!this.holds(node)) return false
    return true
  }

  /** Who is in, and what has ended members' writing: it left them out, or readers. */
  private members(recoveries: ReadonlyMap<IdentityId, DeviceId>): {
    members: Map<IdentityId, Standing>
    ends: readonly Node[]
  } {
    const acts = new Map<IdentityId, Node[]>()
    for (const node of this.settled) {
      const { action } = node
      if (action.t !== 'revoke-device' && action.t !== 'rebind-member' && 'member' in action)
        append(acts, this.now(action.member), node)
    }
    const members = new Map<IdentityId, Standing>()
    const ends: Node[] = []
    for (const [member, all] of [...acts].sort(([a], [b]) => compareIds(a, b))) {
      const grant = decisive(latest(all))
      const role = roleBy(grant)
      const gone = all.filter(({ action }) => action.t === 'remove-member')
      const lowered = all.filter(({ action }) => action.t === 'set-role' && !writes(action.role))
      const before = (past: readonly Node[]): Node[] => past.filter(({ n }) => grant.ancestors.has(n))
      // Who is in again was removed all the same; who was never out, as somebody of higher rank had said, was not.
      ends.push(...(role ? before(gone) : gone), ...(role && writes(role) ? before(lowered) : lowered))
      if (role)
        members.set(member, {
          member,
          role,
          rank: rankOf(role, grant),
          grant,
          recovery: recoveries.get(member)!,
        })
    }
    return { members, ends }
  }

  private devices(standing: ReadonlySet<Node>, members: ReadonlyMap<IdentityId, Standing>): State['devices'] {
    const devices = new Map<DeviceId, { member: IdentityId; admission: Node }>()
    for (const admission of [...standing].sort(inOrder)) {
      const admitted = admittedBy(admission)
      if (!admitted) continue
      const member = this.now(admitted.member)
      const now = members.get(member)
      // Those of an earlier stay do not come back with the member.
      const isOld = this.restrictionsOf(member).some(
        (one) =>
          one.action.t === 'remove-member' &&
          now?.grant.ancestors.has(one.n) &&
          !admission.ancestors.has(one.n),
      )
      // defence: no-device-without-member
      if (!now) continue
      // defence: no-device-of-an-earlier-stay
      if (isOld) continue
      for (const device of admitted.devices) {
        const revoked = this.revocations.get(device)?.some(({ n }) => !admission.ancestors.has(n))
        // defence: revoked-is-out
        if (revoked) continue
        // defence: first-has-the-key
        if (devices.has(device)) continue
        devices.set(device, { member, admission })
      }
    }
    return devices
  }

  private cuts(ends: readonly Node[]): State['cuts'] {
    const cuts = new Map<DeviceId, { by: LogEntryId; cut: Cut }[]>()
    const before = new Map<DeviceId, Node[]>()
    const admissions = [this.root, ...this.entitled].filter(admittedBy)
    for (const end of [...ends, ...[...this.revocations.values()].flat()].sort(inOrder))
      for (const cut of this.cutsOf(end, admissions, before)) {
        append(cuts, cut.device, { by: end.id, cut })
        append(before, cut.device, end)
      }
    return cuts
  }

  /**
   * Of what has ended a member's writing, or a device. Devices that a member's end does not name have nothing that was
   * accepted: otherwise who is out could say by a revocation of its own how far such a device counts. But for those that it
   * knew to be out already: they keep what they had then.
   */
  private cutsOf(
    { action, n, ancestors: past }: Node,
    admissions: readonly Node[],
    before: ReadonlyMap<DeviceId, readonly Node[]>,
  ): readonly Cut[] {
    if (action.t === 'revoke-device') return [action.cut]
    const { member, cuts = [] } = action as Extract<Action, { readonly t: 'remove-member' | 'set-role' }>
    const named = new Set(cuts.map(({ device }) => device))
    const others = admissions
      .filter(({ ancestors }) => !ancestors.has(n))
      .map((admission) => admittedBy(admission)!)
      .flatMap((admitted) => (this.now(admitted.member) === this.now(member) ? admitted.devices : []))
      .filter((device) => !named.has(device) && !before.get(device)?.some((end) => past.has(end.n)))
    const nothing = [...new Set(others)].map((device) => ({ device, seq: 0, hash: null, heads: [] }))
    return [...cuts, ...nothing]
  }
}

/** A member's words were fixed when its identity began, so whoever admits it says the same of them. */
function recoveriesIn(standing: Iterable<Node>): Map<IdentityId, DeviceId> {
  const recoveries = new Map<IdentityId, DeviceId>()
  for (const { action } of standing)
    if (action.t === 'genesis' || action.t === 'admit-member') recoveries.set(action.member, action.recovery)
    else if (action.t === 'rebind-member') recoveries.set(action.to, action.recovery)
  return recoveries
}

/** Of names given by those who did not know of each other's, one that is the same everywhere. */
const named = (standing: readonly Node[]): Node =>
  standing
    .filter(({ action: { t } }) => t === 'genesis' || t === 'rename')
    .sort(inOrder)
    .at(-1)!

const memberOf = ({ action }: Node): IdentityId => (action as Rebind).member

const isOwnRevocation = ({ action, authority }: Node): boolean =>
  action.t === 'revoke-device' &&
  // defence: others-are-revoked-by-right
  authority?.member === action.member

const isEnd = ({ action: { t } }: Node): boolean => t === 'revoke-device' || t === 'remove-member'

/** Whether it bears on what others may do. */
const decides = ({ action: { t } }: Node): boolean =>
  t === 'genesis' ||
  t === 'admit-member' ||
  t === 'set-role' ||
  t === 'remove-member' ||
  t === 'rebind-member' ||
  t === 'revoke-device'

/** Higher rank first: nothing is settled before that which could end it, but for what a member does to itself. */
const byRight = (a: Node, b: Node): number =>
  // defence: settled-by-rank
  byAuthor(a, b) || inOrder(a, b)

/**
 * Whether `one`, which did not know of `node`, leaves its author without the right to it. If `node` knew of it and was entitled
 * all the same, then `one` did not count there, and does now: who is out by it must not go on from there for ever.
 */
function restricts(one: Node, node: Node): boolean {
  const { grant, role, needs } = node.authority!
  if (one === node || one.ancestors.has(node.n) || grant.ancestors.has(one.n)) return false
  const { action } = one
  if (action.t === 'set-role' && (levelOf(action.role) >= levelOf(role) || levelOf(action.role) >= needs))
    return false
  // Of a grant that it did not know, it is about only if its author has as much to say as who gave it.
  return (
    one.ancestors.has(grant.n) ||
    // defence: role-unknown-to-who-removes
    byAuthor(one, grant) <= 0
  )
}

/** Those on which no other of them builds. */
function latest(nodes: readonly Node[]): Node[] {
  const covered = new EntrySet()
  // What builds on another is deeper than that.
  return [...nodes]
    .sort((a, b) => inOrder(b, a))
    .filter(({ n, ancestors }) => {
      if (covered.has(n)) return false
      covered.addAll(ancestors)
      return true
    })
}

/**
 * Of what was said about a member by authors who did not know of each other: the most restricting, unless somebody of higher
 * rank has given more.
 */
function decisive(acts: readonly Node[]): Node {
  const [top] = acts.filter(gives).sort(
    (a, b) =>
      // defence: higher-rank-gives
      byAuthor(a, b) ||
      // defence: lower-of-two-roles
      level(a) - level(b) ||
      compareIds(a.id, b.id),
  )
  const limits = acts.filter(
    (act) =>
      !gives(act) &&
      // defence: higher-rank-decides
      (!top || byAuthor(act, top) <= 0),
  )
  const [limit] = limits.sort((a, b) => level(a) - level(b) || byAuthor(a, b) || compareIds(a.id, b.id))
  return limit ?? top!
}

const gives = ({ action, authority }: Node): boolean =>
  action.t === 'set-role' ? levelOf(action.role) > levelOf(authority!.from!) : action.t !== 'remove-member'

/** Negative if the author of `a` outranks that of `b`. Neither is genesis: on that, everything builds. */
const byAuthor = (a: Node, b: Node): number => compareRanks(b.authority!.rank, a.authority!.rank)

/** Undefined for who is out. */
function roleBy({ action }: Node): Role | undefined {
  if (action.t === 'genesis') return 'owner'
  return action.t === 'admit-member' || action.t === 'set-role' ? action.role : undefined
}
const level = (node: Node): number => {
  const role = roleBy(node)
  return role ? levelOf(role) : -1
}

function admittedBy({ action }: Node): { member: IdentityId; devices: readonly DeviceId[] } | undefined {
  if (action.t === 'genesis' || action.t === 'admit-member') return action
  return action.t === 'admit-device' ? { member: action.member, devices: [action.device] } : undefined
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

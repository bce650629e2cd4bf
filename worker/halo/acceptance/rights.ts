/** By what right a device writes, by the log that it knew; and what is left of that by another, later or greater, log. */
import type { DeviceId, IdentityId } from '../../protocol/ids.js'
import { writes, type Action, type LogEntryId } from '../membership/actions.js'
import type { MembershipLog } from '../membership/log.js'
import type { State } from '../membership/state.js'
import type { EntryId } from './header.js'
import type { Fault } from './verdict.js'

/** A device's time as one that may write: from one admission of it, and by one role of its member. One object for each. */
export interface Stay {
  readonly device: DeviceId
  /** As its admission has it: it may be another identity by now. */
  readonly member: IdentityId
  readonly admission: LogEntryId
  readonly grant: LogEntryId
}

/** What a log says against entries of one stay. */
export interface Limits {
  /** Entries that end it, and the last of its feed that whoever made each had accepted. All count: the lowest wins. */
  readonly cuts: readonly { readonly by: LogEntryId; readonly hash: EntryId | null }[]
  /** It has ended, and no cut accounts for it: it was given by somebody whose right to give it fell. */
  readonly lapsed: boolean
}

/** Log heads that entries name: one object for all entries that name the same. */
export interface Knowledge {
  /** Tells it from others here. */
  readonly n: number
  readonly heads: readonly LogEntryId[]
  readonly stays: Map<DeviceId, Stay | Fault>
  readonly limits: Map<Stay, Limits>
}

export class Rights {
  private readonly knowledge = new Map<string, Knowledge>()
  private readonly stays = new Map<string, Stay>()
  /** By the whole log. */
  private readonly now = new Map<Stay, Limits>()

  constructor(private readonly log: MembershipLog) {}

  /** @param heads all are in the log */
  knowledgeOf(heads: readonly LogEntryId[]): Knowledge {
    // Nearly always there is one.
    const key = heads.length === 1 ? heads[0]! : heads.join()
    const known = this.knowledge.get(key)
    if (known) return known
    const fresh = { n: this.knowledge.size, heads, stays: new Map(), limits: new Map() }
    this.knowledge.set(key, fresh)
    return fresh
  }

  /** Whether who knew `more` knew all that who knew `less` did. */
  covers(more: Knowledge, less: Knowledge): boolean {
    return more === less || less.heads.every((id) => this.log.includes(more.heads, id))
  }

  /** The right of a device by what it knew: the state at its heads decides, and nothing that came later. */
  stayOf(device: DeviceId, { heads, stays }: Knowledge): Stay | Fault {
    const known = stays.get(device)
    if (known) return known
    const stay = this.stayIn(this.log.stateAt(heads), device)
    stays.set(device, stay)
    return stay
  }

  /** By the whole log. */
  limitsNow(stay: Stay): Limits {
    const known = this.now.get(stay)
    if (known) return known
    const limits = this.limitsIn(this.log.state(), stay)
    this.now.set(stay, limits)
    return limits
  }

  /** By what somebody knew who knew of the stay. */
  limitsBy({ heads, limits }: Knowledge, stay: Stay): Limits {
    const known = limits.get(stay)
    if (known) return known
    const fresh = this.limitsIn(this.log.stateAt(heads), stay)
    limits.set(stay, fresh)
    return fresh
  }

  /** The log has grown. @returns stays of which it says something else than before */
  follow(): Set<Stay> {
    const changed = new Set<Stay>()
    const state = this.log.state()
    for (const [stay, before] of this.now) {
      const limits = this.limitsIn(state, stay)
      if (isSame(before, limits)) continue
      this.now.set(stay, limits)
      changed.add(stay)
    }
    return changed
  }

  /** Of all stays that something was asked about, the cuts that count now. */
  *cuts(): Generator<{ readonly device: DeviceId; readonly hash: EntryId | null }> {
    for (const [{ device }, { cuts }] of this.now) for (const { hash } of cuts) yield { device, hash }
  }

  private stayIn(state: State, device: DeviceId): Stay | Fault {
    const own = state.devices.get(device)
    if (!own) return 'no-member'
    const { role, grant } = state.members.get(own.member)!
    if (!writes(role)) return 'reader'
    const key = `${device} ${own.admission.id} ${grant.id}`
    const { member } = own.admission.action as Extract<Action, { readonly member: IdentityId }>
    const stay = this.stays.get(key) ?? { device, member, admission: own.admission.id, grant: grant.id }
    this.stays.set(key, stay)
    return stay
  }

  private limitsIn(state: State, stay: Stay): Limits {
    // What the stay builds on came before it: it has ended another one.
    const builtOn = [stay.admission, stay.grant]
    const cuts = (state.cuts.get(stay.device) ?? [])
      .filter(({ by }) => !this.log.includes(builtOn, by))
      .map(({ by, cut }) => ({ by, hash: cut.hash as EntryId | null }))
    return { cuts, lapsed: !mayWrite(state, stay.device) && !isAccountedFor(state, stay, cuts) }
  }
}

function mayWrite({ devices, members }: State, device: DeviceId): boolean {
  const own = devices.get(device)
  return own !== undefined && writes(members.get(own.member)!.role)
}

/**
 * Whether a stay was one, and has ended by what has a cut: then what is within the cut is kept. A device that was never
 * rightly in must not get there by a cut that it makes itself, by revoking itself or by leaving.
 */
function isAccountedFor(state: State, { member, admission, grant }: Stay, cuts: Limits['cuts']): boolean {
  if (cuts.length === 0 || state.void.has(admission) || state.void.has(grant)) return false
  const now = state.members.get(state.rebound.get(member) ?? member)
  return !now || writes(now.role) || cuts.some(({ by }) => by === now.grant.id)
}

const isSame = (a: Limits, b: Limits): boolean =>
  a.lapsed === b.lapsed &&
  a.cuts.length === b.cuts.length &&
  a.cuts.every(({ by, hash }, i) => by === b.cuts[i]!.by && hash === b.cuts[i]!.hash)

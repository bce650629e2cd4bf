/**
 * What docs/protocol/acceptance.md says, written down once more in the plainest way: everything is worked out anew from the
 * log and all entries, and nothing is shared with `worker/halo/acceptance`.
 */
import type { IdentityId } from '../../../worker/protocol/ids.js'
import type { EntryHeader, EntryId } from '../../../worker/halo/acceptance/header.js'
import { levelOf, type Action, type LogEntryId, type Role } from '../../../worker/halo/membership/actions.js'
import type { MembershipLog } from '../../../worker/halo/membership/log.js'
import type { State } from '../../../worker/halo/membership/state.js'

/** An entry's code, by its id: `accepted`, `waiting`, or why it is in quarantine. */
export type Codes = ReadonlyMap<EntryId, string>

const mayWrite = (role: Role): boolean => levelOf(role) >= levelOf('editor')

export function codesOf(log: MembershipLog, headers: readonly EntryHeader[]): Codes {
  return new Oracle(log, headers).codes()
}

class Oracle {
  private readonly byId: ReadonlyMap<EntryId, EntryHeader>
  private readonly ready = new Set<EntryHeader>()
  private readonly now: State

  constructor(
    private readonly log: MembershipLog,
    private readonly headers: readonly EntryHeader[],
  ) {
    this.byId = new Map(headers.map((header) => [header.id, header]))
    this.now = log.state()
    for (let size = -1; size !== this.ready.size;) {
      size = this.ready.size
      for (const one of headers)
        if (one.heads.every((id) => log.has(id)) && named(one).every((id) => this.isReady(id)))
          this.ready.add(one)
    }
  }

  codes(): Codes {
    const accepted = new Set<EntryHeader>()
    for (const one of this.ready)
      if (this.isSound(one)) for (const each of [one, ...this.past(one)]) accepted.add(each)
    return new Map(
      this.headers.map((one) => [one.id, accepted.has(one) ? 'accepted' : this.whyNot(one)] as const),
    )
  }

  private whyNot(one: EntryHeader): string {
    if (!this.ready.has(one)) return 'waiting'
    const fault = this.faultOf(one)
    if (fault) return fault
    if (this.past(one).some((below) => this.faultOf(below)) && !this.endsOf(one).length) return 'dependency'
    const [end] = this.endsOf(one)
    return end === undefined ? 'dependency' : end === 'lapsed' || end === 'forked' ? end : 'cut'
  }

  private isReady(id: EntryId): boolean {
    const one = this.byId.get(id)
    return one !== undefined && this.ready.has(one)
  }

  /** All that it builds on. */
  private past(one: EntryHeader): EntryHeader[] {
    const found = new Set<EntryHeader>()
    const visit = (each: EntryHeader): void => {
      for (const id of named(each)) {
        const below = this.byId.get(id)!
        if (found.has(below)) continue
        found.add(below)
        visit(below)
      }
    }
    visit(one)
    return [...found]
  }

  private faultOf(one: EntryHeader): string | undefined {
    const below = named(one).map((id) => this.byId.get(id)!)
    if (one.prev) {
      const before = this.byId.get(one.prev)!
      if (before.feed !== one.feed || before.seq !== one.seq - 1) return 'broken-chain'
    }
    if (one.deps.some((id) => this.byId.get(id)!.feed === one.feed)) return 'broken-chain'
    for (const { heads } of below)
      if (!heads.every((id) => this.log.includes(one.heads, id))) return 'older-heads'
    const state = this.log.stateAt(one.heads)
    const device = state.devices.get(one.feed)
    if (!device) return 'no-member'
    return mayWrite(state.members.get(device.member)!.role) ? undefined : 'reader'
  }

  private isSound(one: EntryHeader): boolean {
    const past = this.past(one)
    if ([one, ...past].some((each) => this.faultOf(each)) || this.endsOf(one).length > 0) return false
    const memo = new Map<EntryHeader, boolean>([[one, true]])
    const counts = (below: EntryHeader): boolean => {
      const known = memo.get(below)
      if (known !== undefined) return known
      const above = [one, ...past].filter((each) => each !== below && this.past(each).includes(below))
      const answer = this.endsOf(below).every((end) =>
        above.some((each) => this.excuses(each, below, end) && counts(each)),
      )
      memo.set(below, answer)
      return answer
    }
    return past.every(counts)
  }

  private excuses(above: EntryHeader, below: EntryHeader, end: string): boolean {
    if (above.feed === below.feed) {
      const [one, other] = [this.right(above), this.right(below)]
      const isAnother = one.admission !== other.admission || one.grant !== other.grant
      return end === 'lapsed' ? isAnother : !this.endsOf(above).includes(end)
    }
    return end === 'forked' || !this.endsIn(this.log.stateAt(above.heads), below).includes(end)
  }

  private endsOf(one: EntryHeader): string[] {
    if (this.faultOf(one)) return []
    const ends = this.endsIn(this.now, one)
    const cuts = this.cutsFor(this.now, one)
    const chosen = cuts.length > 0 && ends.every((end) => end === 'lapsed')
    return one.seq >= this.forkedAt(one.feed) && !chosen ? [...ends, 'forked'] : ends
  }

  private endsIn(state: State, one: EntryHeader): string[] {
    const cuts = this.cutsFor(state, one)
    const ends: string[] = cuts.filter(({ cut }) => !this.isKept(one, cut.hash)).map(({ by }) => by)
    const { member, admission, grant } = this.right(one)
    const device = state.devices.get(one.feed)
    if (device && mayWrite(state.members.get(device.member)!.role)) return ends
    const standing = state.members.get(state.rebound.get(member) ?? member)
    const accounted =
      cuts.length > 0 &&
      !state.void.has(admission) &&
      !state.void.has(grant) &&
      (!standing || mayWrite(standing.role) || cuts.some(({ by }) => by === standing.grant.id))
    return accounted ? ends : [...ends, 'lapsed']
  }

  private right(one: EntryHeader) {
    const { devices, members } = this.log.stateAt(one.heads)
    const { member, admission } = devices.get(one.feed)!
    const named = (admission.action as Extract<Action, { readonly member: IdentityId }>).member
    return { member: named, admission: admission.id, grant: members.get(member)!.grant.id }
  }

  private cutsFor(state: State, one: EntryHeader) {
    const { admission, grant } = this.right(one)
    const isBefore = (by: LogEntryId): boolean => this.log.includes([admission, grant], by)
    return (state.cuts.get(one.feed) ?? []).filter(({ by }) => !isBefore(by))
  }

  private isKept(one: EntryHeader, hash: string | null): boolean {
    let kept = hash === null ? undefined : this.byId.get(hash as EntryId)
    while (kept && kept.feed === one.feed) {
      if (kept === one) return true
      const before: EntryHeader | undefined = kept.prev === null ? undefined : this.byId.get(kept.prev)
      kept = before && before.seq === kept.seq - 1 ? before : undefined
    }
    return false
  }

  private forkedAt(feed: string): number {
    const claims = new Map<number, Set<EntryId>>()
    const claim = (seq: number, id: EntryId): void => {
      claims.set(seq, (claims.get(seq) ?? new Set()).add(id))
    }
    for (const one of this.headers) {
      if (one.feed !== feed) continue
      claim(one.seq, one.id)
      if (one.prev) claim(one.seq - 1, one.prev)
    }
    return Math.min(...[...claims].filter(([, ids]) => ids.size > 1).map(([seq]) => seq), Infinity)
  }
}

const named = ({ prev, deps }: EntryHeader): readonly EntryId[] => (prev ? [prev, ...deps] : deps)

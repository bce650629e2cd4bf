/**
 * Writes entries of membership logs as devices would, honest ones and others. Nothing is signed here: what is judged is
 * who may do what. Ids are hashes of what is written, so that the same entry has the same id wherever it is written.
 */
import { createHash } from 'node:crypto'
import type { DeviceId, IdentityId } from '../../../worker/protocol/ids.js'
import type { Action, Cut, LogEntry, LogEntryId, Role } from '../../../worker/halo/membership/actions.js'
import { MembershipLog } from '../../../worker/halo/membership/log.js'

export const identity = (name: string) => name as IdentityId
/** `alice/2` is a device of alice's. */
export const device = (name: string) => name as DeviceId
export const ownerOf = (name: DeviceId | string) => identity(name.split('/')[0]!)
export const first = (member: string) => device(`${member}/1`)
/** The key of a member's recovery words. */
export const words = (member: string) => device(`${member}/words`)

export class Scribe {
  readonly genesis: LogEntry
  readonly entries: LogEntry[]
  private readonly log: MembershipLog

  /** @param salt makes ids, and so what is decided by them, others */
  constructor(
    owner: string,
    private readonly salt = '',
    kind: 'identity' | 'space' = 'space',
  ) {
    const member = identity(owner)
    const action: Action = { t: 'genesis', kind, member, devices: [first(owner)], recovery: words(owner) }
    this.genesis = this.entry(first(owner), [], action)
    this.entries = [this.genesis]
    this.log = new MembershipLog(this.genesis)
  }

  /** An entry on top of others, or of all that there are. */
  write(author: string, action: Action, on?: readonly LogEntry[]): LogEntry {
    const parents = on ? on.map(({ id }) => id) : this.log.heads
    const entry = this.entry(device(author), parents, action)
    // Written twice, it is the same one.
    if (!this.log.has(entry.id)) this.entries.push(entry)
    this.log.add(entry)
    return entry
  }

  /** One that goes on from these entries, which are its own and more. */
  copy(entries: readonly LogEntry[]): Scribe {
    const scribe: Scribe = Object.create(Scribe.prototype)
    return Object.assign(scribe, {
      ...{ genesis: this.genesis, salt: this.salt, entries: [...entries], log: this.read(entries) },
    })
  }

  /** A log that has all entries; or these, in their order. */
  read(entries?: readonly LogEntry[]): MembershipLog {
    if (!entries) return this.log
    const log = new MembershipLog(this.genesis)
    for (const entry of entries.slice(1)) log.add(entry)
    return log
  }

  private entry(author: DeviceId, parents: readonly LogEntryId[], action: Action): LogEntry {
    const sorted = [...parents].sort()
    const id = createHash('sha256')
      .update(JSON.stringify([this.salt, author, sorted, action]))
      .digest('base64url')
    return { id: id as LogEntryId, parents: sorted, author, action }
  }
}

export const admit = (member: string, role: Role, devices = [first(member)]): Action => ({
  ...{ t: 'admit-member', member: identity(member), role, devices, recovery: words(member) },
})
export const setRole = (member: string, role: Role, cuts?: readonly Cut[]): Action => ({
  ...{ t: 'set-role', member: identity(member), role, ...(cuts && { cuts }) },
})
export const remove = (member: string, cuts: readonly Cut[] = [cutOf(first(member))]): Action => ({
  ...{ t: 'remove-member', member: identity(member), cuts },
})
export const addDevice = (name: string): Action => ({
  ...{ t: 'admit-device', member: ownerOf(name), device: device(name) },
})
export const revoke = (name: string, cut: Cut = cutOf(device(name))): Action => ({
  ...{ t: 'revoke-device', member: ownerOf(name), cut },
})
/** A member goes on as another identity: `ed` as `ed+`. */
export const rebind = (member: string, to = `${member}+`): Action => ({
  ...{ t: 'rebind-member', member: identity(member), to: identity(to), recovery: words(to) },
})
export const rotate: Action = { t: 'rotate-epoch' }
export const profile: Action = { t: 'profile' }
export const rename: Action = { t: 'rename' }
export const reseal: Action = { t: 'reseal' }
export const deletion: Action = { t: 'delete' }
export const invite = (role: Role): Action => ({ t: 'invitation', role })

export const cutOf = (device: DeviceId): Cut => ({ device, seq: 0, hash: null, heads: [] })

/** A state as text: what two replicas must agree on. */
export function tell(log: MembershipLog): string {
  const { members, devices, cuts, epochs, named, deleted, void: nothing } = log.state()
  const line = (list: Iterable<string>) => [...list].sort().join(' ')
  return [
    line([...members.values()].map(({ member, role, grant }) => `${member}:${role}:${grant.id.slice(0, 6)}`)),
    line([...devices].map(([device, { member }]) => `${device}@${member}`)),
    line([...cuts].flatMap(([device, all]) => all.map(({ by }) => `${device}-${by.slice(0, 6)}`))),
    line(epochs),
    `${named} ${deleted}`,
    line(nothing),
  ].join('\n')
}

export const rolesIn = (log: MembershipLog): Record<string, Role> =>
  Object.fromEntries([...log.state().members.values()].map(({ member, role }) => [member, role]).sort())
export const devicesIn = (log: MembershipLog): string[] => [...log.state().devices.keys()].sort()

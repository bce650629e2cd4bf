/**
 * People and their devices write a membership log together, on what each has heard of by then; some lie about what they
 * have heard, and some write what they have no right to. Whoever has heard everything must see the same, in whatever order
 * it came, and who is out must not come back by writing under old parents.
 */
import assert from 'node:assert/strict'
import {
  ROLES,
  type Action,
  type LogEntry,
  type LogEntryId,
} from '../../../worker/halo/membership/actions.js'
import type { DeviceId } from '../../../worker/protocol/ids.js'
import type { Random } from '../../e2e/random.js'
import {
  addDevice,
  admit,
  deletion,
  device,
  first,
  invite,
  ownerOf,
  profile,
  rebind,
  remove,
  rename,
  reseal,
  revoke,
  rotate,
  Scribe,
  setRole,
  tell,
  words,
} from './scribe.js'

const PEOPLE = ['olga', 'adam', 'anna', 'ed', 'rita', 'mallory']
const DEVICES = 3
/** Orders in which everything is read again at the end. */
const ORDERS = 3

export function membership(random: Random): void {
  const kind = random.next() < 0.15 ? 'identity' : 'space'
  const scribe = new Scribe('olga', String(random.seed), kind)
  for (let n = random.between(6, 30); n > 0; n--) step(scribe, random, kind)
  const all = scribe.entries
  const seen = tell(scribe.read(all))
  for (let n = 0; n < ORDERS; n++)
    assert.equal(tell(scribe.read(inAnyOrder(all, random))), seen, 'another order, another state')
  rolesAreGiven(scribe)
  nobodyComesBack(scribe, random)
  nobodyGetsMore(scribe, random)
}

/** Somebody writes something, on whatever they admit to know. */
function step(scribe: Scribe, random: Random, kind: 'space' | 'identity'): void {
  const mayRecover = random.next() < (kind === 'identity' ? 0.1 : 0.03)
  const author = mayRecover ? words(kind === 'identity' ? 'olga' : random.pick(PEOPLE)) : anyDevice(random)
  const known = random.next() < 0.4 ? undefined : anyParents(scribe.entries, random)
  scribe.write(author, anyAction(random, ownerOf(author)), known)
}

const anyDevice = (random: Random): string => `${random.pick(PEOPLE)}/${random.between(1, DEVICES)}`

function anyAction(random: Random, author: string): Action {
  const person = as(random, random.pick(PEOPLE))
  const role = random.pick(ROLES)
  switch (random.between(0, 13)) {
    case 0:
    case 1:
    case 2:
      return admit(person, role, [first(person)])
    case 3:
      return addDevice(`${random.next() < 0.8 ? author : person}/${random.between(1, DEVICES)}`)
    case 4:
    case 5:
      return setRole(person, role)
    case 6:
    case 7:
      return remove(person)
    case 8:
      return revoke(`${random.next() < 0.5 ? author : person}/${random.between(1, DEVICES)}`)
    case 9:
      return rotate
    case 10:
      return invite(role)
    case 12:
      return rebind(as(random, author), as(random, author))
    case 11:
      return random.pick([rename, reseal, deletion])
    default:
      return profile
  }
}

/** A person has two identities, and may have gone from the one to the other. */
const as = (random: Random, person: string): string => (random.next() < 0.15 ? `${person}+` : person)

/** A few entries, none of which another of them builds on: the later ones more likely than the earlier ones. */
function anyParents(entries: readonly LogEntry[], random: Random): LogEntry[] {
  const picked = new Set<LogEntry>()
  for (let n = random.between(1, 3); n > 0; n--)
    picked.add(entries[Math.floor(Math.sqrt(random.next()) * entries.length)]!)
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const below = new Set<LogEntryId>()
  const visit = (id: LogEntryId): void => {
    if (below.has(id)) return
    below.add(id)
    byId.get(id)!.parents.forEach(visit)
  }
  for (const { parents } of picked) parents.forEach(visit)
  return [...picked].filter(({ id }) => !below.has(id))
}

/** Genesis first, and every entry after its parents. */
function inAnyOrder([genesis, ...rest]: readonly LogEntry[], random: Random): LogEntry[] {
  const order = [genesis!]
  const there = new Set([genesis!.id])
  const waiting = [...rest]
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parents }) => parents.every((id) => there.has(id)))
    const next = random.pick(ready)
    waiting.splice(waiting.indexOf(next), 1)
    there.add(next.id)
    order.push(next)
  }
  return order
}

/** Every role is by genesis, or by an entry that stands, and nobody has a device that is somebody else's. */
function rolesAreGiven(scribe: Scribe): void {
  const state = scribe.read().state()
  for (const { grant, member } of state.members.values())
    assert.equal(state.void.has(grant.id), false, `${member} has a role that nobody gave`)
  for (const [name, { member }] of state.devices) {
    assert.equal(personOf(ownerOf(name)), personOf(member), 'a device of somebody else’s')
    assert.ok(state.members.has(member), 'a device of nobody')
  }
}

/** Who and what is in, and under which keys. */
function inside(scribe: Scribe, entries: readonly LogEntry[]): string {
  const { members, devices, epochs } = scribe.read(entries).state()
  return JSON.stringify([
    [...members.values()].map(({ member, role }) => [member, role]),
    [...devices].map(([name, { member }]) => [name, member]).sort(),
    epochs,
  ])
}

/** What a device that is out writes on anything but its own end changes nothing. */
function nobodyComesBack(scribe: Scribe, random: Random): void {
  const { entries } = scribe
  const log = scribe.read()
  const state = log.state()
  const before = inside(scribe, entries)
  for (const [name, ends] of state.cuts) {
    const person = personOf(ownerOf(name))
    if (state.devices.has(name)) continue
    const isIn = [...state.members.keys()].some((member) => personOf(member) === person)
    const isOwnDoing = isIn || ends.every(({ by }) => personOf(ownerOf(find(entries, by).author)) === person)
    // Or aware of ends that did not count there.
    const unaware = entries.filter(
      ({ id }) => ends.every(({ by }) => !log.includes([id], by)) || log.stateAt([id]).devices.has(name),
    )
    const parents = anyParents(unaware, random)
    const action = anyAction(random, person)
    // A stolen device may still take away others of its owner: recovery is for that. And who has left may say that it was
    // sooner, or end the device that said so: it can only take from what they did themselves.
    const isOwnEnd =
      /^(revoke|remove|set)/.test(action.t) && 'member' in action && personOf(action.member) === person
    if (isOwnDoing && isOwnEnd) continue
    const forged = forge(name, parents, action)
    assert.equal(
      inside(scribe, [...entries, forged]),
      before,
      `${name} is out, and did ${JSON.stringify(action)}`,
    )
  }
}

/** Whoever has heard of everything can do what the role allows, and give nobody more than that. */
function nobodyGetsMore(scribe: Scribe, random: Random): void {
  const { entries } = scribe
  const log = scribe.read()
  const { members, devices } = log.state()
  for (const [name, { member }] of devices) {
    const own = members.get(member)!
    const action = anyAction(random, member)
    const after = scribe
      .read([
        ...entries,
        forge(
          name,
          log.heads.map((id) => find(entries, id)),
          action,
        ),
      ])
      .state()
    for (const [person, { role }] of after.members) {
      const was = members.get(person)?.role
      if (role === was) continue
      assert.ok(ROLES.indexOf(role) <= ROLES.indexOf(own.role), `${member} made ${person} ${role}`)
      assert.ok(
        was === undefined || personOf(person) === personOf(member) || /owner|admin/.test(own.role),
        `${member} changed ${person}`,
      )
    }
    for (const person of members.keys())
      if (!after.members.has(person))
        assert.ok(
          personOf(person) === personOf(member) || /owner|admin/.test(own.role),
          `${member} removed ${person}`,
        )
  }
}

const personOf = (member: string): string => member.replace('+', '')

const find = (entries: readonly LogEntry[], id: LogEntryId): LogEntry =>
  entries.find((entry) => entry.id === id)!

/** As if it had been there: with an id of its own, and no place in the scribe's book. */
function forge(author: DeviceId, parents: readonly LogEntry[], action: Action): LogEntry {
  const scribe = new Scribe('nobody', `${author} ${parents.map(({ id }) => id).join()}`)
  const { id } = scribe.write(author, action)
  return { id, author: device(author), parents: parents.map((parent) => parent.id).sort(), action }
}

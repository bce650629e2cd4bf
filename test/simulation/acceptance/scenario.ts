/**
 * People on their devices write a membership log and feeds, and tell each other parts of both, in any order. Olga, Adam,
 * Anna and Ed are honest; Mallory, Eve and Trudy know everything that anybody has written and write whatever they like, on
 * whatever they like. Whoever has everything must say the same of every entry; who is out, and whom nobody in good standing helps,
 * must not get one more entry accepted; and what is honest is lost only if its author was removed, and then visibly.
 */
import assert from 'node:assert/strict'
import type { EntryHeader, EntryId } from '../../../worker/halo/acceptance/header.js'
import {
  ROLES,
  writes,
  type Action,
  type Cut,
  type LogEntry,
  type LogEntryId,
} from '../../../worker/halo/membership/actions.js'
import type { Random } from '../../e2e/random.js'
import {
  addDevice,
  admit,
  device,
  first,
  identity,
  ownerOf,
  profile,
  remove,
  revoke,
  Scribe,
  setRole,
} from '../membership/scribe.js'
import { altered, header } from './author.js'
import { Replica } from './replica.js'

const HONEST = ['olga', 'adam', 'anna', 'ed']
const LIARS = ['mallory', 'eve', 'trudy']
const PEOPLE = [...HONEST, ...LIARS]
const DEVICES = 2
/** Orders in which everything is read again at the end. */
const ORDERS = 2

export function acceptance(random: Random): void {
  const world = new World(random)
  for (let n = random.between(15, 60); n > 0; n--) world.step()
  world.tellEverybody()
  world.everyOrderSaysTheSame()
  world.honestWorkIsKept()
  world.nobodyGetsIn()
}

class World {
  private readonly scribe: Scribe
  private readonly replicas: Replica[] = []
  private readonly headers: EntryHeader[] = []
  private readonly byEntry = new Map<LogEntryId, LogEntry>()
  /** By the entry of an honest one that ends somebody's writing: what it had accepted of theirs. */
  private readonly vouched = new Map<LogEntryId, EntryId[]>()
  private written = 0

  constructor(private readonly random: Random) {
    this.scribe = new Scribe('olga', String(random.seed))
    const { genesis } = this.scribe
    const begin = [
      ...[admit('adam', 'admin'), admit('anna', 'admin'), admit('ed', 'editor')],
      ...[admit('mallory', random.pick(['editor', 'admin'])), admit('eve', 'editor')],
    ]
    const entries = [genesis, ...begin.map((action) => this.scribe.write(first('olga'), action))]
    // Trudy is not in, if nobody lets her in.
    for (const liar of ['mallory', 'eve'])
      entries.push(this.scribe.write(first(liar), addDevice(`${liar}/2`)))
    for (const entry of entries) this.byEntry.set(entry.id, entry)
    for (const person of PEOPLE)
      for (let n = 1; n <= DEVICES; n++) {
        const replica = new Replica(`${person}/${n}`, genesis)
        for (const entry of entries) replica.hear(entry)
        this.replicas.push(replica)
      }
  }

  step(): void {
    const { random } = this
    const replica = random.pick(this.replicas)
    const isHonest = HONEST.includes(ownerOf(replica.name))
    const chance = random.next()
    if (chance < 0.4) this.exchange(random.pick(this.replicas), replica)
    else if (chance < 0.8) {
      if (!isHonest) this.put(this.lie(replica.name))
      else if (replica.mayWrite) this.put(replica.write(String(this.written)))
    } else if (isHonest) this.decree(replica)
    else
      this.writeLog(
        replica.name,
        this.anyAction(replica.name, (name) => this.anyCut(name)),
        this.anyPast(replica.name),
      )
    replica.check()
  }

  /** Part of what one has, to another, in any order. */
  private exchange(from: Replica, to: Replica): void {
    const { random } = this
    const isLiar = LIARS.includes(ownerOf(from.name))
    const log = isLiar ? this.scribe.entries : this.scribe.entries.filter(({ id }) => from.log.has(id))
    const headers = isLiar ? this.headers : [...from.headers.values()]
    const mixed: (LogEntry | EntryHeader)[] = [
      ...log.filter(() => random.next() < 0.7),
      ...shuffled(headers, random).filter(() => random.next() < 0.7),
    ]
    for (const one of random.next() < 0.5 ? mixed : mixed.reverse()) this.give(to, one)
  }

  /** An entry of the log comes with all that it builds on. */
  private give(to: Replica, one: LogEntry | EntryHeader): void {
    if (!('action' in one)) return to.receive(one)
    for (const id of one.parents) if (!to.log.has(id)) this.give(to, this.byEntry.get(id)!)
    to.hear(one)
    // What is asked in between must not change what comes of it.
    if (this.random.next() < 0.3) to.update()
  }

  private put(entry: EntryHeader): void {
    this.written++
    if (!this.headers.some(({ id }) => id === entry.id)) this.headers.push(entry)
  }

  private writeLog(author: string, action: Action, on: readonly LogEntry[]): LogEntry {
    const entry = this.scribe.write(author, action, on)
    this.byEntry.set(entry.id, entry)
    return entry
  }

  /** Something for the log by an honest one, on all that it has heard, with cuts at what it has accepted. */
  private decree(replica: Replica): void {
    replica.update()
    const { members } = replica.log.state()
    const out = PEOPLE.filter((person) => !members.has(identity(person)))
    // Most who are out would never come back by chance.
    const action =
      out.length > 0 && this.random.next() < 0.4
        ? admit(this.random.pick(out), 'editor')
        : this.anyAction(
            replica.name,
            (name) => replica.acceptance.cutOf(device(name)),
            (member) => replica.cutsOf(member),
          )
    const entry = this.writeLog(
      replica.name,
      action,
      replica.log.heads.map((id) => this.byEntry.get(id)!),
    )
    const ended = endedBy(action)
    const own = [...replica.applied].filter((id) => ended.includes(replica.headers.get(id)!.feed))
    const honest = [...replica.applied].filter((id) =>
      HONEST.includes(ownerOf(replica.headers.get(id)!.feed)),
    )
    replica.hear(entry)
    replica.update()
    for (const id of honest)
      assert.equal(replica.applied.has(id), true, `${action.t} took from who made it what it had accepted`)
    this.vouched.set(entry.id, own)
  }

  private anyAction(
    author: string,
    cutOf: (name: string) => Cut,
    cutsOf?: (member: string) => Cut[],
  ): Action {
    const { random } = this
    const person = random.pick(PEOPLE)
    const cuts = (): Cut[] => cutsOf?.(person) ?? [1, 2].map((n) => cutOf(`${person}/${n}`))
    const one = `${random.next() < 0.5 ? ownerOf(author) : person}/${random.between(1, DEVICES)}`
    switch (random.between(0, 9)) {
      case 0:
      case 1:
        // Who lies, and can, lets somebody in.
        if (!cutsOf && random.next() < 0.5) return admit('trudy', 'editor')
        return admit(person, random.pick(ROLES), [device(`${person}/${random.between(1, DEVICES)}`)])
      case 2:
      case 3:
        return addDevice(`${ownerOf(author)}/${random.between(1, DEVICES)}`)
      case 4: {
        const role = random.pick(ROLES)
        return setRole(person, role, writes(role) ? [] : cuts())
      }
      case 5:
        return setRole(person, 'reader', cuts())
      case 6:
      case 7:
        return remove(person, cuts())
      case 8:
        return revoke(one, cutOf(one))
      default:
        return profile
    }
  }

  /** At any entry of the feed, or of another one. */
  private anyCut(name: string): Cut {
    const { random } = this
    const own = this.headers.filter(({ feed }) => feed === name || random.next() < 0.05)
    if (own.length === 0 || random.next() < 0.1)
      return { device: device(name), seq: 0, hash: null, heads: [] }
    const { id, seq, heads } = random.pick(own)
    return { device: device(name), seq, hash: id, heads }
  }

  /** A few entries of the log, none of which another of them builds on; more likely such as let the author do something. */
  private anyPast(author: string): LogEntry[] {
    const { random } = this
    const log = this.scribe.read()
    if (random.next() < 0.3) return log.heads.map((id) => this.byEntry.get(id)!)
    const able = this.scribe.entries.filter(({ id }) => log.stateAt([id]).devices.has(device(author)))
    const from = able.length > 0 && random.next() < 0.97 ? able : this.scribe.entries
    const picked = new Set([random.pick(from), random.pick(from)].slice(0, random.between(1, 2)))
    return [...picked].filter(({ id }) =>
      [...picked].every((other) => other.id === id || !log.includes([other.id], id)),
    )
  }

  /** An entry on any log, after any other of the feed, on any others: equivocating, going back, and building on nothing. */
  private lie(name: string): EntryHeader {
    const { random, headers } = this
    const own = headers.filter(({ feed }) => feed === name)
    const last = own.reduce((a, b) => (b.seq > a.seq ? b : a), own[0]!)
    const before = random.next() < 0.8 ? last : random.pick([undefined, ...own])
    // More likely one that could count: what its parents know, and perhaps no more.
    const others = headers.filter(({ feed }) => feed !== name)
    const deps = shuffled(others, random).slice(0, random.between(0, 2))
    const log = this.scribe.read()
    const needed = [...new Set([before, ...deps].flatMap((one) => one?.heads ?? []))]
    const heads = random.next() < 0.5 ? this.anyPast(name).map(({ id }) => id) : []
    const all = [...new Set([...(random.next() < 0.8 ? needed : []), ...heads])]
    const top = all.filter((id) => !all.some((other) => other !== id && log.includes([other], id)))
    const entry = header(
      name,
      before,
      top.length ? top : this.anyPast(name).map(({ id }) => id),
      deps,
      `lie ${this.written}`,
    )
    const chance = random.next()
    if (chance < 0.02) return altered(entry, { seq: entry.seq + 1, prev: entry.prev ?? entry.id })
    if (chance < 0.04)
      return altered(entry, {
        deps: [...new Set([...entry.deps, ...own.slice(0, 1).map(({ id }) => id)])].sort(),
      })
    if (chance < 0.05) return altered(entry, { deps: [entry.id] })
    return entry
  }

  tellEverybody(): void {
    for (const replica of this.replicas) {
      const everything = shuffled<LogEntry | EntryHeader>(
        [...this.scribe.entries, ...this.headers],
        this.random,
      )
      for (const one of everything) this.give(replica, one)
    }
    const [one, ...others] = this.replicas
    one!.check()
    const said = one!.tell()
    for (const other of others) {
      other.update()
      assert.equal(other.tell(), said, `${other.name} says something else than ${one!.name}`)
    }
  }

  everyOrderSaysTheSame(): void {
    const said = this.replicas[0]!.tell()
    for (let n = 0; n < ORDERS; n++) {
      const fresh = new Replica('nobody/1', this.scribe.genesis)
      for (const one of shuffled<LogEntry | EntryHeader>(
        [...this.scribe.entries, ...this.headers],
        this.random,
      )) {
        this.give(fresh, one)
        if (this.random.next() < 0.1) fresh.update()
      }
      assert.equal(fresh.tell(), said, 'another order, another verdict')
    }
  }

  /** An honest entry that nothing has ended counts; and no honest remover loses what it had accepted by its own cut. */
  honestWorkIsKept(liars: readonly string[] = []): void {
    const [{ acceptance }] = this.replicas as [Replica]
    for (const { id, feed, seq } of this.headers) {
      if (!HONEST.includes(ownerOf(feed)) || liars.includes(feed)) continue
      const verdict = acceptance.verdictOf(id)!
      if (verdict.t === 'accepted') continue
      const code = verdict.t === 'quarantined' ? verdict.reason.code : verdict.t
      assert.match(code, /^(beyond-cut|cut-unknown|lapsed)$/, `${feed}#${seq} is honest`)
    }
    for (const [by, ids] of this.vouched)
      for (const id of ids) {
        const verdict = acceptance.verdictOf(id)!
        const { feed } = this.headers.find((one) => one.id === id)!
        if (verdict.t !== 'quarantined' || !HONEST.includes(ownerOf(feed)) || liars.includes(feed)) continue
        const { reason } = verdict
        assert.notEqual('by' in reason && reason.by, by, 'lost by the cut of somebody who had accepted it')
      }
  }

  /** Those who may not write go on, on any log and on each other: nothing more is accepted, and nothing honest less. */
  nobodyGetsIn(): void {
    const [replica] = this.replicas as [Replica]
    const before = new Set(replica.applied)
    const { devices, members } = replica.log.state()
    const mayWrite = (name: string): boolean => {
      const own = devices.get(device(name))
      return own !== undefined && writes(members.get(own.member)!.role)
    }
    const out = this.replicas.map(({ name }) => name).filter((name) => !mayWrite(name))
    if (out.length === 0) return
    let hasEnded = false
    for (let n = 0; n < 6; n++) {
      const name = this.random.pick(out)
      const entry = this.lie(name)
      this.put(entry)
      replica.receive(entry)
      // Ends of its own, with cuts as high as it likes. (Those who have removed others would take that back by it.)
      const isGuest = this.scribe.entries.every(
        ({ author, action }) => ownerOf(author) !== ownerOf(name) || /device/.test(action.t),
      )
      if (!isGuest || this.random.next() < 0.5) continue
      const cut = { device: entry.feed, seq: entry.seq, hash: entry.id, heads: entry.heads }
      const person = ownerOf(name)
      // It may take from what else it has let in, and so from what only that answers for.
      hasEnded = true
      const end = this.random.pick([
        revoke(name, cut),
        remove(person, [cut]),
        setRole(person, 'reader', [cut]),
      ])
      this.give(replica, this.writeLog(name, end, this.anyPast(name)))
    }
    const puppets = out.map((name) => this.sendPuppet(name, replica))
    replica.check()
    const now = replica.log.state()
    for (const id of replica.applied) {
      // Whoever was let in by two admins at once, and leaves by the word of one, is in by the word of the other.
      const own = now.devices.get(replica.headers.get(id)!.feed)
      const isBack: boolean = hasEnded && !!own && writes(now.members.get(own.member)!.role)
      assert.equal(before.has(id) || isBack, true, 'accepted from who is out')
    }
    for (const id of before) {
      const { feed } = replica.headers.get(id)!
      if (!out.includes(feed) && !hasEnded)
        assert.equal(replica.applied.has(id), true, 'lost by what somebody did who is out')
    }
    this.honestWorkIsKept([...out, ...puppets])
  }

  /** Lets a device or somebody in where it still could, who writes, and says itself how far that counts. */
  private sendPuppet(name: string, replica: Replica): string {
    const log = this.scribe.read()
    const asMember = this.random.next() < 0.5
    const able = this.scribe.entries.filter(({ id }) => {
      const { devices, members } = log.stateAt([id])
      const own = devices.get(device(name))
      return own && (!asMember || /admin|owner/.test(members.get(own.member)!.role))
    })
    const puppet = asMember ? first(`ghost of ${name.replace('/', '-')}`) : `${ownerOf(name)}/ghost`
    if (able.length === 0) return puppet
    const action = asMember ? admit(ownerOf(puppet), 'editor') : addDevice(puppet)
    const admission = this.writeLog(name, action, [this.random.pick(able)])
    const entry = header(puppet, undefined, [admission.id])
    this.put(entry)
    this.give(replica, admission)
    this.give(replica, entry)
    const cut = { device: entry.feed, seq: entry.seq, hash: entry.id, heads: entry.heads }
    this.give(replica, this.writeLog(puppet, revoke(puppet, cut), [admission]))
    return puppet
  }
}

/** The devices that an action names with a cut. */
function endedBy(action: Action): readonly string[] {
  if (action.t === 'revoke-device') return [action.cut.device]
  return action.t === 'remove-member' || action.t === 'set-role'
    ? (action.cuts ?? []).map(({ device }) => device)
    : []
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list]
  const order: T[] = []
  while (rest.length > 0) order.push(...rest.splice(random.between(0, rest.length - 1), 1))
  return order
}

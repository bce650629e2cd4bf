/**
 * Several people with several devices share a space over two KUBEs: they come in by invitations over this very network, write, get
 * other roles, are removed, lose power and connections, behind walls and relays that lose, repeat, swap, spoil and replay what they
 * carry. When nothing goes wrong any more, all who are in have the same in bounded time, and know it.
 */
import assert from 'node:assert/strict'
import { HearthError, toHearthError } from '../../../worker/protocol/errors.js'
import type { IdentityId, ObjectId, SpaceId } from '../../../worker/protocol/ids.js'
import type { Role } from '../../../worker/protocol/facts.js'
import type { StoredRecord } from '../../../worker/protocol/values.js'
import type { Random } from '../../e2e/random.js'
import { randomId, randomOp } from '../script.js'
import { calm } from './chaos.js'
import type { MeshDevice } from './device.js'
import { holdsDurably } from './holds.js'
import { HEALED_MS, Village } from './village.js'

export const STEPS = 60
const TEN_YEARS = 10 * 365.25 * 24 * 3600_000
const LONGEST_PAUSE_MS = 4_000
/** Of invited people, how many try to come in a step: where there are checkpoints, there is a past by then. */
const COMING = 0.15
const COMING_LATE = 0.05
/** What a person is told who follows an invitation over a bad network, and then tries again. */
const MAY_TRY_AGAIN: readonly string[] = [
  // A spoilt first frame is of a version that nobody speaks.
  ...[
    'mesh/closed',
    'mesh/version',
    'mesh/timeout',
    'mesh/handshake',
    'mesh/offline',
    'mesh/malformed',
    'mesh/refused',
  ],
  ...['mesh/cancelled', 'halo/host-away', 'halo/invite-used', 'halo/invite-dead', 'halo/invite-forged'],
]

/** What an admin is told who is one no more meanwhile. */
const MAY_BE_TOLD: readonly string[] = ['halo/not-allowed', 'echo/not-a-writer', 'echo/unknown-space']

const first: StoredRecord = { notes: { '@text': 'some words' }, list: ['a', 'b'], count: 0, title: 'plain' }

/** Few enough for there to be several in a world. */
const CHECKPOINTS = { after: 8, offered: 4 }

/** What there is in a world, beside people. */
export interface Telling {
  /** They have tabs that hold direct links. */
  readonly isDirect?: boolean
  /** KUBEs keep spaces. */
  readonly keeps?: boolean
  /** Checkpoints are made. */
  readonly checkpoints?: boolean
}

interface Guest {
  readonly device: MeshDevice
  /** Into whose identity; undefined: into the space. */
  readonly of: MeshDevice | undefined
  readonly role: Role
  isIn: boolean
  isComing: boolean
}

export class Story {
  readonly village: Village
  space!: SpaceId
  owner!: MeshDevice
  readonly guests: Guest[] = []
  /** Objects whose tab was told that they are durable, and by whom. */
  readonly kept = new Map<ObjectId, MeshDevice>()
  protected readonly made = new Map<ObjectId, MeshDevice>()
  /** By the rules, what these have written may not count: also by a device that joined one of them when that was not known there. */
  readonly restricted = new Set<IdentityId>()
  removed: MeshDevice | undefined
  /** What the removed one has written since, behind a wall. */
  readonly late = new Set<ObjectId>()
  isHealed = false
  /** From which step on entries need not be kept for which a checkpoint stands: never, in many worlds. */
  private readonly dropping: number
  private readonly coming: number
  private readonly longestPause: number
  private steps = 0

  constructor(
    readonly random: Random,
    readonly what: Telling,
  ) {
    const { keeps, checkpoints } = what
    this.village = new Village(random, undefined, keeps, checkpoints ? CHECKPOINTS : undefined)
    this.coming = checkpoints ? COMING_LATE : COMING
    // None is made while people write.
    this.longestPause = checkpoints ? 2 * LONGEST_PAUSE_MS : LONGEST_PAUSE_MS
    this.dropping = checkpoints ? random.between(0, 2 * STEPS) : Infinity
  }

  get in(): MeshDevice[] {
    return [this.owner, ...this.guests.filter(({ isIn }) => isIn).map(({ device }) => device)]
  }

  async begin(most: number): Promise<void> {
    const { village, random } = this
    const skew = () => random.pick([0, 0, TEN_YEARS, -TEN_YEARS])
    this.owner = await village.person('olga', skew())
    this.space = (await village.world.done(this.owner.planes.halo.createSpace('Kitchen'))).id
    const seats = random.between(2, most)
    const heads: MeshDevice[] = [this.owner]
    for (let n = 1; n <= seats; n++) {
      const of = random.next() < 0.3 ? random.pick(heads) : undefined
      const device = await village.person(of ? `${of.name}-${n}` : `guest-${n}`, skew())
      if (!of) heads.push(device)
      const role = random.pick<Role>(['editor', 'editor', 'admin', 'reader'])
      this.guests.push({ device, of, role, isIn: false, isComing: false })
    }
  }

  /** Somebody who is not in yet follows an invitation; it may take several. */
  come(guest: Guest): void {
    if (guest.isIn || guest.isComing) return
    guest.isComing = true
    const { device, of, role } = guest
    const host = of ?? this.owner
    if (!host.isOn || !device.isOn || (of && of !== this.owner && !this.hasCome(of))) {
      guest.isComing = false
      return
    }
    void this.followed(host, device, of ? null : this.space, role)
      .then(
        () => (guest.isIn = true),
        (e: unknown) => {
          const { code } = toHearthError(e, 'mesh/closed')
          if (!(e instanceof HearthError) || !MAY_TRY_AGAIN.includes(code)) this.village.world.faults.push(e)
        },
      )
      .finally(() => (guest.isComing = false))
  }

  private hasCome(device: MeshDevice): boolean {
    return this.guests.some((guest) => guest.device === device && guest.isIn)
  }

  /** Lives may end meanwhile, and with them what was under way. */
  private async followed(host: MeshDevice, device: MeshDevice, space: SpaceId | null, role: Role) {
    const { world } = this.village
    let isOver = false
    const lives = [host.lives, device.lives]
    const ended = new Promise<never>((_, reject) => {
      const look = () => {
        if (isOver) return
        if (host.lives !== lives[0] || device.lives !== lives[1]) reject(new HearthError('mesh/closed'))
        else world.later(look, 50)
      }
      look()
    })
    const work = (async () => {
      const { invitations } = await host.network()
      const kube = this.random.pick(this.village.kubes).address
      const { link, code } = await invitations.make({
        ...{ space, role, uses: 1, expiresMs: 24 * 3600_000, code: this.random.next() < 0.5, kube },
      })
      await device.follow(link, code ?? undefined)
    })()
    work.catch(() => undefined)
    try {
      await Promise.race([work, ended])
    } catch (e) {
      // The answer may be all that was lost.
      if (device.isOn && device.planes.halo.get(this.space)?.role) return
      throw e
    } finally {
      isOver = true
    }
  }

  write(device: MeshDevice): void {
    const { random, village } = this
    if (!device.isOn || !device.planes.halo.get(this.space)) return
    if (random.next() < 0.3 || device.objects.size === 0) {
      const id = randomId(random)
      device.add(this.space, id, first)
      this.made.set(id, device)
      if (device === this.removed) this.late.add(id)
      for (const other of village.devices) if (other !== device) other.look(id)
    } else device.tab.edit(random.pick([...device.objects]), (view) => randomOp(random, view))
  }

  /** What a tab has been told is durable has to be somewhere in the end. */
  note(): void {
    for (const [id, device] of this.made)
      if (device.isOn && device.tab.writes.unsaved === 0 && device.tab.get(id)?.current) {
        this.made.delete(id)
        if (device.planes.echo.record(id)) this.kept.set(id, device)
      }
  }

  lost(device: MeshDevice): void {
    this.note()
    for (const [id, by] of this.made) if (by === device) this.made.delete(id)
  }

  /** It may never say that something is elsewhere which is not. */
  ask(device: MeshDevice): void {
    const { space, village } = this
    const before = device.planes.echo.exchange.positions(space).get(device.id) ?? 0
    void (async () => {
      const { networking } = await device.network()
      await networking.synced(space, 10_000)
      // What a cut has taken out meanwhile is waited for no more.
      const waited = Math.min(before, device.planes.echo.exchange.counted(space))
      if (!(await this.isElsewhere(device, waited)))
        village.world.faults.push(new Error(`${device.name} is told that ${waited} entries are elsewhere`))
    })().catch((e: unknown) => {
      const { code } = toHearthError(e, 'mesh/closed')
      if (!['mesh/timeout', 'echo/unknown-space'].includes(code)) village.world.faults.push(e)
    })
  }

  /** Whether the power could go everywhere, and somebody else would still have what this device has written, up to this entry. */
  protected async isElsewhere({ id, disk }: MeshDevice, seq: number): Promise<boolean> {
    const others = this.village.devices.filter((other) => other.id !== id)
    const has = await Promise.all(others.map((other) => holdsDurably(disk, other.disk, this.space, id, seq)))
    return has.includes(true)
  }

  async step(removal: boolean): Promise<void> {
    const { random, village } = this
    const { world, chaos, kubes, devices } = village
    for (const guest of this.guests) if (random.next() < this.coming) this.come(guest)
    const on = devices.filter(({ isOn }) => isOn)
    for (let n = random.between(0, 3); n > 0 && on.length > 0; n--) this.write(random.pick(on))
    if (removal) await this.remove()
    if (this.steps++ >= this.dropping) this.drop()
    if (this.what.isDirect)
      for (let n = random.between(1, 3); n > 0 && on.length > 0; n--) this.turn(random.pick(on))
    const roll = random.next()
    const device = random.pick(devices)
    if (roll < 0.06) {
      if (device.isOn) {
        this.lost(device)
        device.crash(random.next() < 0.5)
      }
    } else if (roll < 0.3) {
      if (!device.isOn) await device.start()
    } else if (roll < 0.4) device.cut(random.pick(['both', 'device', 'kube'] as const))
    else if (roll < 0.45) {
      const kube = random.pick(kubes)
      if (kube.isUp) kube.down(random.pick(['both', 'kube'] as const))
      else kube.up()
    } else if (roll < 0.5) kubes.forEach((kube) => kube.up())
    else if (roll < 0.55) this.part(on.filter(() => random.next() < 0.4).map(({ name }) => name))
    else if (roll < 0.6) this.part([])
    else if (roll < 0.7) {
      const bad = random.next() < 0.5 ? 0 : random.next()
      Object.assign(chaos, { lost: 0.3 * bad, twice: 0.1 * bad, late: 0.1 * bad, spoilt: 0.05 * bad })
      Object.assign(chaos, { replayed: 0.1 * bad, delayMs: random.between(1, 300) })
    } else if (roll < 0.76) this.demote()
    else if (roll < 0.86 && device.isOn && device.planes.halo.get(this.space)) this.ask(device)
    await world.pass(random.between(0, random.next() < 0.1 ? 10 * this.longestPause : this.longestPause))
    this.note()
    // As a worker that ends, and is started again by its tabs.
    for (const one of devices) if (one.isOn && one.isOver) await one.again()
  }

  /** A tab of the device that can hold direct links comes, goes, stands still or is put away. */
  private turn(device: MeshDevice): void {
    const { random } = this
    const roll = random.next()
    const { hosts } = device
    if (!device.isOn) return
    if (hosts.length === 0 || roll < 0.3) {
      if (hosts.length < 3) device.openHost()
      return
    }
    const host = random.pick(hosts)
    if (roll < 0.5) {
      hosts.splice(hosts.indexOf(host), 1)
      host.close(random.next() < 0.7)
    } else if (roll < 0.7) host.hang()
    else host.say(random.pick(['shown', 'hidden', 'away'] as const))
  }

  /** Who was removed stays alone until all is well. */
  private part(names: readonly string[]): void {
    this.village.chaos.walls = new Set(this.removed ? [this.removed.name] : names)
  }

  private demote(): void {
    const { halo } = this.owner.planes
    if (!this.owner.isOn) return
    const members = halo.get(this.space)!.members.filter(({ id }) => id !== halo.identity.id)
    if (members.length === 0) return
    const { id } = this.random.pick(members)
    const role = this.random.pick<Role>(['editor', 'admin', 'reader'])
    if (role === 'reader') this.restricted.add(id)
    void halo.setRole(this.space, id, role).catch((e: unknown) => {
      if (toHearthError(e, 'mesh/closed').code !== 'halo/unknown-member') this.village.world.faults.push(e)
    })
  }

  /** An admin says that the past need not be kept, whoever else has said so. */
  private drop(): void {
    const { village, space } = this
    const admins = village.devices.filter(
      ({ isOn, planes }) => isOn && planes.halo.get(space)?.isAdmin(planes.halo.device),
    )
    if (admins.length === 0) return
    const { planes } = this.random.pick(admins)
    void planes.history.keep(space, false).catch((e: unknown) => {
      // By the time that it writes, it may be no admin any more.
      const { code } = toHearthError(e, 'store/unavailable')
      if (!MAY_BE_TOLD.includes(code)) village.world.faults.push(e)
    })
  }

  private async remove(): Promise<void> {
    const { halo } = this.owner.planes
    if (!this.owner.isOn) return
    const alone = this.guests.find(
      ({ device, of, isIn }) =>
        isIn && !of && device.isOn && !this.guests.some((other) => other.of === device),
    )
    if (!alone || !halo.get(this.space)!.log.state.members.has(alone.device.identity)) return
    this.removed = alone.device
    this.part([])
    await this.village.world.done(halo.removeMember(this.space, alone.device.identity))
  }

  async heal(): Promise<void> {
    const { village, guests } = this
    const { world, chaos, kubes, devices } = village
    Object.assign(chaos, calm())
    this.part([])
    for (const kube of kubes) kube.up()
    for (const device of devices) if (!device.isOn) await device.start()
    // All who are invited come, whatever happened on the way.
    const isFull = () => guests.every((guest) => guest.isIn || guest.device === this.removed)
    const end = world.time + 4 * HEALED_MS
    while (!isFull() && world.time < end) {
      for (const guest of guests) if (guest.device !== this.removed) this.come(guest)
      await world.pass(2_000)
    }
    const outside = guests.filter(({ isIn }) => !isIn).map(({ device }) => device.name)
    assert.ok(isFull(), `they are not in: ${outside.join(', ')}`)
    const members = this.in.filter((device) => device !== this.removed)
    await village.agree(this.space, members)
    if (this.what.isDirect) await this.allDirect(members)
    for (const id of this.late)
      assert.equal(this.owner.value(id), undefined, 'who was removed does not count')
    chaos.walls = new Set()
    this.note()
    await village.agree(this.space, members)
    await this.check(members)
    // What is on the disks is what was shown.
    for (const device of members) await device.again()
    await village.agree(this.space, members)
    await this.check(members)
    if (this.what.checkpoints) await this.lateComer(members)
  }

  /** Whoever was never there has the same, by a checkpoint if there is one. */
  private async lateComer(members: readonly MeshDevice[]): Promise<void> {
    const { village, owner, space } = this
    const guest = await village.person('late')
    for (const id of owner.objects) guest.look(id)
    await village.letIn(owner, guest, { space })
    await village.agree(space, [...members, guest])
    await guest.again()
    await village.agree(space, [...members, guest])
    guest.stop()
    village.devices.splice(village.devices.indexOf(guest), 1)
  }

  /** Once each has a tab, and two that have failed again and again have tried once more. */
  private async allDirect(members: readonly MeshDevice[]): Promise<void> {
    const { world, air } = this.village
    for (const { hosts } of members) for (const host of hosts) host.say('shown')
    for (const device of members) device.openHost()
    const isDirect = () => members.every(({ status }) => status.links!.every(({ kind }) => kind === 'direct'))
    assert.ok(await world.until(isDirect, HEALED_MS), 'all links are direct')
    assert.ok(air.links > 0)
    for (const device of members) this.write(device)
    await this.village.agree(this.space, members)
  }

  protected async check(members: readonly MeshDevice[]): Promise<void> {
    const { world } = this.village
    for (const [id, by] of this.kept)
      if (!this.restricted.has(by.identity) && by !== this.removed)
        for (const device of members)
          assert.ok(device.value(id), `${device.name} has what ${by.name} was told is durable`)
    for (const id of this.late)
      for (const device of members)
        assert.equal(device.value(id), undefined, 'who was removed does not count')
    const { removed } = this
    if (removed) {
      const isTold = () => removed.planes.halo.get(this.space)?.role === undefined
      assert.ok(await world.until(isTold, HEALED_MS), 'who was removed is told')
    }
  }
}

/**
 * @param most devices beside the owner's first
 * @returns a digest of every message between devices and KUBEs
 */
export const mesh = (random: Random, most = 11): Promise<string> => told(new Story(random, {}), most)

/**
 * The same, with tabs that hold direct links, and come and go: when nothing goes wrong any more, all links are direct.
 * @returns as `mesh`
 */
export const meshDirect = (random: Random, most = 7): Promise<string> =>
  told(new Story(random, { isDirect: true }), most)

/**
 * The same, with checkpoints: in about half of the worlds entries go for which they stand.
 * @returns as `mesh`
 */
export const meshCheckpoints = (random: Random, most = 5): Promise<string> =>
  told(new Story(random, { checkpoints: true }), most)

/** @returns as `mesh` */
export async function told(story: Story, most: number): Promise<string> {
  const { random } = story
  await using village = story.village
  await story.begin(most)
  const removal = random.between(0, 2 * STEPS)
  for (let step = 0; step < STEPS; step++) await story.step(step === removal)
  await story.heal()
  await village.world.pass(1_000)
  return village.world.digest
}

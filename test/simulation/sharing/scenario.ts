/**
 * Three devices and a removed one write in one space, each through a tab, over a network that loses and spoils what it
 * carries; power fails, walls come and go, clocks are ten years off; in every third life of this world a profile is copied, and both
 * copies are used. Whoever has met everybody shows the same.
 */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { ObjectId, SpaceId } from '../../../worker/protocol/ids.js'
import type { StoredRecord } from '../../../worker/protocol/values.js'
import type { Random } from '../../e2e/random.js'
import { automerge } from '../device.js'
import { Network } from '../network.js'
import { documentsOf } from '../oracle.js'
import { admit, Device, give, meet, tell } from '../people-and-feeds.js'
import { randomId, randomOp } from '../script.js'
import { SimulatedTab } from '../tab.js'

const STEPS = 80
/** Entries after which whoever may makes a checkpoint. */
const CHECKPOINT_AFTER = 20
const SEATS = 4
const TEN_YEARS = 10 * 365.25 * 24 * 3600_000
/** Longest wait for what a tab has written, or hears, in turns of a few milliseconds. */
const TURNS = 2_000

const first: StoredRecord = { notes: { '@text': 'some words' }, list: ['a', 'b'], count: 0, title: 'plain' }

class Seat {
  tab: SimulatedTab

  constructor(
    readonly device: Device,
    private readonly random: Random,
    private readonly objects: ReadonlySet<ObjectId>,
  ) {
    this.tab = this.sit()
  }

  /** The power was gone: what was not durable is lost with the tab. */
  async again(): Promise<void> {
    this.tab.close()
    await this.device.again()
    this.tab = this.sit()
  }

  /** Another one on a copy of its profile. */
  async copy(): Promise<Seat> {
    return new Seat(await this.device.copy(), this.random, this.objects)
  }

  /** If its device has become another one: as a tab does whose worker ends. */
  async comesBack(): Promise<boolean> {
    if (!this.device.life.echo.twins.isHeld) return false
    this.tab.close()
    await this.device.comesBack()
    this.tab = this.sit()
    return true
  }

  /** What it has written is durable or refused, and it shows what its device has. */
  async quiet(): Promise<void> {
    const { tab, device } = this
    const has = () => [...this.objects].filter((id) => device.echo.record(id))
    const shows = (id: ObjectId) => isDeepStrictEqual(tab.get(id)?.view, device.echo.record(id)!.value)
    const isQuiet = () => tab.writes.unsaved === 0 && has().every(shows)
    for (let turn = 0; turn < TURNS && !isQuiet(); turn++) {
      // What has come since it asked, it asks for again.
      if (turn % 100 === 0) for (const id of has()) if (!tab.get(id)?.current) tab.load(id)
      await pause(2)
    }
    assert.equal(tab.writes.unsaved, 0, 'nothing is unsaved')
    for (const id of has()) assert.deepEqual(tab.get(id)?.view, device.echo.record(id)!.value)
    await device.echo.settled()
  }

  private sit(): SimulatedTab {
    const tab = new SimulatedTab(this.device.life.planes, this.random)
    for (const id of this.objects) tab.load(id)
    return tab
  }
}

export async function sharing(random: Random): Promise<void> {
  await automerge()
  const objects = new Set<ObjectId>()
  const seats: Seat[] = []
  try {
    for (const skew of [0, TEN_YEARS, -TEN_YEARS, 0]) {
      const setting = { skew, checkpointAfter: CHECKPOINT_AFTER }
      seats.push(new Seat(await Device.fresh(random.between(1, 2 ** 30), setting), random, objects))
    }
    const [olga, ...guests] = seats.map(({ device }) => device) as [Device, Device, Device, Device]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    for (const guest of guests) await admit(olga, space, guest, 'editor')
    await meet(space, ...seats.map(({ device }) => device))
    await live(space, seats, objects, random)
    await agree(space, seats, objects)
  } finally {
    for (const { tab, device } of seats) {
      tab.close()
      device.life.stop()
    }
  }
}

/** Anything happens, in any order. The last of them is removed on the way, and may not hear of it. */
async function live(space: SpaceId, seats: Seat[], objects: Set<ObjectId>, random: Random): Promise<void> {
  const network = new Network(space, random)
  const [olga] = seats as [Seat]
  const removed = seats.at(-1)!.device.halo.identity.id
  const removal = random.between(0, 2 * STEPS)
  const copying = random.between(0, 3 * STEPS)
  // Of a device that exists twice, entries that are gone are missed (docs/protocol/checkpoints.md, "What it does not do").
  const dropping = copying < STEPS ? Infinity : random.between(0, 2 * STEPS)
  for (let step = 0; step < STEPS; step++) {
    if (step === copying) seats.push(await random.pick(seats).copy())
    const seat = random.pick(seats)
    await seat.comesBack()
    const { device, tab } = seat
    if (step === dropping) await olga.device.life.planes.history.keep(space, false)
    if (step === removal) await olga.device.halo.removeMember(space, removed)
    const roll = random.next()
    if (roll < 0.12 || objects.size === 0) {
      const id = randomId(random)
      objects.add(id)
      tab.add(space, id, first)
      // Others ask for it now, and are told when it is there.
      for (const other of seats) if (other !== seat) other.tab.load(id)
    } else if (roll < 0.65) tab.edit(random.pick([...objects]), (view) => randomOp(random, view))
    else if (roll < 0.85) await network.ask(device, random.pick(seats.filter((one) => one !== seat)).device)
    else if (roll < 0.88) network.part(...seats.filter(() => random.next() < 0.5).map((one) => one.device))
    else if (roll < 0.92) await device.echo.drain()
    else if (roll < 0.96) await pause(random.between(0, 5))
    else await seat.again()
    await network.carry(random.between(0, 3))
  }
}

/** Those who are still in have met, over a network that loses nothing. */
async function agree(space: SpaceId, seats: readonly Seat[], objects: ReadonlySet<ObjectId>): Promise<void> {
  const devices = seats.map(({ device }) => device)
  for (let changed = true, round = 0; changed; round++) {
    assert.equal(round < 10, true, 'it comes to an end')
    changed = false
    for (const seat of seats) changed = (await seat.comesBack()) || changed
    for (const seat of seats) await seat.quiet()
    await meet(space, ...devices)
    await meet(space, ...devices)
    changed ||= seats.some((seat) => seat.device.life.echo.twins.isHeld)
  }
  const members = seats.filter(({ device: { halo } }) => halo.get(space)?.role)
  const [olga] = devices as [Device]
  const values = (device: Device) => [...objects].map((id) => device.echo.record(id)?.value)
  const shown = values(olga)
  const isCopied = seats.length > SEATS
  for (const seat of members) {
    const { device } = seat
    // Where both copies have written to an object, and others on top of both, some of it is left out, and said to be.
    if (!isCopied) assert.deepEqual(device.echo.damage, [])
    // An object may go under what is written to it: its maker was removed, or did not get it onto the disk.
    for (const code of seat.tab.refused) assert.equal(code, 'echo/lost-base')
    assert.deepEqual(values(device), shown)
    // Of entries that only a checkpoint stands for, the oracle knows nothing.
    const isWhole = !device.echo.checkpoints.of(space)?.standsAlone
    const documents = isCopied || !isWhole ? undefined : await documentsOf(device.disk)
    for (const [i, id] of [...objects].entries())
      if (documents) assert.deepEqual(documents.get(id)?.value, shown[i])
    await seat.quiet()
  }
  await comesIn(space, seats, objects, shown)
  // What pages, journals and entries bring back is what was shown.
  for (const seat of members) {
    await seat.again()
    assert.deepEqual(values(seat.device), shown)
  }
}

/** Somebody who was never there, by a checkpoint if there is one. */
async function comesIn(
  space: SpaceId,
  [olga]: readonly Seat[],
  objects: ReadonlySet<ObjectId>,
  shown: readonly (StoredRecord | undefined)[],
): Promise<void> {
  const guest = await Device.fresh(1)
  try {
    await admit(olga!.device, space, guest, 'reader')
    if (olga!.device.echo.checkpoints.of(space)) await give(space, olga!.device, guest)
    await tell(space, olga!.device, guest)
    for (let life = 0; life < 2; life++) {
      const values = [...objects].map((id) => guest.echo.record(id)?.value)
      assert.deepEqual(values, shown, 'who comes in shows the same')
      await guest.echo.exchange.durable()
      await guest.again()
    }
  } finally {
    guest.life.stop()
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

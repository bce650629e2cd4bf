/** What a member tries that asks for much and takes nothing: what is kept for it, and what is done for it, is bounded. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Replicating } from '../../worker/mesh/replicating.js'
import type { Appended, Holding, Replica } from '../../worker/mesh/platform.js'
import type { Session } from '../../worker/mesh/session.js'
import { toBase64Url, type DeviceId, type SpaceId } from '../../worker/protocol/ids.js'
import { LANE_WINDOW, type Lane, type Message } from '../../worker/protocol/wire.js'
import { turns, until } from './mallory/clock.js'
import { two } from './mallory/line.js'
import { World } from './mallory/world.js'

const ref = new Uint8Array(32).fill(9)
const idOf = (n: number) => toBase64Url(Uint8Array.from({ length: 32 }, (_, i) => (i < 4 ? n >> (8 * i) : 7)))

/** A space of so many feeds, whose log is of half a megabyte. */
function space(feeds = 2, named: () => Uint8Array[] = () => []): Replica & { asked: number } {
  const log = Array.from({ length: 10 }, () => new Uint8Array(50_000))
  const positions = new Map(Array.from({ length: feeds }, (_, n) => [idOf(n) as DeviceId, 1]))
  const holdings = new Map(
    [...positions].map(([id, seq]): [DeviceId, Holding] => [id, { seq, head: idOf(1) }]),
  )
  const replica = {
    counted: positions,
    ...{ space: 'x' as SpaceId, ref, meetings: [], isIn: () => true, heads: [idOf(99)], positions, asked: 0 },
    isOfMembers: () => false,
    farewell: () => [],
    logSince: (heads: readonly string[]) => (heads.length > 0 ? [] : log),
    takeLog: async () => undefined,
    holdings: async () => holdings,
    durable: async () => undefined,
    async *lackedBy() {
      yield [new Uint8Array(100_000)]
    },
    wanted: async () => [],
    named: async () => {
      replica.asked++
      return named()
    },
    receive: async () => undefined,
    ...{ wish: 'gaps' as const, checkpoint: undefined, floors: new Map() },
    ...{ piece: async () => undefined, begin: async () => undefined },
  }
  return replica
}

/** What Alice has waiting for Bob, in bytes. */
const waiting = (session: Session, lane: Lane) =>
  (session as unknown as { outbox: { queues: Record<Lane, { bytes: Uint8Array }[]> } }).outbox.queues[
    lane
  ].reduce((sum, { bytes }) => sum + bytes.length, 0)

/** Alice shares a space with Bob, who takes what comes, or nothing at all. */
async function sharing(replica: Replica, takes: boolean) {
  const both = await two(true)
  const { alice, bob, clock } = both
  for (const end of both.ends) end.room = 1 << 30
  const heard: Message[] = []
  bob.listen((message) => {
    heard.push(message)
    return takes ? undefined : new Promise(() => undefined)
  })
  const replicating = new Replicating(clock, alice, replica, { held: () => undefined })
  alice.listen((message) => replicating.take(message as never))
  await until('there', () => heard.length > 0)
  const of = (name: Message[0]) => heard.filter(([t]) => t === name).length
  const stop = () => {
    replicating.end()
    both[Symbol.dispose]()
  }
  return { ...both, heard, of, replicating, [Symbol.dispose]: stop }
}

describe('who asks and does not take', () => {
  it('for a log, has one kept for it', async () => {
    using all = await sharing(space(), false)
    const { alice, bob } = all
    for (let n = 0; n < 300; n++) await bob.send(['have', ref, [], [], null, 'gaps'])
    await until('asked', () => waiting(alice, 'control') > 0)
    await turns(100)
    assert.ok(waiting(alice, 'control') <= LANE_WINDOW.control, `${waiting(alice, 'control')} bytes`)
  })
  it('for what is there, has that kept once', async () => {
    using all = await sharing(space(4_000), false)
    const { alice, bob, clock } = all
    for (let n = 0; n < 30; n++) {
      await bob.send(['lack', ref])
      await turns(3)
      await clock.pass(600, 600)
    }
    assert.ok(waiting(alice, 'control') <= LANE_WINDOW.control, `${waiting(alice, 'control')} bytes`)
  })
  it('for entries by name, has one answer kept for it', async () => {
    const replica = space(2, () => Array.from({ length: 14 }, () => new Uint8Array(1 << 20)))
    using all = await sharing(replica, false)
    const { bob } = all
    for (let n = 0; n < 200; n++) await bob.send(['want', ref, [idOf(n)]])
    await turns(700)
    assert.ok(replica.asked > 0 && replica.asked <= 2, `${replica.asked} answered`)
  })
  it('has what is written meanwhile kept in the store', async () => {
    using all = await sharing(space(), false)
    const { alice, bob, replicating } = all
    await bob.send(['have', ref, [idOf(99)], [[idOf(0), 1, null, []]], null, 'gaps'])
    await turns(50)
    for (let seq = 2; seq < 300; seq++) {
      const one: Appended = { feed: idOf(0) as DeviceId, seq, id: idOf(seq), bytes: new Uint8Array(100_000) }
      replicating.appended([one], true)
      if (seq % 20 === 0) await turns(2)
    }
    await turns(100)
    assert.ok(waiting(alice, 'bulk') <= 1 << 20, `${waiting(alice, 'bulk')} bytes`)
  })
})

describe('who asks again and again', () => {
  it('for all of a log, is given it now and then', async () => {
    using all = await sharing(space(), true)
    const { bob, of } = all
    for (let n = 0; n < 100; n++) {
      await bob.send(['lack', ref])
      await turns(3)
    }
    // Two messages are half a megabyte.
    assert.ok(of('log') >= 2 && of('log') <= 8, `${of('log')} messages of log`)
  })
  it('for entries by name, is given each once, and no more than some megabytes at a time', async () => {
    using world = new World()
    const { people, space: id } = await world.sharing([])
    const [alice] = people
    for (let n = 0; n < 70; n++) await alice!.write(id, `${n}`)
    const { exchange } = alice!.echo
    const names = [...(await exchange.holdings(id)).values()].map(({ head }) => head!)
    const all: string[] = []
    for (const bytes of await exchange.entriesOf(id, alice!.halo.device)) all.push(await idOfEntry(bytes))
    assert.deepEqual(names, [all.at(-1)])
    const given = await exchange.entriesNamed(id, [...all].reverse())
    assert.ok(given.length <= all.length, `${given.length} of ${all.length}`)
    for (let n = 0; n < 6; n++) {
      const random = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('hex')
      await alice!.write(id, random.repeat(1) + Buffer.from(await noise(1_400_000)).toString('base64'))
    }
    const [last] = [...(await exchange.holdings(id)).values()].map(({ head }) => head!)
    const large = await exchange.entriesNamed(id, [last!])
    const bytes = large.reduce((sum, { length }) => sum + length, 0)
    assert.ok(bytes > 3 << 20 && bytes < 8 << 20, `${bytes} bytes`)
  })
})

async function idOfEntry(bytes: Uint8Array): Promise<string> {
  const { readEntry } = await import('../../worker/echo/entry.js')
  const sha256 = async (b: Uint8Array) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', b as BufferSource))
  return toBase64Url((await readEntry(bytes, sha256)).id)
}

/** Bytes that no compression makes fewer. */
async function noise(length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

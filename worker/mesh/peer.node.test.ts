/** A device and another one, which says what the test says: what comes while something else is being taken is not lost. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { HearthError } from '../protocol/errors.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'
import { MESSAGE_BYTES, type Message } from '../protocol/wire.js'
import { Peer } from './peer.js'
import type { Appended, Holding, Replica, Replicas } from './platform.js'
import type { Carrier } from './direct/carrier.js'

const ref = new Uint8Array(32).fill(9)
const own = 'own' as DeviceId
const theirs = 'theirs' as DeviceId
const bytes = (n: number) => new Uint8Array([n])

/** What the disk takes its time for. */
function slow() {
  let done = () => undefined as void
  const promise = new Promise<void>((resolve) => (done = resolve))
  return { promise, done }
}

/** A space with this device's feed, in which the other one is from when it was let in. */
function world() {
  const sent: Message[] = []
  const inside = new Set([own])
  const received: Uint8Array[] = []
  const written: Appended[] = []
  const logged = { wait: Promise.resolve(), taken: 0 }
  const joined = { needs: 1, tried: 0 }
  const disk = { wait: Promise.resolve(), write: async () => undefined as void }
  let isHere = true
  let reading = Promise.resolve()
  const replica: Replica = {
    ...{ space: 'x' as SpaceId, ref, meetings: [], heads: ['here'] },
    isIn: (device) => inside.has(device),
    logSince: () => [],
    isOfMembers: () => false,
    farewell: () => [],
    async takeLog() {
      await logged.wait
      logged.taken++
      inside.add(theirs)
    },
    holdings: async () => new Map<DeviceId, Holding>([[own, { seq: written.length, head: 'h' }]]),
    get positions() {
      return new Map([
        [own, written.length],
        [theirs, received.length],
      ])
    },
    get counted() {
      return this.positions
    },
    async *lackedBy(their) {
      const after = their.get(own)?.seq ?? 0
      for (const { seq, bytes: entry } of [...written]) if (seq > after) yield [entry]
      await reading
    },
    durable: () => disk.wait,
    wanted: async () => [],
    named: async () => [],
    ...{ wish: 'gaps', checkpoint: undefined, floors: new Map() },
    ...{ piece: async () => undefined, begin: async () => undefined },
    async receive(entries) {
      await disk.write()
      // As ECHO does with entries by nobody.
      if (inside.has(theirs)) received.push(...entries)
    },
  }
  const replicas: Replicas = {
    get all() {
      return isHere ? [replica] : []
    },
    get: () => (isHere ? replica : undefined),
    takesFrom: (device) => device === theirs,
    async join(entries) {
      await logged.wait
      joined.tried++
      if (entries.length < joined.needs) throw new HearthError('halo/refused', { reason: 'not all of it' })
      inside.add(theirs)
      isHere = true
    },
  }
  let hear: (message: Message) => Promise<void> | void = () => undefined
  const session = {
    ...{ isOpen: true, waiting: 0, onClosed: () => undefined },
    close: () => assert.fail('the session was closed'),
    listen: (run: typeof hear) => void (hear = run),
    send: async (message: Message) => void sent.push(message),
  } as unknown as Carrier
  const timers: (() => void)[] = []
  const waits: number[] = []
  const later = (run: () => void, ms: number) => (timers.push(run), waits.push(ms), () => undefined)
  const platform = { now: () => 0, later }
  const silent = () => undefined
  const events = {
    ...{ held: silent, greeting: () => [], heard: silent, direct: silent },
    ...{ spared: silent, full: silent, begun: silent, passed: async () => undefined },
  }
  return {
    ...{ sent, inside, received, logged, joined, disk, replica, waits },
    passTime: () => timers.splice(0).forEach((run) => run()),
    meet: () => new Peer(platform, theirs, session, own, replicas, events),
    take: (...message: Message) => hear(message),
    says: (...message: Message) => void Promise.resolve(hear(message)).catch(assert.fail),
    isElsewhere: () => void (isHere = false),
    comes() {
      inside.add(theirs)
      isHere = true
    },
    readsSlowly: (until: Promise<void>) => void (reading = until),
    write(peer: Peer) {
      const entry = { feed: own, seq: written.length + 1, id: 'h', bytes: bytes(written.length + 1) }
      written.push(entry)
      peer.appended(replica, [entry], true)
    },
    /** Entries that the other one was sent. */
    get entries() {
      return sent.flatMap((message) => (message[0] === 'entries' ? message[2].map(([n]) => n) : []))
    },
    names: () => sent.map(([name]) => name),
  }
}

describe('a device, to another one', () => {
  it('sends what it writes in a space that it has just got from there, whatever is said while it takes the log', async () => {
    const it = world()
    it.isElsewhere()
    const peer = it.meet()
    const disk = slow()
    it.logged.wait = disk.promise
    it.says('log', ref, [bytes(1)])
    it.says('have', ref, ['there'], [], null, 'gaps')
    await turn()
    disk.done()
    await turn()
    it.write(peer)
    await turn()
    assert.deepEqual(it.entries, [1])
  })

  it('joins a space whose log comes in parts, of which the last one says that it is in, and tries no more often than it may succeed', async () => {
    const it = world()
    it.isElsewhere()
    const peer = it.meet()
    const large = (n: number) => new Uint8Array(MESSAGE_BYTES - 1).fill(n)
    it.joined.needs = 6
    for (let n = 1; n <= 5; n++) it.says('log', ref, [large(n)])
    await turn()
    assert.deepEqual([it.joined.tried, peer.shares(it.replica)], [1, false])
    it.says('log', ref, [bytes(1)])
    await turn()
    assert.deepEqual([it.joined.tried, peer.shares(it.replica)], [2, true])
  })

  it('joins it also if the last part is as large as the others, when what comes then is of something else', async () => {
    const it = world()
    it.isElsewhere()
    const peer = it.meet()
    it.joined.needs = 2
    for (const n of [1, 2]) it.says('log', ref, [new Uint8Array(MESSAGE_BYTES - 1).fill(n)])
    await turn()
    assert.equal(peer.shares(it.replica), false)
    it.says('have', ref, ['there'], [], null, 'gaps')
    await turn()
    assert.equal(peer.shares(it.replica), true)
  })

  it('tells one that was removed so, once, also if that does not know it and asks as a stranger', async () => {
    const it = world()
    it.meet()
    it.replica.farewell = (device) => (device === theirs ? [bytes(5)] : [])
    for (let n = 0; n < 3; n++) it.says('lack', ref)
    await turn()
    assert.deepEqual(it.sent, [['log', ref, [bytes(5)]]])
  })

  it('keeps entries that come while it still takes the log that says by whom they are', async () => {
    const it = world()
    it.inside.add(theirs)
    it.meet()
    it.inside.delete(theirs)
    const disk = slow()
    it.logged.wait = disk.promise
    it.says('log', ref, [bytes(1)])
    it.says('entries', ref, [bytes(7)])
    await turn()
    disk.done()
    await turn()
    assert.deepEqual(it.received, [bytes(7)])
  })

  it('sends again what it sent before the other one said that it has nothing', async () => {
    const it = world()
    it.inside.add(theirs)
    const peer = it.meet()
    it.write(peer)
    const disk = slow()
    it.readsSlowly(disk.promise)
    it.says('have', ref, ['there'], [], null, 'gaps')
    await turn()
    it.says('have', ref, ['there'], [], null, 'gaps')
    disk.done()
    await turn()
    assert.deepEqual(it.entries, [1, 1])
  })

  it('says that it holds what came, and what it has, when the disk has it', async () => {
    const it = world()
    it.inside.add(theirs)
    const disk = slow()
    it.disk.wait = disk.promise
    it.meet()
    it.says('entries', ref, [bytes(7)])
    await turn()
    it.passTime()
    await turn()
    assert.deepEqual([it.received, it.names()], [[bytes(7)], []])
    disk.done()
    await turn()
    assert.deepEqual(it.names().sort(), ['have', 'held'])
  })

  it('keeps the session while its store fails, and tries what has come again, ever less often', async () => {
    const it = world()
    it.inside.add(theirs)
    it.meet()
    await turn()
    let fails = 8
    it.disk.write = async () => {
      if (fails-- > 0) throw new HearthError('store/failed', { reason: 'the disk' })
    }
    it.waits.length = 0
    it.says('entries', ref, [bytes(7)])
    for (let n = 0; n < 8; n++) {
      await turn()
      it.passTime()
    }
    await turn()
    assert.deepEqual(it.waits.slice(0, 8), [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
    assert.deepEqual(it.received, [bytes(7)])
    it.passTime()
    await turn()
    assert.ok(it.names().includes('held'))
  })

  it('tries nothing again in a space that is shared no more', async () => {
    const it = world()
    it.inside.add(theirs)
    const peer = it.meet()
    await turn()
    let tries = 0
    it.disk.write = async () => {
      tries++
      throw new HearthError('store/quota')
    }
    const worked = it.take('entries', ref, [bytes(7)])
    await turn()
    it.inside.delete(theirs)
    peer.refresh()
    // There is room for more again.
    await worked
    it.passTime()
    await turn()
    assert.equal(tries, 1)
  })

  it('asks what the other one has when a space is shared again, of which that one has noticed nothing', async () => {
    const it = world()
    it.inside.add(theirs)
    const peer = it.meet()
    it.inside.delete(theirs)
    peer.refresh()
    it.inside.add(theirs)
    peer.refresh()
    await turn()
    assert.equal(it.names().filter((name) => name === 'lack').length, 1)
  })

  it('sends what it writes in a space that came another way, of which that one spoke when it was not here yet', async () => {
    const it = world()
    it.isElsewhere()
    const peer = it.meet()
    it.says('have', ref, ['there'], [], null, 'gaps')
    await turn()
    // As somebody who follows an invitation has it.
    it.comes()
    peer.refresh()
    await turn()
    // Both times, once it may be in it.
    assert.equal(it.names().filter((name) => name === 'lack').length, 2)
    it.says('have', ref, ['there'], [], null, 'gaps')
    await turn()
    it.write(peer)
    await turn()
    assert.deepEqual(it.entries, [1])
  })
})

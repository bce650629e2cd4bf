/** What somebody has a KUBE keep in memory for them: messages that never end, and answers that nobody takes. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Database } from '../../kube/replicas/database.js'
import { Keeper } from '../../kube/replicas/keeper.js'
import type { StockLimits } from '../../kube/replicas/stock.js'
import { startServer } from '../../kube/server.js'
import { TestDevice } from '../../kube/testing/device.js'
import { makeFixture, type Fixture } from '../../kube/testing/fixture.js'
import { generateSigningKey, signerOf } from '../../worker/halo/suite/signing.js'
import { HostedReplica } from '../../worker/hosted-replica.js'
import { call } from '../../worker/mesh/handshaking.js'
import { Kept } from '../../worker/mesh/keeping/kept.js'
import { RelayLink, Window } from '../../worker/mesh/relay-link.js'
import { Session } from '../../worker/mesh/session.js'
import { RELAY_WINDOW } from '../../worker/protocol/signal.js'
import {
  CHUNK_BYTES,
  KEEP_TOPIC,
  KEEPER,
  WIRE_VERSION,
  type Keep,
  type Message,
} from '../../worker/protocol/wire.js'
import { LocalReplicas } from '../../worker/replicas.js'
import { still, turns, until } from './mallory/clock.js'
import { line, platformAt, staticKey, type End } from './mallory/line.js'
import { World } from './mallory/world.js'

const PATIENCE_MS = 20_000
const BULK = 1

/** A KUBE, and who speaks to it over links in memory. */
class Place implements AsyncDisposable {
  readonly world = new World()
  readonly folder = mkdtempSync(join(tmpdir(), 'hearth-memory-'))
  readonly keeper: Keeper

  constructor(stock: Partial<StockLimits>) {
    this.keeper = new Keeper(new Database(this.folder), { stock })
  }

  async session(): Promise<{ session: Session; ends: readonly [End, End]; heard: Message[] }> {
    const ends = line()
    void this.keeper.visit(ends[1])
    const platform = platformAt(this.world.clock)
    const agreed = await call(platform, ends[0], { own: staticKey(), topic: KEEP_TOPIC })
    const session = new Session(platform, ends[0], agreed)
    const heard: Message[] = []
    session.listen((message) => void heard.push(message))
    return { session, ends, heard }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper.close()
    this.world[Symbol.dispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** So many bytes of a message that does not end, in frames that are sealed as they should be. */
async function begin(session: Session, send: (frame: Uint8Array) => void, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
    const plain = new Uint8Array(1 + Math.min(left, CHUNK_BYTES))
    plain[0] = BULK
    send(await session.agreed.send.seal(plain))
  }
}

describe('messages to a KUBE that never end', () => {
  it('are kept up to a bound for all together: whoever began first loses the session', async () => {
    await using place = new Place({ unfinished: 1 << 20 })
    const honest = await place.session()
    const mallory = await Promise.all(Array.from({ length: 8 }, () => place.session()))
    for (const { session, ends } of mallory) await begin(session, (frame) => ends[0].send(frame), 300_000)
    await until('too many', () => mallory.filter(({ session }) => session.isOpen).length <= 3, PATIENCE_MS)
    assert.deepEqual(
      mallory.map(({ session }) => session.isOpen),
      [false, false, false, false, false, true, true, true],
    )
    assert.ok(place.keeper.inMemory < 1.2 * (1 << 20), String(place.keeper.inMemory))
    // Who sends a message to its end is not concerned.
    const before = honest.heard.length
    await honest.session.send(['entries', new Uint8Array(32), [new Uint8Array(200_000)]], 'bulk')
    await honest.session.send(['keep', new Uint8Array(32), new Uint8Array(32), new Uint8Array(64), true])
    await until('answered', () => honest.heard.length > before, PATIENCE_MS)
  })
})

describe('answers of a KUBE that nobody takes', () => {
  /** Olga has a space kept of which each who asks is sent a megabyte, and is asked by so many who take nothing. */
  async function asked(place: Place, count: number) {
    const olga = await place.world.person()
    const { id } = await olga.halo.createSpace('Kitchen')
    for (let n = 0; n < 16; n++)
      await olga.write(id, Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64'))
    const local = new LocalReplicas(olga.halo, olga.echo).all.find(({ space }) => space === id)!
    const ask = async () => {
      const { session, ends } = await place.session()
      const replica = new HostedReplica(olga.halo.get(id)!, local)
      const quiet = { held: () => undefined, changed: () => undefined }
      const kept = new Kept(platformAt(place.world.clock), session, replica, quiet)
      session.listen((message) => kept.take(message as Keep))
      return { kept, session, ends }
    }
    const first = await ask()
    await until('level', () => first.kept.isLevel, PATIENCE_MS)
    first.kept.end()
    first.session.close()
    const sessions: Session[] = []
    for (let n = 0; n < count; n++) {
      const { session, ends, heard } = await place.session()
      const [access, signature] = await olga.halo.get(id)!.kept.keys.access(session.agreed.hash)
      await session.send(['keep', olga.ref(id), access, signature, false])
      await until('kept', () => heard.length > 0, PATIENCE_MS)
      // From here on the way back is closed.
      ends[1].room = 0
      await session.send(['have', olga.ref(id), [], [], null, 'gaps'])
      sessions.push(session)
    }
    return sessions
  }

  it('are kept up to a bound for all together: whoever has most waiting loses the session', async () => {
    await using place = new Place({ most: 1 << 20 })
    const sessions = await asked(place, 12)
    await until('some gone', () => sessions.some(({ isOpen }) => !isOpen), PATIENCE_MS)
    await still(() => place.keeper.inMemory)
    assert.ok(place.keeper.inMemory <= 1 << 20, String(place.keeper.inMemory))
    assert.ok(sessions.filter(({ isOpen }) => isOpen).length >= 3)
  })

  it('are one message for each who asks, however much there is', async () => {
    await using place = new Place({})
    const sessions = await asked(place, 4)
    await until('answered', () => place.keeper.inMemory > 4 * 150_000, PATIENCE_MS)
    await still(() => place.keeper.inMemory)
    assert.ok(place.keeper.inMemory < 4 * 400_000, String(place.keeper.inMemory))
    assert.ok(sessions.every(({ isOpen }) => isOpen))
  })

  it('are waited for before the next question is read', async () => {
    await using place = new Place({})
    const { session } = await place.session()
    const platform = platformAt(place.world.clock)
    const signer = await signerOf(platform, await generateSigningKey(platform))
    const ref = new Uint8Array(32)
    const signature = await signer.sign('replica-access', ref, session.agreed.hash)
    // Nothing is ever worked through, so the KUBE is granted nothing; what it grants is heard.
    session.listen(() => new Promise(() => undefined))
    for (let n = 0; n < 9_000; n++) void session.send(['keep', ref, signer.publicKey, signature, true])
    await still(() => session.waiting)
    assert.ok(session.waiting > 0)
  })
})

describe('frames to a KUBE that has no room', () => {
  /** A device on a socket, whose session with the KUBE heeds the window, or not. */
  async function entering(server: Awaited<ReturnType<Fixture['serveWith']>>, world: World, isHonest = true) {
    const device = await TestDevice.enter(server)
    let credit = 0
    const window = new Window()
    if (!isHonest) Object.defineProperty(window, 'room', { value: 1 << 30, writable: true })
    const link = new RelayLink(window, {
      send: (frame) => device.say(['send', KEEP_TOPIC, KEEPER, frame]),
      closed: () => undefined,
    })
    const take = () => {
      for (const message of device.heard.splice(0))
        if (message[0] === 'from') link.take(message[3])
        else if (message[0] === 'credit') credit += message[3]
    }
    device.socket.on('message', take)
    const agreed = await call(platformAt(world.clock), link, { own: staticKey(), topic: KEEP_TOPIC })
    const session = new Session(platformAt(world.clock), link, agreed)
    return { device, session, link, credit: () => credit }
  }

  it('are not asked for until there is, and who sends them all the same loses the session', async () => {
    await using fixture = await makeFixture()
    using world = new World()
    const server = await startServer({
      dist: fixture.dist,
      data: join(fixture.root, 'data'),
      stock: { ample: 200_000 },
    })
    try {
      const filling = await entering(server, world)
      await begin(filling.session, (frame) => filling.link.send(frame), 250_000)
      await turns(300)
      const honest = await entering(server, world)
      const mallory = await entering(server, world, false)
      const [before, told] = [honest.credit(), mallory.credit()]
      await begin(honest.session, (frame) => honest.link.send(frame), 200_000)
      await begin(mallory.session, (frame) => mallory.link.send(frame), RELAY_WINDOW + 100_000)
      await until('ended', () => !mallory.link.isOpen, PATIENCE_MS)
      assert.ok(honest.session.isOpen)
      assert.equal(honest.credit(), before)
      assert.equal(mallory.credit(), told)
      // Whoever took the room has gone.
      filling.device.socket.terminate()
      honest.session.close()
      await until('told', () => honest.credit() >= before + 200_000, PATIENCE_MS)
    } finally {
      await server.close()
    }
  })

  it('are taken from who was one too many a moment ago', async () => {
    await using fixture = await makeFixture()
    const server = await startServer({ dist: fixture.dist, data: join(fixture.root, 'data') })
    try {
      const many = await Promise.all(Array.from({ length: 32 }, () => TestDevice.enter(server)))
      const first = Uint8Array.of(WIRE_VERSION, 0, ...staticKey().publicKey)
      for (const one of many) one.say(['send', KEEP_TOPIC, KEEPER, first])
      for (const one of many) await one.next('from')
      const late = await TestDevice.enter(server)
      late.say(['send', KEEP_TOPIC, KEEPER, first])
      assert.equal((await late.next('from'))[3].length, 1)
      for (const one of many) one.socket.terminate()
      await turns(200)
      late.say(['send', KEEP_TOPIC, KEEPER, first])
      for (;;) if ((await late.next('from'))[3].length > 1) break
    } finally {
      await server.close()
    }
  })
})

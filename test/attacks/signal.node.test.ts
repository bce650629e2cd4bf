/** What strangers, and devices that mean ill, try at a KUBE. A real server, and real sockets. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'node:test'
import type { WebSocket } from 'ws'
import { RELAY_WINDOW, SIGNAL_VERSION } from '../../worker/protocol/signal.js'
import { encodeFromDevice } from '../../worker/mesh/signal-codec.js'
import type { RunningServer } from '../../kube/server.js'
import { Backlog } from '../../kube/signal/backlog.js'
import { defaultLimits, type SignalLimits } from '../../kube/signal/limits.js'
import { Turns } from '../../kube/signal/turns.js'
import { Wire } from '../../kube/signal/wire.js'
import { bytesOf, makeSigner, peerOf, TestDevice, topicOf } from '../../kube/testing/device.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import { Watch } from '../../kube/watching/watch.js'
import { endsWithin, frame, opcodes, rawSocket } from '../../kube/testing/raw.js'

const topic = topicOf(1)

/** A connection on which there is always more to read, until it is not read any more. */
class Pouring extends EventEmitter {
  heard = 0
  #isPaused = false

  constructor(turns: Turns) {
    super()
    const socket = this as unknown as WebSocket
    const network = { cork() {}, uncork() {} }
    const wire = new Wire(socket, network, defaultLimits, new Backlog(1 << 20, 1 << 20), turns, new Watch())
    wire.listen({ heard: ({ length }) => (this.heard += length), closed() {} })
  }

  pour(): void {
    for (let n = 0; n < 1_000 && !this.#isPaused; n++) this.emit('message', Buffer.alloc(16 << 10), true)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
  }
}

/** @param change what differs from the limits */
async function atKube(
  change: Partial<SignalLimits>,
  what: (kube: RunningServer) => Promise<void>,
): Promise<void> {
  await using fixture = await makeFixture()
  await what(await fixture.serveWith({ signal: change }))
}

describe('a stranger at a KUBE', () => {
  it('does not get in by a page of another site, and its visitor is told why', () =>
    atKube({}, async (kube) => {
      const { hostname } = new URL(kube.url)
      for (const origin of [
        'https://evil.example',
        'null',
        `http://${hostname}.evil.example`,
        'http://localhost:1',
      ]) {
        await using eve = TestDevice.dial(kube, { headers: { origin } })
        const [, code, message] = await eve.next('refused')
        assert.equal(code, 'kube/signal-origin')
        assert.ok(message.includes('HEARTH_ORIGINS') && message.includes(origin), message)
        assert.equal(await eve.closed(), 1008)
        assert.deepEqual(eve.heard, [])
      }
    }))
  it('does not get in with a signature by another key, of another nonce, or for another purpose', () =>
    atKube({}, async (kube) => {
      const [alice, eve] = [await makeSigner(), await makeSigner()]
      await using first = TestDevice.dial(kube)
      const [, , nonce] = await first.next('challenge')
      const heard = await alice.sign('kube-challenge', null, nonce)
      first.say(['hello', SIGNAL_VERSION, alice.publicKey, heard])
      await first.next('welcome')
      for (const sign of [
        () => Promise.resolve(heard),
        (fresh: Uint8Array) => eve.sign('kube-challenge', null, fresh),
        (fresh: Uint8Array) => alice.sign('session-key', null, fresh),
      ]) {
        await using thief = TestDevice.dial(kube)
        const [, , fresh] = await thief.next('challenge')
        thief.say(['hello', SIGNAL_VERSION, alice.publicKey, await sign(fresh)])
        assert.equal(await thief.refused(), 'kube/signal-signature')
        assert.equal(await thief.closed(), 1008)
      }
    }))
  it('does not stay without saying who it is', () =>
    atKube({ helloMs: 100 }, async (kube) => {
      await using eve = TestDevice.dial(kube)
      assert.equal(await eve.refused(), 'kube/signal-late')
      assert.equal(await eve.closed(), 1008)
    }))
  it('is at no topic, and sends nothing, before it has said who it is', () =>
    atKube({}, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await alice.announce(topic, peerOf(1))
      for (const message of [
        ['announce', topic, peerOf(2), bytesOf(0, 0)],
        ['send', topic, peerOf(1), bytesOf(1, 1)],
        ['ping'],
      ] as const) {
        await using eve = TestDevice.dial(kube)
        await eve.next('challenge')
        eve.say(message)
        assert.equal(await eve.refused(), 'kube/signal-turn')
      }
      await alice.settled()
      assert.deepEqual(alice.heard, [])
    }))
  it('does not keep others out by holding connections open', () =>
    atKube({ strangers: 3 }, async (kube) => {
      const idle = Array.from({ length: 3 }, () => TestDevice.dial(kube))
      for (const one of idle) await one.next('challenge')
      await using alice = await TestDevice.enter(kube)
      assert.equal(await idle[0]!.refused(), 'kube/signal-busy')
      await alice.settled()
      for (const one of idle) one.socket.terminate()
    }))
  it('does not take all connections there are', () =>
    atKube({ connections: 2 }, async (kube) => {
      await using one = await TestDevice.enter(kube)
      await using two = await TestDevice.enter(kube)
      await using three = TestDevice.dial(kube)
      assert.equal(await three.refused(), 'kube/signal-busy')
      await Promise.all([one.settled(), two.settled()])
    }))
  it('is hung up on for anything that is no message, and nobody else is', () =>
    atKube({ partingMs: 5_000 }, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      for (const bytes of [Buffer.of(0xf6), Buffer.of(), Buffer.alloc(20_000, 0x81)]) {
        await using eve = await TestDevice.enter(kube)
        eve.socket.send(bytes)
        assert.equal(await eve.refused(), 'kube/signal-malformed')
      }
      await alice.settled()
    }))
  it('is not listened to any longer once it was hung up on', () =>
    atKube({ partingMs: 5_000 }, async (kube) => {
      const eve = await rawSocket(kube)
      const garbage = frame(opcodes.binary, Buffer.of(0xf6))
      eve.write(Buffer.concat(Array.from({ length: 1_000 }, () => garbage)))
      assert.equal(await endsWithin(eve, 1_500), true)
      eve.destroy()
    }))
  it('does not have a message of any size kept', () =>
    atKube({}, async (kube) => {
      await using eve = TestDevice.dial(kube)
      await eve.next('challenge')
      eve.socket.send(Buffer.alloc(1 << 20))
      assert.equal(await eve.closed(), 1009)
    }))
})

describe('a device that means ill, at a KUBE', () => {
  it('is not taken for somebody else at a topic', () =>
    atKube({}, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await using bob = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await bob.announce(topic, peerOf(2))
      await alice.announce(topic, peerOf(1))
      eve.say(['announce', topic, peerOf(2), bytesOf(0, 0)])
      assert.equal(await eve.refused(), 'kube/signal-taken')
      alice.say(['send', topic, peerOf(2), bytesOf(5, 5)])
      assert.deepEqual((await bob.next('from'))[3], bytesOf(5, 5))
    }))
  it('sends nothing to a topic at which it is not, and does not learn who is there', () =>
    atKube({}, async (kube) => {
      await using bob = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await bob.announce(topic, peerOf(2))
      await eve.announce(topicOf(2), peerOf(1))
      for (const peer of [peerOf(2), peerOf(3)]) {
        eve.say(['send', topic, peer, bytesOf(4, 4)])
        assert.deepEqual(await eve.next('left'), ['left', topic, peer])
      }
      await eve.announce(topic, peerOf(1))
      eve.say(['withdraw', topic])
      eve.say(['send', topic, peerOf(2), bytesOf(4, 4)])
      assert.deepEqual(await eve.next('left'), ['left', topic, peerOf(2)])
      await bob.settled()
      assert.deepEqual(
        bob.heard.map(([t]) => t),
        ['came', 'left'],
      )
    }))
  it('is not at more topics than it may, nor are all together', () =>
    atKube({ topics: 3, presences: 5 }, async (kube) => {
      await using eve = await TestDevice.enter(kube)
      for (const n of [1, 2, 3]) await eve.announce(topicOf(n), peerOf(1))
      await using mallory = await TestDevice.enter(kube)
      for (const n of [4, 5]) await mallory.announce(topicOf(n), peerOf(1))
      // Who is there may go on telling of itself.
      await mallory.announce(topicOf(5), peerOf(1), bytesOf(4, 4))
      mallory.say(['announce', topicOf(6), peerOf(1), bytesOf(0, 0)])
      assert.equal(await mallory.refused(), 'kube/signal-full')
      eve.say(['announce', topicOf(7), peerOf(1), bytesOf(0, 0)])
      assert.equal(await eve.refused(), 'kube/signal-topics')
    }))
  it('does not make a topic larger than it may be', () =>
    atKube({ peers: 2 }, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await using bob = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await alice.announce(topic, peerOf(1))
      await bob.announce(topic, peerOf(2))
      eve.say(['announce', topic, peerOf(3), bytesOf(0, 0)])
      assert.deepEqual(await eve.next('full'), ['full', topic])
      // It goes on, at other topics.
      await eve.announce(topicOf(7), peerOf(3))
    }))
  it('does not have more connections by one key than it may', () =>
    atKube({ perKey: 2 }, async (kube) => {
      const signer = await makeSigner()
      await using one = await TestDevice.enter(kube, signer)
      await using two = await TestDevice.enter(kube, signer)
      await using three = TestDevice.dial(kube)
      await three.hello(signer)
      assert.equal(await three.refused(), 'kube/signal-key-busy')
      two.socket.close()
      await two.closed()
      await using four = await TestDevice.enter(kube, signer)
      await Promise.all([one.settled(), four.settled()])
    }))
  it('does not send more than the window to somebody who does not read', () =>
    atKube({}, async (kube) => {
      await using bob = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await bob.announce(topic, peerOf(2))
      await eve.announce(topic, peerOf(1))
      bob.socket.pause()
      // What the network takes is gone from the KUBE: a flood must go beyond that, too.
      for (let n = 0; n < 600; n++) eve.say(['send', topic, peerOf(2), bytesOf(RELAY_WINDOW / 8, 1)])
      assert.equal(await eve.refused(), 'kube/signal-window')
    }))
  it('does not have somebody who reads slowly hung up on by frames of one byte', () =>
    atKube({ perSecond: 100 }, async (kube) => {
      await using bob = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await using carol = await TestDevice.enter(kube)
      await bob.announce(topic, peerOf(2))
      await carol.announce(topic, peerOf(3))
      await eve.announce(topic, peerOf(1))
      bob.socket.pause()
      // What the network holds is no concern of the KUBE's; these fill it.
      const small = Buffer.from(encodeFromDevice(['send', topic, peerOf(2), bytesOf(1, 1)]))
      for (let n = 0; n < 140_000; n++) eve.socket.send(small)
      const hasLeft = () => carol.heard.some(([t, , peer]) => t === 'left' && (peer as Uint8Array)[0] === 2)
      // The KUBE reads as much of them as it will, in each of these turns, however long they take.
      for (let n = 0; n < 100 && !hasLeft(); n++) {
        await wait(5)
        await carol.settled()
      }
      assert.equal(hasLeft(), false)
    }))
  it('and twenty more do not make a KUBE keep what one device does not read', () =>
    atKube({ waiting: 1 << 20 }, (kube) => floodOne(kube)))
  it('does not make it keep more in all than it can by many who do not read', () =>
    atKube({ waiting: 1 << 30, waitingInAll: 1 << 20 }, (kube) => floodOne(kube)))
  it('does not keep others waiting by sending without pause', () =>
    atKube({ burst: 100, perSecond: 200 }, async (kube) => {
      await using eve = await TestDevice.enter(kube)
      let answered = 0
      eve.socket.on('message', () => answered++)
      const ping = Buffer.from(encodeFromDevice(['ping']))
      for (let n = 0; n < 50_000; n++) eve.socket.send(ping)
      await using alice = await TestDevice.enter(kube)
      await wait(500)
      await alice.settled()
      assert.ok(answered < 20_000, `${answered} answered`)
    }))
  it('does not have others wait until all that twenty like it have sent is read', () => {
    const turns: (() => void)[] = []
    const shared = new Turns((run) => turns.push(run))
    const senders = Array.from({ length: 20 }, () => new Pouring(shared))
    const next = () => {
      const before = senders.map(({ heard }) => heard)
      for (const run of turns.splice(0)) run()
      for (const one of senders) one.pour()
      return senders.map(({ heard }, n) => heard - before[n]!)
    }
    // Node gives what has come of one socket, and then of the next; whoever has little to say comes between them.
    const most = 64 << 10
    assert.ok(next().every((bytes) => bytes > 0 && bytes <= most))
    const later = Array.from({ length: 3 }, next)
    for (const read of later) assert.ok(read.filter((bytes) => bytes > 0).length <= 8)
    const sums = senders.map((_, n) => later.reduce((sum, read) => sum + read[n]!, 0))
    assert.ok(
      sums.every((bytes) => bytes > 0),
      'each has had a turn',
    )
  })
  it('does not have everybody at a topic told of it without end', () =>
    atKube({ burst: 200, perSecond: 10 }, async (kube) => {
      const there = await Promise.all(Array.from({ length: 20 }, () => TestDevice.enter(kube)))
      await Promise.all(there.map((one, n) => one.announce(topic, peerOf(n))))
      await using eve = await TestDevice.enter(kube)
      const bob = there[0]!
      for (let n = 0; n < 100; n++) {
        eve.say(['announce', topic, peerOf(99), bytesOf(1, n)])
        await wait(2)
      }
      await wait(100)
      const times = bob.heard.filter(([t, , peer]) => t === 'came' && (peer as Uint8Array)[0] === 99).length
      assert.ok(times > 10 && times < 60, `told ${times} times`)
      for (const one of there) one.socket.terminate()
    }))
  it('does not have somebody hung up on by leaving and coming back while that one sends', () =>
    atKube({}, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await alice.announce(topic, peerOf(1))
      await eve.announce(topic, peerOf(2))
      const full = () => {
        for (let n = 0; n < 8; n++) alice.say(['send', topic, peerOf(2), bytesOf(RELAY_WINDOW / 8, n)])
      }
      eve.socket.pause()
      for (let n = 0; n < 60; n++) {
        eve.say(['withdraw', topic])
        eve.say(['announce', topic, peerOf(2), bytesOf(0, 0)])
      }
      await alice.next('left')
      // The last time it was told that Eve has come back, whatever Alice sent before may still be on its way.
      for (let n = 0; n < 60; n++) await alice.next('came')
      for (let n = 0; n < 12; n++) full()
      await alice.settled()
      assert.deepEqual(
        alice.heard.filter(([t]) => t === 'refused'),
        [],
      )
    }))
  it('does not keep its place by saying nothing', () =>
    atKube({ quietMs: 60 }, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await alice.announce(topic, peerOf(1))
      await eve.announce(topic, peerOf(2))
      const talking = setInterval(() => alice.say(['ping']), 30)
      try {
        assert.deepEqual(await alice.next('left', 1_500), ['left', topic, peerOf(2)])
      } finally {
        clearInterval(talking)
      }
    }))
  it('does not keep its place by talking and never reading', () =>
    atKube({ quietMs: 60 }, async (kube) => {
      await using alice = await TestDevice.enter(kube)
      await using eve = await TestDevice.enter(kube)
      await alice.announce(topic, peerOf(1))
      await eve.announce(topic, peerOf(2))
      const talking = setInterval(() => [alice, eve].forEach((one) => one.say(['ping'])), 30)
      eve.socket.pause()
      let sending = true
      let free = RELAY_WINDOW
      const part = RELAY_WINDOW / 8
      alice.socket.on('message', () => {
        for (const message of alice.heard.splice(0)) {
          if (message[0] === 'credit') free += message[3]
          if (message[0] === 'left') sending = false
        }
      })
      for (let n = 0; sending && n < 200; n++) {
        for (; free >= part; free -= part) alice.say(['send', topic, peerOf(2), bytesOf(part, 1)])
        await wait(10)
      }
      clearInterval(talking)
      assert.equal(sending, false, 'Eve is still there')
    }))
})

/** Enough for what networks hold, which varies, and then some. */
async function floodOne(kube: RunningServer): Promise<void> {
  await using bob = await TestDevice.enter(kube)
  await bob.announce(topic, peerOf(200))
  bob.socket.pause()
  const senders = await Promise.all(Array.from({ length: 24 }, () => TestDevice.enter(kube)))
  await Promise.all(senders.map((one, n) => one.announce(topic, peerOf(n))))
  for (const one of senders)
    for (let n = 0; n < 8; n++) one.say(['send', topic, peerOf(200), bytesOf(RELAY_WINDOW / 8, 1)])
  for (;;) {
    const [, , peer] = await senders[0]!.next('left', 2_000)
    if (peer[0] === 200) break
  }
  await senders[0]!.settled()
  for (const one of senders) one.socket.terminate()
}

/** What is no message of the protocol, in every form, and a great deal of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RELAY_WINDOW, SIGNAL_VERSION } from '../../worker/protocol/signal.js'
import { bytesOf, peerOf, TestDevice, topicOf } from '../testing/device.js'
import { makeFixture } from '../testing/fixture.js'
import { malformed } from '../testing/malformed.js'
import { endsWithin, frame, opcodes, rawSocket } from '../testing/raw.js'

const topic = topicOf(1)

test('whatever is no message ends the connection of its sender with a code, welcome or not, and nobody else’s', async (t) => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  for (const [name, bytes] of Object.entries(malformed))
    await t.test(name, async () => {
      await using stranger = TestDevice.dial(server)
      await stranger.next('challenge')
      await using eve = await TestDevice.enter(server)
      for (const one of [stranger, eve]) {
        one.socket.send(bytes)
        assert.equal(await one.refused(), 'kube/signal-malformed')
        assert.equal(await one.closed(), 1008)
      }
    })
  await t.test('text', async () => {
    await using eve = await TestDevice.enter(server)
    eve.socket.send('ping')
    assert.equal(await eve.refused(), 'kube/signal-malformed')
  })
  await t.test('hello, twice', async () => {
    await using eve = await TestDevice.enter(server)
    eve.say(['hello', SIGNAL_VERSION, bytesOf(32, 1), bytesOf(64, 1)])
    assert.equal(await eve.refused(), 'kube/signal-turn')
  })
  await t.test('what is no frame of a WebSocket', async () => {
    for (const bytes of [Buffer.of(0x82, 0x00), Buffer.of(0xff, 0xff, 0xff, 0xff), Buffer.alloc(100)]) {
      const eve = await rawSocket(server)
      eve.write(bytes)
      assert.equal(await endsWithin(eve, 3_000), true)
    }
  })
  await alice.settled()
})

test('while garbage pours in, Alice and Bob go on, and the KUBE keeps none of it', async (t) => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  await bob.announce(topic, peerOf(2))
  await alice.announce(topic, peerOf(1))
  const total = 1_000_000
  const perSocket = 1_000
  const kinds = Object.values(malformed).filter(({ length }) => length < 200)
  const batch = Buffer.concat(
    Array.from({ length: perSocket }, (_, n) => frame(opcodes.binary, kinds[n % kinds.length]!)),
  )
  const before = memory()
  let sent = 0
  let most = 0
  const pour = async () => {
    while (sent < total) {
      sent += perSocket
      const eve = await rawSocket(server)
      eve.write(batch)
      await endsWithin(eve, 5_000)
      eve.destroy()
    }
  }
  let pouring = true
  const poured = Promise.all([pour(), pour(), pour(), pour()]).then(() => (pouring = false))
  let relayed = 0
  let slowest = 0
  for (; pouring; relayed++) {
    const began = performance.now()
    alice.say(['send', topic, peerOf(2), bytesOf(RELAY_WINDOW / 8, relayed % 256)])
    assert.equal((await bob.next('from', 10_000))[3][0], relayed % 256)
    await alice.next('credit')
    slowest = Math.max(slowest, performance.now() - began)
    most = Math.max(most, memory())
  }
  await poured
  await alice.settled()
  t.diagnostic(
    `${sent} frames; ${relayed} relayed meanwhile, the slowest in ${slowest.toFixed(0)} ms; memory +${((most - before) / 1e6).toFixed(0)} MB`,
  )
  assert.ok(relayed > 10)
  assert.ok(most - before < 150e6, `${most - before} bytes`)
})

test(
  'somebody who pings a great deal and does not read the answers is hung up on',
  { timeout: 10_000 },
  async () => {
    await using fixture = await makeFixture()
    const server = await fixture.serve()
    const eve = await rawSocket(server)
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(opcodes.ping, Buffer.alloc(125))))
    const ended = new Promise((resolve) => eve.once('close', resolve))
    for (let n = 0; n < 200 && !eve.destroyed; n++) eve.write(pings)
    await ended
  },
)

const memory = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

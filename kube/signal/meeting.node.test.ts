/** Devices that mean well, at a real KUBE. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_FRAME_BYTES, MAX_TOPICS, RELAY_WINDOW, SIGNAL_VERSION } from '../../worker/protocol/signal.js'
import { bytesOf, makeSigner, peerOf, TestDevice, topicOf } from '../testing/device.js'
import { get, makeFixture } from '../testing/fixture.js'
import { rawSocket } from '../testing/raw.js'

test('Alice and Bob meet at a topic, with their hints, and hear each other come and leave', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  alice.say(['announce', topicOf(1), peerOf(1), bytesOf(3, 7)])
  assert.deepEqual(await alice.next('here'), ['here', topicOf(1), []])
  bob.say(['announce', topicOf(1), peerOf(2), bytesOf(256, 9)])
  assert.deepEqual(await bob.next('here'), ['here', topicOf(1), [[peerOf(1), bytesOf(3, 7)]]])
  assert.deepEqual(await alice.next('came'), ['came', topicOf(1), peerOf(2), bytesOf(256, 9)])
  bob.say(['announce', topicOf(1), peerOf(2), bytesOf(1, 1)])
  assert.deepEqual(await alice.next('came'), ['came', topicOf(1), peerOf(2), bytesOf(1, 1)])
  bob.say(['withdraw', topicOf(1)])
  assert.deepEqual(await alice.next('left'), ['left', topicOf(1), peerOf(2)])
  await bob.settled()
  await bob.announce(topicOf(1), peerOf(3))
  await alice.next('came')
  bob.socket.terminate()
  assert.deepEqual(await alice.next('left'), ['left', topicOf(1), peerOf(3)])
})

test('what Alice and Bob send each other arrives whole and in order, and Carol at another topic hears nothing', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  await using carol = await TestDevice.enter(server)
  await alice.announce(topicOf(1), peerOf(1))
  await carol.announce(topicOf(2), peerOf(3))
  await bob.announce(topicOf(1), peerOf(2))
  for (let n = 0; n < 200; n++) {
    alice.say(['send', topicOf(1), peerOf(2), bytesOf(1 + n * 10, n)])
    bob.say(['send', topicOf(1), peerOf(1), bytesOf(1 + n, n)])
  }
  for (let n = 0; n < 200; n++) {
    assert.deepEqual(await bob.next('from'), ['from', topicOf(1), peerOf(1), bytesOf(1 + n * 10, n)])
    assert.deepEqual(await alice.next('from'), ['from', topicOf(1), peerOf(2), bytesOf(1 + n, n)])
  }
  await carol.settled()
  assert.deepEqual(carol.heard, [])
})

test('Alice sends Bob far more than the window, by what she is credited, and all of it arrives', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  await bob.announce(topicOf(1), peerOf(2))
  await alice.announce(topicOf(1), peerOf(1))
  let credits = 0
  let free = RELAY_WINDOW
  const frames = 400
  for (let n = 0; n < frames; n++) {
    for (; free < MAX_FRAME_BYTES; credits++) free += (await alice.next('credit'))[3]
    alice.say(['send', topicOf(1), peerOf(2), bytesOf(MAX_FRAME_BYTES, n % 256)])
    free -= MAX_FRAME_BYTES
  }
  for (let n = 0; n < frames; n++)
    assert.deepEqual((await bob.next('from'))[3], bytesOf(MAX_FRAME_BYTES, n % 256))
  // In the end, everything that was sent has been credited.
  for (; free < RELAY_WINDOW; credits++) free += (await alice.next('credit'))[3]
  assert.equal(free, RELAY_WINDOW)
  assert.ok(credits <= frames, `${credits} messages of credit`)
})

test('Bob has gone: Alice, who sends to him, is told so and stays', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await alice.announce(topicOf(1), peerOf(1))
  alice.say(['send', topicOf(1), peerOf(2), bytesOf(4, 4)])
  assert.deepEqual(await alice.next('left'), ['left', topicOf(1), peerOf(2)])
  alice.say(['withdraw', topicOf(7)])
  await alice.settled()
})

test('Alice, who takes another peer id at a topic, has left as the former one', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  await alice.announce(topicOf(1), peerOf(1))
  await bob.announce(topicOf(1), peerOf(2))
  await alice.announce(topicOf(1), peerOf(3))
  assert.deepEqual((await bob.next('left'))[2], peerOf(1))
  assert.deepEqual((await bob.next('came'))[2], peerOf(3))
})

test('a device of another version is told which side to update', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (const [version, says] of [
    [0, /Reload the page/],
    [SIGNAL_VERSION + 1, /Update the server/],
  ] as const) {
    await using device = TestDevice.dial(server)
    await device.hello(await makeSigner(), version)
    const [, code, message] = await device.next('refused')
    assert.equal(code, 'kube/signal-version')
    assert.match(message, says)
  }
})

test('a device of the version before and one of now meet, and one of the next version is spoken to in that of now', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (const [asked, spoken] of [
    [null, 1],
    [SIGNAL_VERSION, SIGNAL_VERSION],
    [SIGNAL_VERSION + 1, SIGNAL_VERSION],
  ] as const) {
    await using device = TestDevice.dial(server, {}, asked)
    assert.equal((await device.next('challenge'))[1], spoken)
  }
  await using alice = await TestDevice.enter(server)
  await using old = TestDevice.dial(server, {}, null)
  await old.hello(await makeSigner(), 1)
  await old.next('welcome')
  await old.announce(topicOf(1), peerOf(1))
  assert.equal(await alice.announce(topicOf(1), peerOf(2)), 1)
  alice.say(['send', topicOf(1), peerOf(1), bytesOf(5, 5)])
  assert.deepEqual((await old.next('from'))[3], bytesOf(5, 5))
})

test('Alice announces as many topics as she may as soon as she is welcome, and is not kept waiting', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  const began = performance.now()
  for (let n = 0; n < MAX_TOPICS; n++) {
    const topic = topicOf(0)
    new DataView(topic.buffer).setUint32(0, n)
    alice.say(['announce', topic, peerOf(1), bytesOf(64, 1)])
  }
  await alice.settled()
  assert.ok(performance.now() - began < 5_000)
  assert.equal(alice.heard.filter(([t]) => t === 'here').length, MAX_TOPICS)
})

test('many devices at many topics leave at once, and who stays is told of each', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  for (let t = 1; t <= 20; t++) await alice.announce(topicOf(t), peerOf(255))
  const others = await Promise.all(Array.from({ length: 30 }, () => TestDevice.enter(server)))
  for (const [n, one] of others.entries())
    for (let t = 1; t <= 20; t++) one.say(['announce', topicOf(t), peerOf(n), bytesOf(0, 0)])
  for (const one of others) await one.settled()
  for (const one of others) one.socket.terminate()
  for (let n = 0; n < 20 * 30; n++) await alice.next('left')
  await alice.settled()
})

test('pages of its own origin, those of the list, and what is no page may come', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serveWith({ origins: ['https://notes.example'] })
  const { host } = new URL(server.url)
  for (const headers of [
    {},
    { origin: `http://${host}`, host },
    { origin: 'https://kube.example', host: 'KUBE.example:443' },
    { origin: 'https://notes.example' },
  ] as Record<string, string>[]) {
    await using device = TestDevice.dial(server, { headers })
    await device.next('challenge')
  }
  const open = await fixture.serveWith({ origins: '*' })
  await using device = TestDevice.dial(open, { headers: { origin: 'null' } })
  await device.next('challenge')
})

test('the server ends, and its devices know that at once', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = TestDevice.dial(server)
  await bob.next('challenge')
  // Somebody who does not answer keeps nobody waiting.
  const silent = await rawSocket(server)
  const began = performance.now()
  const [codes] = await Promise.all([Promise.all([alice.closed(), bob.closed()]), server.close()])
  assert.deepEqual(codes, [1001, 1001])
  assert.ok(performance.now() - began < 1_000)
  silent.destroy()
})

test('any other WebSocket, and what is none, is refused with a code', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' }
  for (const [path, status, code] of [
    ['/', 404, 'kube/no-socket'],
    ['/hearth/signal/', 404, 'kube/no-socket'],
    ['/hearth/signal', 400, 'kube/bad-upgrade'],
  ] as const) {
    const answer = await get(server, path, upgrade)
    assert.deepEqual([answer.status, JSON.parse(answer.body.toString()).code], [status, code])
  }
  const plain = await get(server, '/hearth/signal')
  assert.equal(plain.status, 404)
})

test('who offers HTTP/2 gets pages all the same', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (let n = 0; n < 3; n++) {
    const { status, body } = await get(server, '/', { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c' })
    assert.deepEqual([status, /<title>Hearth/.test(body.toString())], [200, true])
  }
})

/** A KUBE that is told to end: who is there is told, what is under way ends well, and nothing that it has said is lost. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { makeSigner, TestDevice } from '../../kube/testing/device.js'
import { get, makeFixture } from '../../kube/testing/fixture.js'
import { until } from '../attacks/mallory/clock.js'
import { NodeDevice, PATIENCE_MS } from './device.js'

test('who asks is told that it is not ready, new devices are sent elsewhere, and those that are there hear when to come back', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using old = TestDevice.dial(server, {}, 2)
  await old.hello(await makeSigner(), 2)
  await old.next('welcome')
  const ended = server.drain({ noticeMs: 1_000, limitMs: 5_000 })
  const { status, body } = await get(server, '/readyz')
  assert.deepEqual([status, (JSON.parse(body.toString()) as { code: string }).code], [503, 'kube/draining'])
  assert.equal((await get(server, '/healthz')).status, 200, 'it still runs')
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' }
  const refused = await get(server, '/hearth/signal', upgrade)
  assert.equal((JSON.parse(refused.body.toString()) as { code: string }).code, 'kube/draining')
  await alice.settled()
  const [, spread] = await alice.next('ends')
  assert.equal(spread, 2 * 5, 'two devices come back within 10 ms')
  assert.deepEqual(await Promise.all([alice.closed(), old.closed()]), [1001, 1001])
  assert.deepEqual(old.heard, [], 'an older device is told nothing that it does not know')
  await ended
  await assert.rejects(get(server, '/healthz'), { code: 'ECONNREFUSED' })
})

test('a page that is on its way arrives whole; one that nobody takes keeps the server no longer than it may', async () => {
  await using fixture = await makeFixture()
  const size = 30_000_000
  await fixture.write('dist/hearth/large.bin', Buffer.alloc(size, 'x'))
  const begin = async (port: string) => {
    const asked = request({ host: '127.0.0.1', port, path: '/hearth/large.bin' }).end()
    return new Promise<import('node:http').IncomingMessage>((resolve) => asked.on('response', resolve))
  }
  const server = await fixture.serve()
  const answer = await begin(new URL(server.url).port)
  const draining = server.drain({ noticeMs: 0, limitMs: 20_000 })
  let got = 0
  for await (const part of answer) {
    got += (part as Buffer).length
    if (got < 2_000_000) await wait(20)
  }
  assert.equal(got, size)
  await draining

  const other = await fixture.serve()
  const stuck = await begin(new URL(other.url).port)
  stuck.on('error', () => undefined)
  const since = performance.now()
  await other.drain({ noticeMs: 0, limitMs: 300 })
  assert.ok(performance.now() - since < 5_000)
})

test('whatever a device was told is kept is there when the server has started again', async () => {
  await using fixture = await makeFixture()
  const data = `${fixture.root}/data`
  const server = await fixture.serveWith({ data })
  using olga = await NodeDevice.begin()
  using ed = await NodeDevice.begin()
  const { id: space } = await olga.halo.createSpace('Kitchen')
  await olga.admit(space, ed, 'admin')
  await olga.addHost(space, server.url)
  await olga.isKept(space)
  let isWriting = true
  const notes: Awaited<ReturnType<NodeDevice['write']>>[] = []
  const writing = (async () => {
    while (isWriting) notes.push(await olga.write(space, `Note ${notes.length}`))
  })()
  await until('some to be there', () => notes.length > 20, PATIENCE_MS)
  await server.drain({ noticeMs: 0, limitMs: 5_000 })
  isWriting = false
  await writing
  const { pending } = olga.status.sync!.spaces.find((one) => one.space === space)!
  const known = notes.slice(0, notes.length - pending)
  assert.ok(known.length > 0)
  // Olga is gone for good: what Ed gets, he gets from the server.
  olga[Symbol.dispose]()
  const again = await fixture.serveWith({ data, port: Number(new URL(server.url).port) })
  await ed.addHost(space, again.url)
  await until('Ed to have it', () => known.every((note) => ed.has(note)), PATIENCE_MS)
})

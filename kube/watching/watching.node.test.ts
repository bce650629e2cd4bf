/** What whoever runs a KUBE can ask it, and who else cannot. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { RunningServer } from '../server.js'
import { bytesOf, peerOf, TestDevice, topicOf } from '../testing/device.js'
import { get, makeFixture } from '../testing/fixture.js'

const valuesOf = async (server: RunningServer): Promise<Map<string, string>> => {
  const lines = (await get(server, '/metrics')).body.toString().split('\n')
  return new Map(
    lines.filter((line) => line && !line.startsWith('#')).map((line) => line.split(' ') as [string, string]),
  )
}

test('a server that runs says that it is well and ready, and so to nobody’s cache', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  for (const path of ['/healthz', '/readyz']) {
    const { status, headers, body } = await get(server, path)
    assert.deepEqual([status, JSON.parse(body.toString())], [200, { ok: true }])
    assert.equal(headers['cache-control'], 'no-store')
  }
})

test('metrics count what devices do, in all', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  await using alice = await TestDevice.enter(server)
  await using bob = await TestDevice.enter(server)
  await alice.announce(topicOf(1), peerOf(1))
  await bob.announce(topicOf(1), peerOf(2))
  // Says anew how it is called, and has met nobody by that.
  await bob.announce(topicOf(1), peerOf(2), bytesOf(3, 3))
  bob.say(['send', topicOf(1), peerOf(1), bytesOf(100, 1)])
  bob.say(['send', topicOf(1), peerOf(1), bytesOf(20, 1)])
  await alice.next('from')
  await alice.next('from')
  await using eve = await TestDevice.enter(server)
  eve.say(['hello', 3, bytesOf(32, 1), bytesOf(64, 1)])
  await eve.refused()
  await eve.closed()
  const { status, headers } = await get(server, '/metrics')
  assert.equal(status, 200)
  assert.match(headers['content-type']!, /^text\/plain/)
  // The server hears a moment later than Eve that she has gone.
  for (let tries = 0; tries < 500 && (await valuesOf(server)).get('hearth_connections') !== '2'; tries++)
    await wait(10)
  const values = await valuesOf(server)
  for (const [name, value] of [
    ['hearth_connections', '2'],
    ['hearth_devices', '2'],
    ['hearth_presences', '2'],
    ['hearth_met_total', '1'],
    ['hearth_relayed_frames_total', '2'],
    ['hearth_relayed_bytes_total', '120'],
    ['hearth_refused_total{code="kube/signal-turn"}', '1'],
  ] as const)
    assert.equal(values.get(name), value, name)
})

test('metrics can be for whoever shows a token, or for nobody', async () => {
  await using fixture = await makeFixture()
  const token = 'a-token-of-some-length'
  const server = await fixture.serveWith({ metrics: token })
  const shown = async (headers: Record<string, string>) => (await get(server, '/metrics', headers)).status
  assert.equal(await shown({ Authorization: `Bearer ${token}`, 'X-Forwarded-For': '203.0.113.7' }), 200)
  for (const headers of [{}, { Authorization: `Bearer ${token}x` }, { Authorization: token }] as Record<
    string,
    string
  >[])
    assert.equal(await shown(headers), 403)
  const closed = await fixture.serveWith({ metrics: 'off' })
  assert.equal((await get(closed, '/metrics')).status, 404)
})

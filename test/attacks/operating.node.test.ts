/** What is tried at a KUBE by who is not to have what it has for those who may use it, and for whoever runs it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makePass } from '../../kube/access/passes.js'
import { Database, replicasIn } from '../../kube/replicas/database.js'
import { bytesOf, makeSigner, peerOf, TestDevice, topicOf } from '../../kube/testing/device.js'
import { get, makeFixture, type Fixture } from '../../kube/testing/fixture.js'
import type { ServerOptions } from '../../kube/server.js'
import { fromBase64Url } from '../../worker/protocol/ids.js'
import { NodeDevice } from '../operation/device.js'

/** For those who have a pass, of which there is one. */
async function closed(fixture: Fixture, options: Partial<ServerOptions> = {}) {
  const data = `${fixture.root}/data`
  const server = await fixture.serveWith({ data, allow: 'invited', ...options })
  const database = new Database(replicasIn(data), { isShared: true })
  const pass = await makePass(database, 1)
  await database.close()
  return { server, pass: fromBase64Url(pass), address: `${server.url}/#${pass}` }
}

describe('a KUBE', () => {
  it('shows what it counts to this machine, and to nobody who comes through a proxy or by another name', async () => {
    await using fixture = await makeFixture()
    const server = await fixture.serve()
    assert.equal((await get(server, '/metrics')).status, 200)
    for (const headers of [
      { 'X-Forwarded-For': '203.0.113.7' },
      { Forwarded: 'for=203.0.113.7' },
      { 'X-Real-IP': '203.0.113.7' },
      { Via: '1.1 proxy' },
      { Host: 'kube.example' },
      { Host: 'localhost.evil.example' },
    ] as Record<string, string>[]) {
      const { status, body } = await get(server, '/metrics', headers)
      const { code } = JSON.parse(body.toString()) as { code: string }
      assert.deepEqual([status, code], [403, 'kube/metrics-private'], JSON.stringify(headers))
    }
  })

  it('does not let its sharers be slowed down by one key that sends over many connections', async () => {
    await using fixture = await makeFixture()
    const server = await fixture.serveWith({ signal: { burst: 40, perSecond: 20 } })
    const mallory = await makeSigner()
    const count = 4
    const devices = await Promise.all(Array.from({ length: count }, () => TestDevice.enter(server, mallory)))
    const since = performance.now()
    try {
      for (let n = 0; n < 30; n++) {
        for (const device of devices) device.say(['ping'])
        await Promise.all(devices.map((device) => device.next('pong', 20_000)))
      }
    } finally {
      for (const device of devices) device.socket.terminate()
    }
    // 120 and some, of which 40 at once and 20 a second; each connection for itself would take no time at all.
    assert.ok(performance.now() - since > 3_000, `${performance.now() - since} ms`)
  })
})

describe('a KUBE that is not for everybody', () => {
  it('lets who may not use it go nowhere but where somebody has gone who may', async () => {
    await using fixture = await makeFixture()
    const { server, pass } = await closed(fixture, {
      ice: { urls: ['turn:turn.example'], secret: 'secret', seconds: 60 },
    })
    await using eve = await TestDevice.enter(server)
    await using friend = await TestDevice.enter(server)
    const [, code] = await eve.next('limited')
    assert.equal(code, 'kube/not-invited')
    // Two of them would have it relay what they like.
    for (const [n, one] of [eve, friend].entries())
      one.say(['announce', topicOf(1), peerOf(n + 1), bytesOf(1, 1)])
    assert.deepEqual(await eve.next('full'), ['full', topicOf(1)])
    assert.deepEqual(await friend.next('full'), ['full', topicOf(1)])
    friend.say(['send', topicOf(1), peerOf(1), bytesOf(10, 1)])
    await friend.next('left')
    eve.say(['ice'])
    assert.deepEqual((await eve.next('ice'))[2], [], 'nor has it anything at the TURN server')
    // Who has a pass goes anywhere, and others who know of it after that.
    await using alice = await TestDevice.enter(server, undefined, pass)
    await alice.announce(topicOf(2), peerOf(9))
    assert.equal(await friend.announce(topicOf(2), peerOf(2)), 1)
    alice.say(['withdraw', topicOf(2)])
    await friend.next('left')
    eve.say(['announce', topicOf(2), peerOf(1), new Uint8Array()])
    assert.equal((await eve.next('here'))[2].length, 1)
  })

  it('lets in by a pass as many as it is for, and nobody by another one or by half of it', async () => {
    await using fixture = await makeFixture()
    const { server, pass } = await closed(fixture)
    const [alice, eve] = [await makeSigner(), await makeSigner()]
    const enter = async (...args: Parameters<typeof TestDevice.enter>) => {
      await using device = await TestDevice.enter(...args)
      await device.settled()
      return device.heard.find(([t]) => t === 'limited')?.[1]
    }
    assert.equal(await enter(server, eve, bytesOf(32, 1)), 'kube/pass-void')
    assert.equal(await enter(server, alice, pass), undefined)
    assert.equal(await enter(server, alice), undefined, 'once is enough')
    assert.equal(await enter(server, alice, pass), undefined)
    assert.equal(await enter(server, eve, pass), 'kube/pass-void')
    assert.equal(await enter(server, eve), 'kube/not-invited')
  })

  it('begins to keep nothing for who may not use it', async () => {
    await using fixture = await makeFixture()
    const { server } = await closed(fixture)
    using eve = await NodeDevice.begin()
    const { id } = await eve.halo.createSpace('Mine')
    await assert.rejects(eve.addHost(id, server.url), { code: 'mesh/host-not-allowed' })
  })

  it('begins no more for one key than it is told to', async () => {
    await using fixture = await makeFixture()
    const { server, address } = await closed(fixture, { keeping: { perKey: 2 } })
    using mallory = await NodeDevice.begin()
    // With the first one goes the personal space.
    const one = await mallory.halo.createSpace('One')
    const two = await mallory.halo.createSpace('Two')
    await mallory.addHost(one.id, address)
    await assert.rejects(mallory.addHost(two.id, server.url), { code: 'mesh/host-quota' })
  })
})

/** A KUBE that is for those whom its operator lets in, and for those with whom they share. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../../kube/commands/commands.js'
import { readSettings } from '../../kube/settings/read.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import { until } from '../attacks/mallory/clock.js'
import { NodeDevice, PATIENCE_MS } from './device.js'

/** As it is typed, on the machine of a server that runs. */
const run = (name: string, data: string, url: string, ...words: string[]): Promise<string> =>
  commands
    .find((one) => one.name === name)!
    .run({
      words,
      cwd: '/',
      settings: readSettings({ HEARTH_DATA: data, HEARTH_URL: url, HEARTH_ALLOW: 'invited' }, '/'),
    })

test('Olga is let in by a pass, and Ed, with whom she shares, needs none; but may begin nothing of his own', async () => {
  await using fixture = await makeFixture()
  const data = `${fixture.root}/data`
  const server = await fixture.serveWith({ data, allow: 'invited' })
  using olga = await NodeDevice.begin()
  using ed = await NodeDevice.begin()
  const { id: space } = await olga.halo.createSpace('Kitchen')
  await olga.admit(space, ed, 'admin')

  await assert.rejects(olga.addHost(space, server.url), { code: 'mesh/host-not-allowed' })
  assert.equal(olga.status.refusal?.code, 'mesh/limited')
  assert.match(olga.status.refusal?.message ?? '', /ask whoever runs this server for an invitation/)

  const address = (await run('invite', data, server.url)).trim()
  assert.match(address, /^http:\/\/localhost:\d+\/#[\w-]{43}$/)
  await olga.addHost(space, address)
  const eggs = await olga.write(space, 'Eggs')
  await olga.isKept(space)
  await until('no limit', () => olga.status.refusal === undefined)
  assert.equal(olga.hostOf(space)!.url, server.url, 'the pass is nothing that the space tells')

  await ed.opened.networking.use([server.url])
  await until('Ed to have it', () => ed.has(eggs), PATIENCE_MS)
  assert.equal(ed.status.refusal?.code, 'mesh/limited')
  olga[Symbol.dispose]()
  const milk = await ed.write(space, 'Milk')
  await ed.isKept(space)
  assert.ok(ed.has(milk))
  const { id: own } = await ed.halo.createSpace('Ed’s own')
  await assert.rejects(ed.addHost(own, server.url), { code: 'mesh/host-not-allowed' })

  const [listed] = (await run('passes', data, server.url)).trim().split('\n')
  const [name, left, key, ...more] = listed!.split(' ')
  assert.deepEqual([left, key!.length, more], ['0', 43, []])
  await assert.rejects(run('call-back', data, server.url, 'nobody'), { code: 'kube/no-such-pass' })
  await run('call-back', data, server.url, name!)
  assert.equal(await run('passes', data, server.url), '')
})

test('a list of keys lets in who is on it; who is not is told the key to add', async () => {
  await using fixture = await makeFixture()
  using olga = await NodeDevice.begin()
  const { id: space } = await olga.halo.createSpace('Kitchen')
  const data = `${fixture.root}/data`
  const first = await fixture.serveWith({ data, allow: ['A'.repeat(43)] })
  await assert.rejects(olga.addHost(space, first.url), { code: 'mesh/host-not-allowed' })
  const [key] = /[\w-]{43}/.exec(olga.status.refusal!.message)!
  await first.close()
  const second = await fixture.serveWith({ data, allow: [key], port: Number(new URL(first.url).port) })
  await olga.addHost(space, second.url)
  await olga.isKept(space)
})

test('Olga sees how much room her space takes, and may take, and is told when that is all', async () => {
  await using fixture = await makeFixture()
  const quota = 40_000
  const server = await fixture.serveWith({ data: `${fixture.root}/data`, keeping: { replica: quota } })
  using olga = await NodeDevice.begin()
  const { id: space } = await olga.halo.createSpace('Kitchen')
  await olga.addHost(space, server.url)
  const room = () => olga.hostOf(space)
  await until('to be told', () => (room()?.usedBytes ?? 0) > 0, PATIENCE_MS)
  assert.equal(room()!.quotaBytes, quota)
  const before = room()!.usedBytes!
  await olga.write(space, 'x'.repeat(5_000) + String(Math.random()))
  await until('more to be taken', () => room()!.usedBytes! > before, PATIENCE_MS)
  for (let n = 0; n < 40; n++)
    await olga.write(space, Buffer.from(crypto.getRandomValues(new Uint8Array(2_000))).toString('base64'))
  await until('full', () => room()?.state === 'refused' && room()?.code === 'mesh/host-full', PATIENCE_MS)
  assert.ok(room()!.usedBytes! <= quota)
})

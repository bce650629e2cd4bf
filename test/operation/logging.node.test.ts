/** What a KUBE logs of people: nothing, at the level that says most. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, makeFixture } from '../../kube/testing/fixture.js'
import { TestDevice } from '../../kube/testing/device.js'
import { rawSocket } from '../../kube/testing/raw.js'
import { makeLog } from '../../kube/watching/log.js'
import { Watch } from '../../kube/watching/watch.js'
import { toBase64Url } from '../../worker/protocol/ids.js'
import { until } from '../attacks/mallory/clock.js'
import { NodeDevice } from './device.js'

/** In every way in which bytes may get into a text. */
const forms = (bytes: Uint8Array): string[] => [
  toBase64Url(bytes),
  Buffer.from(bytes).toString('base64'),
  Buffer.from(bytes).toString('hex'),
  JSON.stringify(Buffer.from(bytes).toString('latin1')).slice(1, -1),
  bytes.join(),
]

test('a session with a KUBE leaves no address, key, topic, replica, path or word in its log', async () => {
  await using fixture = await makeFixture()
  const lines: string[] = []
  const log = makeLog('debug', { write: (line) => void lines.push(line) })
  const server = await fixture.serveWith({ data: `${fixture.root}/data`, watch: new Watch(log) })
  {
    using olga = await NodeDevice.begin()
    using ed = await NodeDevice.begin()
    const { id: space } = await olga.halo.createSpace('Kitchen of the salamander')
    await olga.admit(space, ed)
    await olga.addHost(space, server.url)
    const note = await olga.write(space, 'salamander')
    await olga.isKept(space)
    await ed.opened.networking.use([server.url])
    await until('Ed to have it', () => ed.has(note), 20_000)
    await get(server, '/apps/salamander/?of=salamander', { Host: 'salamander.example', Accept: 'text/html' })
    await get(server, '/%salamander')
    await using eve = TestDevice.dial(server, { headers: { origin: 'https://salamander.example' } })
    await eve.refused()
    const garbage = await rawSocket(server)
    garbage.end('salamander')
    // Something that nobody has foreseen, with all that Node knows of it.
    new Watch(log).failed(new TypeError('unforeseen', { cause: 'salamander' }))
    try {
      new URL('salamander of somebody')
    } catch (cause) {
      new Watch(log).failed(cause)
    }

    const secrets: Uint8Array[] = []
    for (const { halo, opened } of [olga, ed]) {
      const { kubeKey } = opened.networking.identity
      const url = `${server.url.replace('http', 'ws')}/hearth/signal`
      secrets.push((await kubeKey.call(opened.networking.identity, url)).publicKey)
      for (const one of halo.spaces)
        secrets.push(
          one.replica(),
          ...one.meetings().map(({ topic }) => topic),
          Buffer.from(one.id, 'base64url'),
        )
      secrets.push(Buffer.from(halo.device, 'base64url'))
    }
    const text = lines.join('')
    const { port } = new URL(server.url)
    assert.ok(lines.length > 5, `only ${lines.length} lines`)
    for (const word of [
      'salamander',
      '127.0.0.1',
      '::1',
      `localhost:${port}`,
      '/apps/',
      ...secrets.flatMap(forms),
    ])
      assert.ok(!text.includes(word), `${word} in ${text}`)
  }
  for (const line of lines) assert.ok(JSON.parse(line).time, line)
  assert.ok(
    lines.some((line) => line.includes('a space is kept')),
    'what it does is logged',
  )
})

test('each line is one object, and a level keeps away what is below it', () => {
  const lines: string[] = []
  const log = makeLog('warn', { write: (line) => void lines.push(line) })
  log.info('not this')
  log.error({ err: new Error('that') }, 'failed')
  assert.equal(lines.length, 1)
  const { level, msg, err } = JSON.parse(lines[0]!) as {
    level: string
    msg: string
    err: { message: string }
  }
  assert.deepEqual([level, msg, err.message], ['error', 'failed', 'that'])
})

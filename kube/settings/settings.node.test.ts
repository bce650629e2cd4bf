/** What somebody who runs a KUBE writes, and what it makes of that. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../../test/runner/files.js'
import { makeFixture } from '../testing/fixture.js'
import { declared } from './declared.js'
import { optionsOf } from './options.js'
import { CONFIG, readSettings, unknownIn } from './read.js'

const HOME = '/home/alice'

const refused = (env: NodeJS.ProcessEnv, code: string, says: RegExp) =>
  assert.throws(
    () => optionsOf(readSettings(env, HOME)),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, code)
      assert.match(error.message, says)
      return !/\n/.test(error.message)
    },
  )

test('who says nothing gets this machine only, port 4400 and ./.hearth', () => {
  const { port, host, data, apps, origins, turnUrl, log, metrics } = readSettings({}, HOME)
  assert.deepEqual(
    { port, host, data, apps, origins, turnUrl, log, metrics },
    {
      ...{ port: 4400, host: '127.0.0.1', data: '/home/alice/.hearth', apps: [], origins: [], turnUrl: '' },
      ...{ log: 'info', metrics: 'local' },
    },
  )
  assert.equal(optionsOf(readSettings({}, HOME)).ice, undefined)
})

test('takes port, host and folders from the environment, relative to where it is started', () => {
  const env = { PORT: '0', HOST: '::1', HEARTH_DATA: 'kept', HEARTH_APPS: 'notes, /srv/chat' }
  const { port, host, data, apps } = readSettings(env, HOME)
  assert.deepEqual(
    [port, host, data, apps],
    [0, '::1', '/home/alice/kept', ['/home/alice/notes', '/srv/chat']],
  )
})

test('takes what the file says, and what the environment says above it', async () => {
  await using fixture = await makeFixture()
  const file = await fixture.write(
    'etc/hearth.json',
    JSON.stringify({
      port: 5000,
      host: '0.0.0.0',
      data: 'kept',
      spaceBytes: '10 MiB',
      origins: ['https://a.example'],
    }),
  )
  const settings = readSettings({ [CONFIG]: file, HOST: '::1' }, HOME)
  assert.deepEqual(
    [settings.port, settings.host, settings.data, settings.spaceBytes, settings.origins],
    [5000, '::1', join(fixture.root, 'etc/kept'), 10 << 20, ['https://a.example']],
  )
})

test('a file that is not one of settings is refused, and what in it is not', async () => {
  await using fixture = await makeFixture()
  const write = (content: string) => fixture.write('hearth.json', content)
  refused({ [CONFIG]: 'nowhere.json' }, 'kube/config', /\/home\/alice\/nowhere\.json.*ENOENT.*JSON object/)
  refused({ [CONFIG]: await write('port: 1') }, 'kube/config', /JSON/)
  refused({ [CONFIG]: await write('[1]') }, 'kube/config', /not a JSON object/)
  refused({ [CONFIG]: await write('{"port":{}}') }, 'kube/config', /"port" is not a text/)
  refused({ [CONFIG]: await write('{"prt":1}') }, 'kube/config-unknown', /"prt".*one of: port, host/)
  refused({ [CONFIG]: await write('{"__proto__":1}') }, 'kube/config-unknown', /__proto__/)
  refused({ [CONFIG]: await write('{"port":-1}') }, 'kube/bad-port', /"port" in .*hearth\.json is "-1"/)
})

test('refuses what a setting cannot be, naming it and saying what it can', () => {
  for (const PORT of ['http', '-1', '65536', '80.5', ' 80', '1e3', '0x50'])
    refused({ PORT }, 'kube/bad-port', /^PORT is .*whole number from 0 to 65535/)
  for (const HEARTH_SPACE_BYTES of ['much', '-1', '4 GB', '1e9', '5000 TiB'])
    refused({ HEARTH_SPACE_BYTES }, 'kube/bad-setting', /^HEARTH_SPACE_BYTES is .*as 500 MiB or 4 GiB/)
  refused({ HEARTH_CONNECTIONS: '0' }, 'kube/bad-setting', /^HEARTH_CONNECTIONS is "0".*from 1 to/)
  refused(
    { HEARTH_LOG: 'loud' },
    'kube/bad-setting',
    /^HEARTH_LOG is "loud".*silent, error, warn, info, debug/,
  )
  refused({ HEARTH_METRICS: 'hunter2' }, 'kube/bad-setting', /^HEARTH_METRICS is "…".*16 characters/)
})

test('what begins like a setting and is none is pointed out', () => {
  assert.deepEqual(unknownIn({ HEARTH_ORIGIN: 'x', HEARTH_DATA: 'y', [CONFIG]: 'z', PATH: '' }), [
    'HEARTH_ORIGIN',
  ])
})

test('takes whose pages may come: nobody else’s, those of a list, or all', () => {
  const origins = (HEARTH_ORIGINS: string) => readSettings({ HEARTH_ORIGINS }, HOME).origins
  assert.deepEqual(origins(''), [])
  assert.equal(origins(' * '), '*')
  assert.deepEqual(origins('https://Notes.example/, http://localhost:5000 ,https://chat.example:443'), [
    'https://notes.example',
    'http://localhost:5000',
    'https://chat.example',
  ])
  for (const wrong of [
    'notes.example',
    'null',
    'wss://x.example',
    'https://x.example/app',
    'https://*',
    '*,https://x',
  ])
    refused({ HEARTH_ORIGINS: wrong }, 'kube/bad-origins', /HEARTH_ORIGINS.*https:\/\/notes\.example/)
})

test('takes STUN and TURN servers, with the secret that they need, and no others', () => {
  const ice = (HEARTH_TURN_URL: string, HEARTH_TURN_SECRET = '') =>
    optionsOf(readSettings({ HEARTH_TURN_URL, HEARTH_TURN_SECRET }, HOME)).ice
  assert.equal(ice(' , '), undefined)
  assert.deepEqual(ice('stun:stun.example'), { urls: ['stun:stun.example'], secret: null, seconds: 3600 })
  assert.deepEqual(ice('turn:turn.example, turns:turn.example:443?transport=tcp', 'secret'), {
    urls: ['turn:turn.example', 'turns:turn.example:443?transport=tcp'],
    ...{ secret: 'secret', seconds: 3600 },
  })
  const wrong = (HEARTH_TURN_URL: string, HEARTH_TURN_SECRET: string, code: string, says: RegExp) =>
    refused({ HEARTH_TURN_URL, HEARTH_TURN_SECRET }, code, says)
  for (const url of [
    'turn.example',
    'https://turn.example',
    'turn:turn.example:99999',
    'turn:turn.example:22',
    'turn:turn.example?transport=sctp',
    'stun:a.example,turn://b.example',
    'turn:',
  ])
    wrong(url, 'secret', 'kube/bad-turn', /HEARTH_TURN_URL.*turn:turn\.example:3478/)
  wrong('stun:a,stun:b,stun:c,stun:d,stun:e', '', 'kube/many-turns', /more than 4.*fewer/)
  wrong('turn:turn.example', '', 'kube/turn-secret', /HEARTH_TURN_SECRET.*static-auth-secret/)
  wrong('stun:stun.example', 'secret', 'kube/turn-url', /HEARTH_TURN_URL/)
  wrong('', 'secret', 'kube/turn-url', /HEARTH_TURN_URL/)
})

test('refuses a data folder that is a file', async () => {
  await using fixture = await makeFixture()
  const file = await fixture.write('notes.txt', 'not a folder')
  refused({ HEARTH_DATA: file }, 'kube/bad-data', /not a folder/)
})

test('docs/operating.md lists every setting with what is so without it, and no other', () => {
  const docs = readFileSync(join(root, 'docs/operating.md'), 'utf8')
  const listed = [...docs.matchAll(/^\| `([A-Z_]+)` +\| `(\w+)` +\| .* \| (?:`(.*)`|–) +\|$/gm)]
  assert.deepEqual(
    listed.map(([, env, name, fallback = '']) => [env, name, fallback]),
    Object.entries(declared).map(([name, { env, fallback }]) => [env, name, fallback]),
  )
  const named = new Set([...docs.matchAll(/\bHEARTH_[A-Z_]+\b/g)].map(([name]) => name))
  assert.deepEqual(unknownIn(Object.fromEntries([...named].map((name) => [name, 'x']))), [])
})

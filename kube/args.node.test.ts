import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from './args.js'
import { makeFixture } from './testing/fixture.js'

const refused = (argv: string[], env: NodeJS.ProcessEnv, code: string, says: RegExp) =>
  assert.throws(
    () => readSettings(argv, env, '/home/alice'),
    (error: Error & { code?: string }) =>
      error.code === code && says.test(error.message) && !/\n/.test(error.message),
  )

test('says nothing, gets this machine only, port 4400 and ./.hearth', () => {
  assert.deepEqual(readSettings([], {}, '/home/alice'), {
    port: 4400,
    host: '127.0.0.1',
    apps: [],
    data: '/home/alice/.hearth',
    origins: [],
    ice: undefined,
    help: false,
  })
})

test('takes folders in order, relative to where they were typed', () => {
  const { apps } = readSettings(['--app', './notes', '--app=/srv/chat', '--app', '../bob'], {}, '/home/alice')
  assert.deepEqual(apps, ['/home/alice/notes', '/srv/chat', '/home/bob'])
})

test('takes port, host and data folder from the environment', () => {
  const settings = readSettings([], { PORT: '0', HOST: '::1', HEARTH_DATA: 'kept' }, '/home/alice')
  assert.deepEqual([settings.port, settings.host, settings.data], [0, '::1', '/home/alice/kept'])
})

test('refuses what it does not understand, in one line that says what to do', () => {
  refused(['--ap', 'x'], {}, 'kube/usage', /Unknown option '--ap'.*--help/)
  refused(['notes'], {}, 'kube/usage', /'notes'.*--help/)
  refused(['--app'], {}, 'kube/usage', /--app.*--help/)
  refused(['--app='], {}, 'kube/usage', /needs the name of a folder/)
  for (const PORT of ['http', '-1', '65536', '80.5', ' 80', '1e3', '0x50']) {
    refused([], { PORT }, 'kube/bad-port', /whole number from 0 to 65535/)
  }
})

test('takes whose pages may come: nobody else’s, those of a list, or all', () => {
  const origins = (HEARTH_ORIGINS: string) => readSettings([], { HEARTH_ORIGINS }, '/home/alice').origins
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
    refused([], { HEARTH_ORIGINS: wrong }, 'kube/bad-origins', /HEARTH_ORIGINS.*https:\/\/notes\.example/)
})

test('takes STUN and TURN servers, with the secret that they need, and no others', () => {
  const ice = (HEARTH_TURN_URL: string, HEARTH_TURN_SECRET = '') =>
    readSettings([], { HEARTH_TURN_URL, HEARTH_TURN_SECRET }, '/home/alice').ice
  assert.equal(ice(' , '), undefined)
  assert.deepEqual(ice('stun:stun.example'), { urls: ['stun:stun.example'], secret: null, seconds: 3600 })
  assert.deepEqual(ice('turn:turn.example, turns:turn.example:443?transport=tcp', 'secret'), {
    urls: ['turn:turn.example', 'turns:turn.example:443?transport=tcp'],
    ...{ secret: 'secret', seconds: 3600 },
  })
  const wrong = (HEARTH_TURN_URL: string, HEARTH_TURN_SECRET: string, code: string, says: RegExp) =>
    refused([], { HEARTH_TURN_URL, HEARTH_TURN_SECRET }, code, says)
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
  refused([], { HEARTH_DATA: file }, 'kube/bad-data', /not a folder/)
})

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

test('refuses a data folder that is a file', async () => {
  await using fixture = await makeFixture()
  const file = await fixture.write('notes.txt', 'not a folder')
  refused([], { HEARTH_DATA: file }, 'kube/bad-data', /not a folder/)
})

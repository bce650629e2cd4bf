import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { safeSegments } from './paths.js'
import { get, makeFixture } from './testing/fixture.js'

const climbs = [
  '../secret.txt',
  '../../secret.txt',
  '..%2fsecret.txt',
  '%2e%2e/secret.txt',
  '%2e%2e%2fsecret.txt',
  '.%2e/secret.txt',
  '..\\secret.txt',
  '..%5csecret.txt',
  '%252e%252e%252fsecret.txt',
  'deep/../../secret.txt',
  'deep%2f..%2f..%2fsecret.txt',
  '/../secret.txt',
  '//secret.txt',
  '..%00/secret.txt',
  '..;/secret.txt',
  '%c0%ae%c0%ae/secret.txt',
]

test('no path climbs out of a folder', async () => {
  await using fixture = await makeFixture()
  await fixture.write('mine/index.html', 'mine')
  await fixture.write('mine/deep/page.html', 'deep')
  await fixture.write('secret.txt', 'SECRET')
  await fixture.write('dist/secret.txt', 'SECRET')
  const server = await fixture.serve('mine')
  for (const base of ['/apps/mine/', '/hearth/', '/apps/tasks/', '/']) {
    for (const climb of climbs) {
      const { status, body } = await get(server, base + climb)
      assert.ok(status === 404 || status === 400, `${base}${climb}: ${status}`)
      assert.doesNotMatch(body.toString(), /SECRET/)
    }
  }
  assert.equal((await get(server, '/apps/mine/deep/page.html')).body.toString(), 'deep')
})

test('hidden files, and links that lead out or to hidden files, are not there', async () => {
  await using fixture = await makeFixture()
  await fixture.write('mine/index.html', 'mine')
  await fixture.write('mine/.env', 'SECRET')
  await fixture.write('mine/.git/config', 'SECRET')
  await fixture.write('mine/real.txt', 'real')
  await fixture.write('secret.txt', 'SECRET')
  await fixture.write('mine-too/secret.txt', 'SECRET')
  for (const [target, name] of [
    ['../secret.txt', 'out.txt'],
    ['..', 'up'],
    ['../mine-too', 'sibling'],
    ['.env', 'env.txt'],
    ['loop', 'loop'],
    ['real.txt', 'inside.txt'],
  ] as const) {
    await symlink(target, join(fixture.root, 'mine', name))
  }
  const server = await fixture.serve('mine')
  for (const path of [
    '.env',
    '%2eenv',
    '.git/config',
    'out.txt',
    'up/secret.txt',
    'up/mine/.env',
    'sibling/secret.txt',
    'env.txt',
    'loop',
  ]) {
    assert.equal((await get(server, `/apps/mine/${path}`)).status, 404, path)
  }
  assert.equal((await get(server, '/apps/mine/inside.txt')).body.toString(), 'real')
})

test('a folder without an index is not listed', async () => {
  await using fixture = await makeFixture()
  const server = await fixture.serve()
  assert.equal((await get(server, '/hearth/')).status, 404)
  assert.equal((await get(server, '/apps/')).status, 404)
})

test('names are decoded once', () => {
  assert.deepEqual(safeSegments('a%20b//c%2525'), ['a b', 'c%25'])
  assert.throws(() => safeSegments('%zz'), { code: 'kube/bad-path' })
})

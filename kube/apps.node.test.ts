import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findApps } from './apps.js'
import { get, makeFixture } from './testing/fixture.js'

test('lists built apps, then folders in the order given, each by what its page says', async () => {
  await using fixture = await makeFixture()
  await fixture.write(
    'Recipes/index.html',
    `<title>  Family
       recipes </title><meta name="Description" content="What we cook"><link rel="shortcut icon" href="pan.svg">`,
  )
  await fixture.write('bare/index.html', '<p>No title')
  await fixture.write('full/index.html', '<title>Page</title><link rel="manifest" href="app.webmanifest">')
  await fixture.write(
    'full/app.webmanifest',
    JSON.stringify({ name: 'Full', description: 'From the manifest', icons: [{ src: 'icons/a.png' }] }),
  )
  const server = await fixture.serve('Recipes', 'bare', 'full')
  const { headers, body } = await get(server, '/hearth/apps.json')
  assert.match(headers['content-type']!, /json/)
  assert.deepEqual(JSON.parse(body.toString()), [
    { id: 'tasks', name: 'Tasks', url: '/apps/tasks/' },
    {
      id: 'Recipes',
      name: 'Family recipes',
      url: '/apps/Recipes/',
      icon: '/apps/Recipes/pan.svg',
      description: 'What we cook',
    },
    { id: 'bare', name: 'bare', url: '/apps/bare/' },
    {
      id: 'full',
      name: 'Full',
      url: '/apps/full/',
      icon: '/apps/full/icons/a.png',
      description: 'From the manifest',
    },
  ])
  const again = await get(server, '/hearth/apps.json', { 'If-None-Match': headers.etag! })
  assert.equal(again.status, 304)
})

test('a broken manifest, and an icon or manifest elsewhere, are passed over', async () => {
  await using fixture = await makeFixture()
  await fixture.write('broken/index.html', '<title>B</title><link rel="manifest" href="m.json">')
  await fixture.write('broken/m.json', '{')
  await fixture.write('null/index.html', '<title>N</title><link rel="manifest" href="m.json">')
  await fixture.write('null/m.json', 'null')
  await fixture.write(
    'away/index.html',
    '<title>A</title><link rel=manifest href="../broken/m.json"><link rel=icon href="https://eve.example/i.png">',
  )
  const server = await fixture.serve('broken', 'null', 'away')
  const list = JSON.parse((await get(server, '/hearth/apps.json')).body.toString())
  assert.deepEqual(list.slice(1), [
    { id: 'broken', name: 'B', url: '/apps/broken/' },
    { id: 'null', name: 'N', url: '/apps/null/' },
    { id: 'away', name: 'A', url: '/apps/away/' },
  ])
})

test('an app whose folder goes while the server runs is left out', async () => {
  await using fixture = await makeFixture()
  await fixture.write('mine/index.html', '<title>Mine</title>')
  const server = await fixture.serve('mine')
  await rm(join(fixture.root, 'mine'), { recursive: true })
  const list = JSON.parse((await get(server, '/hearth/apps.json')).body.toString())
  assert.deepEqual(
    list.map(({ id }: { id: string }) => id),
    ['tasks'],
  )
  assert.equal((await get(server, '/apps/mine/')).status, 404)
})

test('refuses folders that cannot be apps, saying why', async () => {
  await using fixture = await makeFixture()
  await fixture.write('empty/readme.txt', '')
  await fixture.write('file.txt', '')
  await fixture.write('.hidden/index.html', '')
  await fixture.write('tasks/index.html', '')
  for (const [folder, code] of [
    ['nowhere', 'kube/app-missing'],
    ['file.txt', 'kube/app-missing'],
    ['empty', 'kube/app-without-index'],
    ['.hidden', 'kube/app-name'],
    ['tasks', 'kube/app-twice'],
  ] as const) {
    await assert.rejects(findApps(fixture.dist, [join(fixture.root, folder)]), { code }, folder)
  }
})

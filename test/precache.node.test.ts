/** The build keeps nothing back from the service worker: a file that would be left out ends it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { precacheManifest } from '../esbuild.precache.mjs'

describe('the list of files that the service worker keeps', () => {
  let dist: string
  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'hearth-precache-'))
    await write('hearth.js', 'client')
    await write('hearth.js.map', '{}')
    await write('hearth/worker.js', 'runtime')
    await write('hearth/service-worker.js', 'itself')
    await write('hearth/automerge-0a1b2c3d.wasm', 'x'.repeat(5000))
    await write('shell/index.html', '<title>Hearth</title>')
    await write('shell/install/screenshots/wide.png', 'picture')
    await write('apps/tasks/index.html', '<title>Tasks</title>')
    await write('apps/tasks/deep/part.css', 'p {}')
    await write('kube/main.js', 'server')
    await write('client/index.js', 'package')
  })
  after(() => rm(dist, { recursive: true, force: true }))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(dist, path)), { recursive: true })
    await writeFile(join(dist, path), text)
  }

  it('has every file that a browser asks for, at its address, and weighs them', async () => {
    const { files, bytes } = await precacheManifest(dist)
    assert.deepEqual(
      files.map(({ url }) => url),
      [
        '/',
        '/apps/tasks/',
        '/apps/tasks/deep/part.css',
        '/hearth.js',
        '/hearth/automerge-0a1b2c3d.wasm',
        '/hearth/worker.js',
      ],
    )
    assert.equal(bytes, 5000 + 6 + 7 + 21 + 20 + 4)
  })

  it('says of which bytes each consists', async () => {
    const { files } = await precacheManifest(dist)
    assert.equal(files.at(-1)!.integrity, `sha256-${createHash('sha256').update('runtime').digest('base64')}`)
  })

  it('ends the build, by name, for a file that is too large', async () => {
    await assert.rejects(precacheManifest(dist, 4000), /Left out: hearth\/automerge-0a1b2c3d\.wasm/)
  })

  it('ends the build for a file whose name would not be found', async () => {
    await write('apps/tasks/[draft].css', 'p {}')
    await assert.rejects(precacheManifest(dist), /Left out: apps\/tasks\/\[draft\]\.css/)
    await rm(join(dist, 'apps/tasks/[draft].css'))
  })
})

/** A copy of what a KUBE keeps, taken while devices write; and a server that goes on with it elsewhere. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { backup, restore } from '../../kube/commands/backup.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { until } from '../attacks/mallory/clock.js'
import { NodeDevice, PATIENCE_MS } from './device.js'

test('a copy is taken while Olga writes; restored elsewhere, it is served, and her device adds what is newer', async () => {
  await using fixture = await makeFixture()
  const [data, copy, other] = ['data', 'copy', 'other'].map((name) => `${fixture.root}/${name}`) as [
    string,
    string,
    string,
  ]
  const server = await fixture.serveWith({ data })
  using olga = await NodeDevice.begin()
  using ed = await NodeDevice.begin()
  const { id: space } = await olga.halo.createSpace('Kitchen')
  await olga.admit(space, ed, 'admin')
  await olga.addHost(space, server.url)
  const before = await olga.write(space, 'before')
  await olga.isKept(space)
  let isWriting = true
  const later: ObjectId[] = []
  const writing = (async () => {
    while (isWriting) later.push(await olga.write(space, `Note ${later.length}`))
  })()
  await until('some', () => later.length > 10, PATIENCE_MS)
  assert.ok((await backup(data, copy)) > 0)
  const atTheTime = later.length
  await until('more', () => later.length > atTheTime + 20, PATIENCE_MS)
  isWriting = false
  await writing
  await assert.rejects(backup(data, copy), { code: 'kube/backup', message: /there is a copy already/ })
  await assert.rejects(restore(copy, data), { code: 'kube/backup', message: /end the server/ })
  const port = Number(new URL(server.url).port)
  await server.close()

  assert.ok((await restore(copy, other)) >= 1)
  const again = await fixture.serveWith({ data: other, port })
  // Ed has nothing but the log: what he gets comes from the copy, and then from Olga by the server.
  await ed.addHost(space, again.url)
  await until('Ed to have what the copy has', () => ed.has(before), PATIENCE_MS)
  await olga.isKept(space)
  await until('Ed to have the rest', () => later.every((note) => ed.has(note)), PATIENCE_MS)
})

test('what is no copy is not restored, and what is wrong with a folder is said', async () => {
  await using fixture = await makeFixture()
  const data = `${fixture.root}/data`
  await assert.rejects(backup(data, `${fixture.root}/copy`), { code: 'kube/nothing-kept' })
  assert.ok(!existsSync(data), 'nothing is made by that')
  await assert.rejects(restore(`${fixture.root}/nowhere`, data), { code: 'kube/nothing-kept' })
  await fixture.write('broken/replicas/data.mdb', 'no store at all'.repeat(1_000))
  await assert.rejects(restore(`${fixture.root}/broken`, data), { code: 'kube/store' })
  assert.ok(!existsSync(`${data}/replicas`) && !existsSync(`${data}/replicas-part`))
  const server = await fixture.serveWith({ data })
  const file = await fixture.write('file', '')
  await assert.rejects(backup(data, `${file}/copy`), { code: 'kube/backup', message: /ENOTDIR/ })
  await server.close()
})

/** The files by which a KUBE is put on a machine: they set what there is to set, and are read by what reads them, where that is installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSettings, unknownIn } from '../../kube/settings/read.js'
import { makeFixture } from '../../kube/testing/fixture.js'
import { root } from '../runner/files.js'

const read = (name: string) => readFileSync(join(root, 'deploy', name), 'utf8')
const settingsIn = (line: string) =>
  Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]))

test('the unit of systemd is one, sets what there is to set, and leaves time to end', async () => {
  const unit = read('hearth.service')
  const env = settingsIn(/^Environment=(.*)$/m.exec(unit)![1]!)
  assert.deepEqual(unknownIn(env), [])
  const { noticeSeconds, drainSeconds } = readSettings({}, '/')
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]) > noticeSeconds + drainSeconds)
  await using fixture = await makeFixture()
  // It is not installed here; everything else of the unit is looked at.
  const file = await fixture.write('hearth.service', unit.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'))
  if (!existsSync('/usr/bin/systemd-analyze'))
    return console.log('    systemd is not here, and has not read it')
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.deepEqual([status, stderr], [0, ''])
})

test('the image holds what the server needs, and sets what there is to set', () => {
  const file = read('Dockerfile')
  const env = settingsIn(/^ENV (.*)$/m.exec(file)![1]!)
  assert.deepEqual(unknownIn(env), [])
  assert.equal(readSettings({ ...env, HEARTH_DATA: '' }, '/').host, '0.0.0.0')
  const named = [...file.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names]) => names!.split(' '))
  for (const name of named) assert.ok(existsSync(join(root, name)), name)
})

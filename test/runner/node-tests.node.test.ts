import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, it } from 'node:test'
import { join } from 'node:path'
import { root } from './files.js'
import type { Tally } from './tally.js'

describe('the runner of Node tests', () => {
  it('counts tests, not suites', async () => {
    assert.deepEqual(await tallyOf('', 'mixed'), { passed: 2, failed: 1, skipped: 1 })
  })
  it('counts a broken hook as a failure', async () => {
    assert.deepEqual(await tallyOf('', 'hook'), { passed: 1, failed: 1, skipped: 0 })
  })
  it('leaves what a name filter leaves out uncounted', async () => {
    assert.deepEqual(await tallyOf('passes too', 'mixed', 'empty'), { passed: 1, failed: 0, skipped: 0 })
  })
  it('fails for a file without tests, and for one that does not load', async () => {
    assert.deepEqual(await tallyOf('', 'empty'), { passed: 0, failed: 1, skipped: 0 })
    assert.deepEqual(await tallyOf('', 'broken'), { passed: 0, failed: 1, skipped: 0 })
  })
  it('fails for an error that comes after its test', async () => {
    assert.notEqual((await tallyOf('', 'late')).failed, 0)
  })
})

function tallyOf(pattern: string, ...fixtures: string[]): Promise<Tally> {
  const files = fixtures.map((name) => join('test/runner/fixtures', `${name}.ts`))
  // node:test refuses to run inside a test; without its mark the child does not know that it does.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/runner/node-tests.ts', pattern, ...files], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (tally) => resolve(tally as Tally))
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it reported`)))
  })
}

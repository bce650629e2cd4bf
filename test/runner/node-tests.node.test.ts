import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runNodeTests } from './node-tests.js'
import { emptyTally } from './tally.js'

describe('the runner of Node tests', () => {
  it('counts tests, not suites', async () => {
    const failures = [`${fileOf('mixed')} › Alice › fails`]
    assert.deepEqual(await tallyOf('', 'mixed'), { passed: 2, failures, skipped: 1 })
  })
  it('counts a broken hook as a failure', async () => {
    const failures = [`${fileOf('hook')} › Carol`]
    assert.deepEqual(await tallyOf('', 'hook'), { ...emptyTally, passed: 1, failures })
  })
  it('leaves what a name filter leaves out uncounted', async () => {
    assert.deepEqual(await tallyOf('passes too', 'mixed'), { ...emptyTally, passed: 1 })
  })
  it('fails for a file without tests, and for one that does not load, and runs the others', async () => {
    const { passed, failures } = await tallyOf('', 'empty', 'broken', 'bytes')
    assert.deepEqual([passed, failures.length], [1, 2])
    assert.match(failures[0]!, /empty.ts ended with code 0 and did not say/)
    assert.match(failures[1]!, /broken.ts ended with code 1 and did not say/)
  })
  it('fails for an error that comes after its test', async () => {
    assert.notEqual((await tallyOf('', 'late')).failures.length, 0)
  })
  it('counts tests whatever bytes they print', async () => {
    assert.deepEqual(await tallyOf('', 'bytes'), { ...emptyTally, passed: 1 })
  })
})

/** What fails there is to fail: it is not shown among the failures of this run. */
const tallyOf = (pattern: string, ...fixtures: string[]) =>
  runNodeTests(pattern, fixtures.map(fileOf), () => {})

const fileOf = (name: string) => `test/runner/fixtures/${name}.ts`

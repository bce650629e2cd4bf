import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findTests, runnerOf } from './files.js'

describe('files of a runner', () => {
  it('go by their names', () => {
    assert.equal(runnerOf('kube/csp.node.test.ts'), 'unit')
    assert.equal(runnerOf('client/text.test.ts'), 'browser')
    assert.equal(runnerOf('test/e2e/kill.e2e.ts'), 'e2e')
    assert.equal(runnerOf('test/e2e/browser.ts'), undefined)
    assert.equal(runnerOf('client/text.ts'), undefined)
  })
  it('are chosen by part of a path, or else by part of a test name', () => {
    assert.deepEqual(findTests('unit', 'runner/files'), {
      files: ['test/runner/files.node.test.ts'],
      pattern: '',
    })
    const { files, pattern } = findTests('unit', 'go by their names')
    assert.equal(pattern, 'go by their names')
    assert.ok(files.length > 1)
  })
})

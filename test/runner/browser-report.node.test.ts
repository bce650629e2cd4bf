import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tallyOf } from './browser-report.js'

const test = (name: string, passed: boolean, more = {}) => ({ name, passed, skipped: false, ...more })
const suite = (...tests: ReturnType<typeof test>[]) => ({
  name: '',
  tests: [],
  suites: [{ name: 'Alice', suites: [], tests }],
})

describe('the tally of a file in a browser', () => {
  it('counts the tests of inner suites', () => {
    const testResults = suite(test('one', true), test('two', false), test('three', false, { skipped: true }))
    assert.deepEqual(tallyOf({ errors: [], passed: false, testResults }, false), {
      passed: 1,
      failed: 1,
      skipped: 1,
    })
  })
  it('fails when the file did not load', () => {
    const errors = [{ message: 'Could not import your test module.' }]
    assert.deepEqual(tallyOf({ errors, passed: false }, false), { passed: 0, failed: 1, skipped: 0 })
  })
  it('fails when all tests passed and the session did not', () => {
    assert.deepEqual(tallyOf({ errors: [], passed: false, testResults: suite(test('one', true)) }, false), {
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })
  it('fails when there were no tests, unless a filter took them away', () => {
    assert.equal(tallyOf({ errors: [], passed: true, testResults: suite() }, false).failed, 1)
    const left = suite(test('one', false))
    assert.deepEqual(tallyOf({ errors: [], passed: true, testResults: left }, true), {
      passed: 0,
      failed: 0,
      skipped: 0,
    })
  })
})

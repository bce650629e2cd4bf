import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tallyOf } from './browser-report.js'
import { root } from './files.js'

const test = (name: string, passed: boolean, more = {}) => ({ name, passed, skipped: false, ...more })
const suite = (...tests: ReturnType<typeof test>[]) => ({
  name: '',
  tests: [],
  suites: [{ name: 'Alice', suites: [], tests }],
})

const where = { testFile: `${root}/alice.test.ts`, browser: { name: 'firefox' } }
const file = 'alice.test.ts in firefox'

describe('the tally of a file in a browser', () => {
  it('counts the tests of inner suites', () => {
    const testResults = suite(test('one', true), test('two', false), test('three', false, { skipped: true }))
    assert.deepEqual(tallyOf({ ...where, errors: [], passed: false, testResults }, false), {
      passed: 1,
      failures: [`${file} › Alice › two`],
      skipped: 1,
    })
  })
  it('fails when the file did not load', () => {
    const errors = [{ message: 'Could not import your test module.' }]
    assert.deepEqual(tallyOf({ ...where, errors, passed: false }, false), {
      passed: 0,
      failures: [file],
      skipped: 0,
    })
  })
  it('fails when all tests passed and the session did not', () => {
    assert.deepEqual(
      tallyOf({ ...where, errors: [], passed: false, testResults: suite(test('one', true)) }, false),
      {
        passed: 1,
        failures: [file],
        skipped: 0,
      },
    )
  })
  it('fails when there were no tests, unless a filter took them away', () => {
    assert.equal(
      tallyOf({ ...where, errors: [], passed: true, testResults: suite() }, false).failures.length,
      1,
    )
    const left = suite(test('one', false))
    assert.deepEqual(tallyOf({ ...where, errors: [], passed: true, testResults: left }, true), {
      passed: 0,
      failures: [],
      skipped: 0,
    })
  })
})

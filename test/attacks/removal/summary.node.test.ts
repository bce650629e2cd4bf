/** A defence that no attack misses is found, and so is a line of the page that names the wrong file. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linesOf, summaryOf, type Taken } from './summary.js'

const by = (file: string) => ({ file, by: { test: 'Eve comes in', why: 'she is in\nand stays' } })
const taken = (defence: string, verdict: Partial<Taken['verdict']>): Taken => ({
  ...{ defence, own: ['a', 'b'] },
  verdict: { unsteady: [], ...verdict },
})

describe('the summary', () => {
  it('finds no fault with what its own tests miss', () => {
    const all = [taken('gate', { noticed: by('b') }), taken('moat', { noticed: by('a'), unsteady: ['one'] })]
    const { lines, faults } = summaryOf(all, 5)
    assert.equal(faults, 0)
    assert.deepEqual(lines, [
      '2 defences taken out in 5 s, 2.5 s each.',
      '1 times, a test failed that did not again, or failed with the defence too.',
      '0 are missed by other tests than attacks.md says',
      '0 make no difference',
    ])
  })
  it('names what no test misses, or what leaves nothing whole', () => {
    const all = [taken('gate', {}), taken('moat', { noticed: by('a'), flaw: 'all is red' })]
    const { lines, faults } = summaryOf(all, 5)
    assert.equal(faults, 2)
    assert.deepEqual(lines.slice(-3), ['2 make no difference', '  gate', '  moat'])
  })
  it('names what is missed by a test of another file than the page says', () => {
    const { lines, faults } = summaryOf([taken('gate', { noticed: by('c') })], 5)
    assert.equal(faults, 1)
    assert.ok(lines.includes('  gate: by c'))
  })
})

describe('what is said of one defence', () => {
  it('is the test, and why only if that is asked for', () => {
    const verdict = { noticed: by('a'), unsteady: [] }
    assert.deepEqual(linesOf(verdict, false), ['  ✖ Eve comes in'])
    assert.deepEqual(linesOf(verdict, true), ['  ✖ Eve comes in', '      she is in\n      and stays'])
  })
  it('is that no test went red, or why that says nothing', () => {
    assert.deepEqual(linesOf({ unsteady: ['one'] }, true), [
      '  ? one, but not by the defence',
      '  ! NO TEST WENT RED',
    ])
    assert.deepEqual(linesOf({ unsteady: [], flaw: 'it does not load' }, true), ['  ! it does not load'])
  })
})

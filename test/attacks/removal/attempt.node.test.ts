/** Real attacks, in a process of their own, with and without a real defence. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attempt } from './attempt.js'
import { houseMarks } from './house-marks.js'

const file = 'test/attacks/signatures.node.test.ts'
const limitMs = 60_000
const marks = (await houseMarks()).filter(({ defence }) => defence === 'signature-length')

describe('an attempt', () => {
  it('has nothing red with all defences in place', async () => {
    const { green, red, hung, broken } = await attempt([], file, { limitMs })
    assert.ok(green > 3)
    assert.deepEqual([red, hung, broken], [[], false, undefined])
  })
  it('without a defence has the test red that shows it, and others green', async () => {
    const { green, red, hung, broken } = await attempt(marks, file, { limitMs })
    assert.ok(green > 0)
    assert.ok(red.length > 0 && red[0]!.why.includes('AssertionError'))
    assert.deepEqual([hung, broken], [false, undefined])
    const alone = await attempt(marks, file, { limitMs, only: red[0]!.test })
    assert.deepEqual([alone.green, alone.red.map(({ test }) => test)], [0, [red[0]!.test]])
  })
  it('ends as soon as it is told that this is enough, which is no mistake', async () => {
    assert.deepEqual(await attempt([], file, { limitMs, enough: ({ green }) => green === 2 }), {
      green: 2,
      red: [],
      hung: false,
    })
  })
  it('says so if it does not end in time', async () => {
    assert.deepEqual(await attempt([], file, { limitMs: 1 }), { green: 0, red: [], hung: true })
  })
  it('says why if what is left does not load', async () => {
    const [mark] = marks
    const broken = { ...mark!, cut: { ...mark!.cut, instead: ')' } }
    assert.match((await attempt([broken], file, { limitMs })).broken!, /Unexpected "\)"/)
  })
})

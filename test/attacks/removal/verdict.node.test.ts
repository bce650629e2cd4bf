/** When a defence counts as missed, and how much is run for it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome, Red } from './attempt.js'
import { judge, type Control, type Try, type Verdict } from './verdict.js'

/** What becomes of each test of a file, time after time: green, red or endless. The last letter is for all times after. */
type Files = Record<string, Record<string, string>>

/** Runs no test, and writes down which would have been run. */
function pretend(files: Files): { attempt: Try; run: string[] } {
  const run: string[] = []
  const times: Record<string, number> = {}
  const attempt: Try = async (file, { only, enough }) => {
    const red: Red[] = []
    let green = 0
    const outcome = (more: Partial<Outcome> = {}): Outcome => ({ green, red, hung: false, ...more })
    if (files[file]!['breaks']) return outcome({ broken: files[file]!['breaks'] })
    for (const [test, letters] of Object.entries(files[file]!)) {
      if (only !== undefined && test !== only) continue
      run.push(`${file} ${test}`)
      const time = (times[test] = (times[test] ?? -1) + 1)
      const letter = letters[time] ?? letters.at(-1)
      if (letter === 'e') return outcome({ hung: true })
      if (letter === 'g') green++
      else red.push({ test, why: `time ${time}` })
      if (enough?.({ green, red })) break
    }
    return outcome()
  }
  return { attempt, run }
}

async function judged(
  files: Files,
  control: Control = () => Promise.resolve(true),
): Promise<Verdict & { run: string[]; by?: string }> {
  const { attempt, run } = pretend(files)
  const verdict = await judge(Object.keys(files), attempt, control)
  const { noticed } = verdict
  return { ...verdict, run, ...(noticed && { by: `${noticed.file} ${noticed.by.test}` }) }
}

describe('without a defence', () => {
  it('one test that goes red twice is enough, where another is green; no others are run', async () => {
    const { by, flaw, run } = await judged({ a: { one: 'g', two: 'r', three: 'r' }, b: { four: 'r' } })
    assert.equal(by, 'a two')
    assert.equal(flaw, undefined)
    assert.deepEqual(run, ['a one', 'a two', 'a two'])
  })
  it('the next file is run if all of one is green', async () => {
    const { by, run } = await judged({ a: { one: 'g' }, b: { two: 'r' }, c: { three: 'r' } })
    assert.equal(by, 'b two')
    assert.deepEqual(run, ['a one', 'b two', 'b two'])
  })
  it('no test may go red: then all have been run, and nothing is noticed', async () => {
    const { by, flaw, unsteady, run } = await judged({ a: { one: 'g' }, b: { two: 'g' } })
    assert.deepEqual([by, flaw, unsteady], [undefined, undefined, []])
    assert.deepEqual(run, ['a one', 'b two'])
  })
  it('what is red once and not again does not count, and the tests after it are run', async () => {
    const { by, unsteady, run } = await judged({ a: { one: 'g', two: 'rg', three: 'r' } })
    assert.equal(by, 'a three')
    assert.deepEqual(unsteady, ['two'])
    assert.deepEqual(run, ['a one', 'a two', 'a two', 'a one', 'a two', 'a three', 'a three'])
  })
  it('what is red with the defence, too, does not count', async () => {
    const asked: string[] = []
    const { by, unsteady } = await judged({ a: { one: 'g', two: 'r', three: 'r' } }, (file, test) => {
      asked.push(`${file} ${test}`)
      return Promise.resolve(test === 'three')
    })
    assert.equal(by, 'a three')
    assert.deepEqual(unsteady, ['two'])
    assert.deepEqual(asked, ['a two', 'a three'])
  })
  it('what is red now and then is tried no third time', async () => {
    const { by, unsteady } = await judged({ a: { one: 'g', two: 'rgr' } })
    assert.equal(by, undefined)
    assert.deepEqual(unsteady, ['two'])
  })
  it('a test must still be green, in whatever file, and the first that is will do', async () => {
    const { by, flaw, run } = await judged({
      a: { one: 'r', two: 'r' },
      b: { three: 'r', four: 'g', five: 'g' },
    })
    assert.equal(by, 'a one')
    assert.equal(flaw, undefined)
    assert.deepEqual(run, ['a one', 'a two', 'a one', 'b three', 'b four'])
  })
  it('nothing green any more is a flaw', async () => {
    const { flaw } = await judged({ a: { one: 'r' }, b: { two: 'r' } })
    assert.match(flaw!, /no test stayed green/)
  })
  it('what does not load is a flaw', async () => {
    const { by, flaw } = await judged({ a: { one: 'g', breaks: 'no such export' }, b: { two: 'r' } })
    assert.equal(by, undefined)
    assert.match(flaw!, /broke off: no such export/)
  })
  it('a test that does not end counts, if it does not twice', async () => {
    const { by } = await judged({ a: { one: 'g', two: 'e' }, b: { three: 'r' } })
    assert.equal(by, 'a a test that did not end')
  })
  it('a test that once does not end does not', async () => {
    const { by, unsteady } = await judged({ a: { one: 'g', two: 'eg' }, b: { three: 'g' } })
    assert.equal(by, undefined)
    assert.deepEqual(unsteady, ['a test that did not end'])
  })
  it('a test that is red before another does not end is what counts', async () => {
    const { by } = await judged({ a: { one: 'r', two: 'e' } })
    assert.equal(by, 'a one')
  })
})

/** The marks in the source, the list of defences and docs/protocol/attacks.md say the same. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defences } from '../defences.js'
import { attackFiles } from './attempt.js'
import { disagreements, houseMarks, type PlacedMark } from './house-marks.js'
import { rowsOfThePage, testsOf } from './page.js'

const marks = await houseMarks()

describe('the list of defences', () => {
  it('has what is marked, and nothing else', () => assert.deepEqual(disagreements(marks), []))
  it('is found to lack what it lacks, and to have what is marked nowhere', () => {
    const mark = { defence: 'gate', file: 'worker/gate.ts', line: 3 } as PlacedMark
    assert.deepEqual(disagreements([mark], ['moat']), [
      '"moat" is marked nowhere',
      '"gate" (worker/gate.ts:3) is not in test/attacks/defences.ts',
    ])
  })
})

describe('docs/protocol/attacks.md', () => {
  const rows = rowsOfThePage()

  it('names every defence, and no other', () => {
    const named = rows.flatMap((row) => row.defences)
    assert.deepEqual([...new Set(named)].sort(), Object.keys(defences).sort())
  })
  it('says where each is', () => {
    for (const row of rows) {
      const where = marks.filter(({ defence }) => row.defences.includes(defence)).map(({ file }) => file)
      assert.deepEqual(
        [...new Set(where)].sort(),
        row.where.map((file) => (file.startsWith('kube/') ? file : `worker/${file}`)).sort(),
        row.defences.join(),
      )
    }
  })
  it('names every file of attacks, and no other', () => {
    const tests = new Set(rows.flatMap((row) => row.tests))
    assert.deepEqual([...tests].sort(), attackFiles())
  })
  it('says which attacks show what a defence is for, over all its lines', () => {
    const row = (defences: string[], ...tests: string[]) => ({ defences, where: [], tests })
    const all = [row(['gate', 'moat'], 'a', 'b'), row(['moat'], 'c'), row(['gate'], 'b', 'd')]
    assert.deepEqual(testsOf('gate', all), ['a', 'b', 'd'])
  })
})

/** The marks in the source, the list of defences and docs/protocol/attacks.md say the same. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { root } from '../../runner/files.js'
import { defences } from '../defences.js'
import { attackFiles } from './attempt.js'
import { disagreements, houseMarks, type PlacedMark } from './house-marks.js'

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
  const lines = readFileSync(join(root, 'docs/protocol/attacks.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!attack |-)/.test(line))
    .map((line) => line.split('|').slice(1, -1).map(quoted))
  const named = lines.flatMap(([, names]) => names!)

  it('names every defence, and no other', () => {
    assert.deepEqual([...new Set(named)].sort(), Object.keys(defences).sort())
  })
  it('says where each is', () => {
    for (const [, names, files] of lines) {
      const where = marks.filter(({ defence }) => names!.includes(defence)).map(({ file }) => file)
      assert.deepEqual(
        [...new Set(where)].sort(),
        files!.map((file) => `worker/${file}`).sort(),
        names!.join(),
      )
    }
  })
  it('names every file of attacks, and no other', () => {
    const tests = new Set(lines.flatMap(([, , , files]) => files!))
    assert.deepEqual(
      [...tests].sort(),
      attackFiles()
        .map((path) => basename(path, '.node.test.ts'))
        .sort(),
    )
  })
})

/** What stands between backquotes. */
function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

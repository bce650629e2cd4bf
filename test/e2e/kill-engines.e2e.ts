/** The shortest form of `npm run test:kill` in Firefox and WebKitGTK: what is most like people's days there, once. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EngineName } from '../engines/engine.js'
import { cellsOf } from '../kill/plan.js'
import { findingsOf } from '../kill/report.js'
import { Row } from '../kill/row.js'
import { noWebKit } from '../runner/browsers.js'
import { freshSeed, setting } from './random.js'

const cycles = setting('HEARTH_CYCLES', 1)
const seed = freshSeed()

const short: readonly { engine: EngineName; cells: readonly string[]; skip: string | false }[] = [
  { engine: 'firefox', cells: ['kill-browser/bulk', 'crash-creator/typing'], skip: false },
  {
    engine: 'webkit',
    // Where the tab that has started the worker closes, WebKit starts it again without a word, on the same ports.
    cells: ['kill-browser/bulk', 'crash-creator/typing', 'close-creator/typing'],
    skip: noWebKit() ?? false,
  },
]

for (const { engine, cells, skip } of short)
  for (const [cell] of cells.map(cellsOf))
    describe(`in ${engine}, after ${cell!.fault}`, { skip }, () => {
      let row: Row
      before(async () => (row = await Row.open(engine, cell!.fault)))
      after(() => row[Symbol.asyncDispose]())

      it(`under ${cell!.load}, what was acknowledged is there, and every tab is live again or says why not`, async () => {
        const report = await row.run(cell!, cycles, seed, () => ({ tabs: 2, long: false, leeway: 2 }))
        const again = `npm run test:kill -- --browser ${engine} --only ${cell!.fault}/${cell!.load} --seed ${seed}`
        assert.deepEqual(findingsOf(report), [], again)
      })

      it('the disk has what was acknowledged when the browser is killed', async () => {
        assert.deepEqual([...(await row.checkDisk()).values()].flat(), [], `seed ${seed}`)
      })
    })

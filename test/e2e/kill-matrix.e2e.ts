/** The short form of `npm run test:kill`: every fault under every load, HEARTH_CYCLES times (1), with two tabs. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { cellsOf, faultNames } from '../kill/plan.js'
import { findingsOf } from '../kill/report.js'
import { Row } from '../kill/row.js'
import { freshSeed, setting } from './random.js'

const cycles = setting('HEARTH_CYCLES', 1)
const seed = freshSeed()

for (const fault of faultNames)
  describe(`after ${fault}`, () => {
    let row: Row
    before(async () => (row = await Row.open('chromium', fault)))
    after(() => row[Symbol.asyncDispose]())

    for (const cell of cellsOf(fault))
      it(`under ${cell.load}, what was acknowledged is there, and every tab is live again or says why not`, async () => {
        const report = await row.run(cell, cycles, seed, () => ({ tabs: 2, long: false, leeway: 2 }))
        assert.deepEqual(
          findingsOf(report),
          [],
          `npm run test:kill -- --only ${fault}/${cell.load} --seed ${seed}`,
        )
      })

    it('the disk has what was acknowledged when the browser is killed', async () => {
      assert.deepEqual([...(await row.checkDisk()).values()].flat(), [], `seed ${seed}`)
    })
  })

/**
 * `npm run test:kill -- [--browser chromium|firefox|webkit] [--cycles N] [--only fault/load,…] [--seed S]`: every fault
 * that can be brought about in that browser, under every load, N times. Ends with code 1 if anything acknowledged was
 * lost, a tab stalled, or anything was half there. See docs/reliability.md.
 */
import { readArgs } from './args.js'
import { notDriven } from './driven.js'
import { faultNames } from './plan.js'
import { emptyReport, findingsOf, holds, table, totals, type CellReport } from './report.js'
import { Row } from './row.js'

/** Of ten cycles, one waits until the worker has given the frozen tab up. */
const isLong = (cycle: number) => cycle % 10 === 9

const { browser, cells, cycles, seed } = readArgs(process.argv.slice(2))
console.log(
  `In ${browser}, seeds ${seed} to ${seed + cycles - 1}; one cycle again: --browser ${browser} --only fault/load --cycles 1 --seed S`,
)
const reports: CellReport[] = []
for (const fault of faultNames) {
  const mine = cells.filter((cell) => cell.fault === fault)
  if (mine.length === 0) continue
  const why = notDriven(browser, fault)
  if (why) {
    reports.push(...mine.map((cell) => emptyReport(cell, why)))
    console.log(`${fault}: not driven: ${why}`)
    continue
  }
  await using row = await Row.open(browser, fault)
  const done: CellReport[] = []
  for (const cell of mine) {
    const began = Date.now()
    const report = await row.run(
      cell,
      cycles,
      seed,
      (cycle) => ({ tabs: 3, long: isLong(cycle) }),
      console.log,
    )
    done.push(report)
    console.log(
      `${fault}/${cell.load}: ${cycles} cycles in ${Math.round((Date.now() - began) / 1000)} s, ${holds(report) ? 'holds' : 'DOES NOT HOLD'}`,
    )
  }
  const disk = await row.checkDisk()
  for (const report of done) reports.push({ ...report, lost: [...report.lost, ...disk.get(report.cell)!] })
  console.log(table(reports.slice(-done.length)))
}
const findings = reports.flatMap(findingsOf)
if (findings.length > 0) console.log(`\n${findings.join('\n')}`)
console.log(`\n${table(reports)}\nIn ${browser}, seeds from ${seed}: ${totals(reports)}`)
process.exitCode = findings.length > 0 ? 1 : 0
// Whatever a lost page still waits for.
process.exit()

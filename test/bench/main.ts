/**
 * `npm run bench [-- --only a,b] [--peers] [--reps 5] [--json file] [--quick]`: measures Hearth against the floor, and
 * with `--peers` against others. Ends with code 1 if a budget was missed; with `--quick`, if by more than twice, in
 * two measurements. Tells a parent process how many budgets held, as a tally of tests.
 */
import { writeFileSync } from 'node:fs'
import type { Tally } from '../runner/tally.js'
import { readArgs } from './args.js'
import { buildAll, installPeers } from './build.js'
import { metrics, type Metric } from './metrics/index.js'
import type { Row } from './rows.js'
import { Run } from './run.js'
import { serve } from './server.js'
import { peerNames, type SystemName } from './systems.js'
import { growthTable, table } from './table.js'

/** How many times its budget a row may need. */
const ALLOWED = { full: 1, quick: 2 }

const args = readArgs(process.argv.slice(2))
for (const name of args.only)
  if (!metrics.some((metric) => metric.name === name))
    throw new Error(`There is no metric "${name}"; there are ${metrics.map((m) => m.name).join(', ')}.`)
const chosen = metrics.filter(({ name, slow }) =>
  args.only.length > 0 ? args.only.includes(name) : !(args.quick && slow),
)
const allowed = args.quick ? ALLOWED.quick : ALLOWED.full
const missed = ({ used = 0 }: Row) => used > allowed

const systems: SystemName[] = ['floor', 'hearth', ...(args.peers ? peerNames : [])]
if (args.peers) installPeers()
await buildAll([...systems, 'blank'])
const server = await serve([...systems, 'blank'])
const rows: Row[] = []
/** What could not be measured. */
const broken: string[] = []
try {
  for (const metric of chosen) {
    const began = performance.now()
    rows.push(...(await measured(metric)))
    console.error(`${metric.name}: ${Math.round((performance.now() - began) / 1000)} s`)
    if (args.json) writeFileSync(args.json, `${JSON.stringify(rows, undefined, 2)}\n`)
  }
} finally {
  await server.close()
}
if (rows.some(({ series }) => !series)) console.log(table(rows))
if (rows.some(({ series }) => series)) console.log(growthTable(rows))

for (const row of rows.filter(missed)) console.error(needs(row))
const judged = rows.filter(({ budget }) => budget)
const failures = [...judged.filter(missed).map(needs), ...broken]
process.send?.({ passed: judged.filter((row) => !missed(row)).length, failures, skipped: 0 } satisfies Tally)
process.disconnect?.()
if (failures.length > 0) process.exitCode = 1

/**
 * On a machine that others use as well, one bad figure of a quick run says little: what misses by too much is
 * measured once more, and it is the second figure that counts. Both are told.
 */
async function measured(metric: Metric): Promise<readonly Row[]> {
  const first = await once(metric)
  const bad = first.filter(missed)
  if (!args.quick || bad.length === 0) return first
  for (const row of bad) console.error(`${needs(row)} Measuring again.`)
  const second = await once(metric)
  for (const { metric, used } of bad) {
    const again = second.find((row) => row.metric === metric)?.used
    console.error(`${metric}: first ${used!.toFixed(2)}, then ${again?.toFixed(2)} times its budget.`)
  }
  const bads = new Set(bad.map((row) => row.metric))
  return first.map((row) => (bads.has(row.metric) && second.find((one) => one.metric === row.metric)) || row)
}

async function once(metric: Metric): Promise<readonly Row[]> {
  const run = new Run(server, systems, args.reps, args.quick)
  try {
    await metric.run(run)
  } catch (cause) {
    // What it had measured, and what the other metrics say, is worth having; the run has failed all the same.
    console.error(`${metric.name} failed:`, cause)
    broken.push(metric.name)
  }
  return run.rows.all
}

function needs({ metric, used, budget }: Row): string {
  return `${metric} needs ${used!.toFixed(2)} times its budget (${budget}).`
}

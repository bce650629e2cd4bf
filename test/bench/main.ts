/**
 * `npm run bench [-- --only a,b] [--peers] [--reps 5] [--json file] [--quick]`: measures Hearth against the floor, and
 * with `--peers` against others. Ends with code 1 if a budget was missed; with `--quick`, if by more than twice.
 */
import { writeFileSync } from 'node:fs'
import { readArgs } from './args.js'
import { buildAll, installPeers } from './build.js'
import { metrics } from './metrics/index.js'
import { Run } from './run.js'
import { serve } from './server.js'
import { peerNames, type SystemName } from './systems.js'
import { table } from './table.js'

const args = readArgs(process.argv.slice(2))
for (const name of args.only)
  if (!metrics.some((metric) => metric.name === name))
    throw new Error(`There is no metric "${name}"; there are ${metrics.map((m) => m.name).join(', ')}.`)
const chosen = metrics.filter(({ name, slow }) =>
  args.only.length > 0 ? args.only.includes(name) : !(args.quick && slow),
)

const systems: SystemName[] = ['floor', 'hearth', ...(args.peers ? peerNames : [])]
if (args.peers) installPeers()
await buildAll([...systems, 'blank'])
const server = await serve([...systems, 'blank'])
const run = new Run(server, systems, args.reps, args.quick)
try {
  for (const metric of chosen) {
    const began = performance.now()
    try {
      await metric.run(run)
    } catch (cause) {
      // What the other metrics say is worth having; the run has failed all the same.
      console.error(`${metric.name} failed:`, cause)
      process.exitCode = 1
    }
    console.error(`${metric.name}: ${Math.round((performance.now() - began) / 1000)} s`)
    if (args.json) writeFileSync(args.json, `${JSON.stringify(run.rows.all, undefined, 2)}\n`)
  }
} finally {
  await server.close()
}
const rows = run.rows.all
console.log(table(rows))

const tooMuch = args.quick ? 2 : 1
const missed = rows.filter(({ used = 0 }) => used > tooMuch)
for (const { metric, used, budget } of missed)
  console.error(`${metric} needs ${used!.toFixed(2)} times its budget (${budget}).`)
if (missed.length > 0) process.exitCode = 1

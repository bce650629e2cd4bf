/**
 * `npm run sim -- --scenario acceptance [--seeds N] [--from S]`: many devices in one process, driven by chance that a
 * seed repeats. A seed that fails is printed with the one command that runs it again.
 */
import { parseArgs } from 'node:util'
import { Random } from '../e2e/random.js'
import { acceptance } from './acceptance/scenario.js'
import { everyLog } from './membership/every-log.js'
import { membership } from './membership/scenario.js'
import { sharing } from './sharing/scenario.js'

const scenarios: Readonly<Record<string, (random: Random) => void | Promise<void>>> = {
  acceptance,
  membership,
  sharing,
  // Of as many operations as the seed says: `--from 1 --seeds 5`.
  'membership-all': everyLog,
}

/** Failures after which a run ends: more of them tell nothing new. */
const MOST_FAILURES = 5

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
  },
})
const { scenario: name = '' } = values
const run = scenarios[name]
const [seeds, from] = [Number(values.seeds), Number(values.from)]
if (!run || !Number.isSafeInteger(seeds) || !Number.isSafeInteger(from) || seeds < 1 || from < 0) {
  console.error(
    `Usage: npm run sim -- --scenario ${Object.keys(scenarios).join('|')} --seeds N --from S, both whole numbers.`,
  )
  process.exit(2)
}
const began = Date.now()
let failures = 0
let done = 0
for (let seed = from; seed < from + seeds && failures < MOST_FAILURES; seed++, done++)
  try {
    await run(new Random(seed))
  } catch (cause) {
    failures++
    console.log(`seed ${seed}: ${(cause as Error).stack}`)
    console.log(`  again: npm run sim -- --scenario ${name} --seeds 1 --from ${seed}`)
  }
console.log(
  `${name}: ${done} seeds from ${from} in ${((Date.now() - began) / 1000).toFixed(1)} s, ${failures} failed`,
)
process.exitCode = failures > 0 ? 1 : 0

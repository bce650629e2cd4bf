/**
 * `npm run sim -- --scenario acceptance [--seeds N] [--from S] [--digests]`: many devices in one process, driven by chance that a
 * seed repeats. A seed that fails is printed with the one command that runs it again. With `--digests`, what each seed has in common
 * with every other run of it is printed.
 */
import { parseArgs } from 'node:util'
import { Random } from '../e2e/random.js'
import { acceptance } from './acceptance/scenario.js'
import { everyLog } from './membership/every-log.js'
import { membership } from './membership/scenario.js'
import { meshHost } from './mesh/host-scenario.js'
import { mesh, meshCheckpoints, meshDirect } from './mesh/scenario.js'
import { sharing } from './sharing/scenario.js'
import { crowd } from './topology/crowd-scenario.js'
import { topologyMesh } from './topology/mesh-scenario.js'
import { topologyWhole } from './topology/whole-scenario.js'

const scenarios: Readonly<Record<string, (random: Random) => void | Promise<string | void>>> = {
  acceptance,
  membership,
  sharing,
  mesh: (random) => mesh(random),
  'mesh-direct': (random) => meshDirect(random),
  'mesh-checkpoints': (random) => meshCheckpoints(random),
  'mesh-host': (random) => meshHost(random),
  topology: crowd,
  'topology-mesh': topologyMesh,
  'topology-whole': topologyWhole,
  // Of as many operations as the seed says: `--from 1 --seeds 5`.
  'membership-all': everyLog,
}

/** A long run says how far it is, after so many seeds. */
const TELL_EVERY = 100
/** Failures after which a run ends: more of them tell nothing new. */
const MOST_FAILURES = 5

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    digests: { type: 'boolean', default: false },
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
const tell = () => {
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  console.log(`${name}: ${done} seeds from ${from} in ${seconds} s, ${failures} failed`)
}
for (let seed = from; seed < from + seeds && failures < MOST_FAILURES; seed++) {
  try {
    const digest = await run(new Random(seed))
    if (values.digests) console.log(`seed ${seed}: ${digest}`)
  } catch (cause) {
    failures++
    console.log(`seed ${seed}: ${(cause as Error).stack}`)
    console.log(`  again: npm run sim -- --scenario ${name} --seeds 1 --from ${seed}`)
  }
  done++
  if (done % TELL_EVERY === 0 && done < seeds) tell()
}
tell()
process.exitCode = failures > 0 ? 1 : 0

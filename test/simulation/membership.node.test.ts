/** A short form of `npm run sim -- --scenario membership` and `membership-all`. */
import { describe, it } from 'node:test'
import { freshSeed, Random, setting } from '../e2e/random.js'
import { everyLog } from './membership/every-log.js'
import { membership } from './membership/scenario.js'

describe('a membership log', () => {
  const from = freshSeed()
  const seeds = setting('HEARTH_SEEDS', 300)
  it(`gives one state in every order, and lets nobody back in: ${seeds} seeds from ${from}`, () => {
    for (let seed = from; seed < from + seeds; seed++)
      try {
        membership(new Random(seed))
      } catch (cause) {
        throw new Error(`npm run sim -- --scenario membership --seeds 1 --from ${seed}`, { cause })
      }
  })

  for (const operations of [1, 2, 3])
    it(`does, whatever three admins do to each other in ${operations} operations`, () =>
      everyLog(new Random(operations)))
})

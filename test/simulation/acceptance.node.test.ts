/** A short form of `npm run sim -- --scenario acceptance`. */
import { describe, it } from 'node:test'
import { freshSeed, Random, setting } from '../e2e/random.js'
import { acceptance } from './acceptance/scenario.js'

describe('what is accepted in a space', () => {
  const from = freshSeed()
  const seeds = setting('HEARTH_SEEDS', 50)
  it(`is the same everywhere, keeps what is honest, and grows by nobody who is out: ${seeds} seeds from ${from}`, () => {
    for (let seed = from; seed < from + seeds; seed++)
      try {
        acceptance(new Random(seed))
      } catch (cause) {
        throw new Error(`npm run sim -- --scenario acceptance --seeds 1 --from ${seed}`, { cause })
      }
  })
})

/** Devices that write, meet, lose power and are removed, at random: whoever has met everybody shows the same. */
import { test } from 'node:test'
import { Random } from '../e2e/random.js'
import { sharing } from './sharing/scenario.js'

for (let seed = 1; seed <= 8; seed++)
  test(`devices that share a space agree on everything, seed ${seed}`, () => sharing(new Random(seed)))

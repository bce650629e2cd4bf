/** Devices that share over a relay, at random: when nothing goes wrong any more, all who are in have the same. */
import { test } from 'node:test'
import { Random } from '../e2e/random.js'
import { meshHost } from './mesh/host-scenario.js'
import { mesh, meshCheckpoints, meshDirect } from './mesh/scenario.js'

for (const seed of [1, 2, 3, 4])
  test(`devices that share over a relay agree on everything, seed ${seed}`, async () => {
    await mesh(new Random(seed), 4)
  })

for (const seed of [1, 2])
  test(`devices whose tabs hold direct links, and come and go, agree on everything, seed ${seed}`, async () => {
    await meshDirect(new Random(seed), 4)
  })

for (const seed of [1, 2, 3])
  test(`devices that are seldom there together agree on everything by KUBEs that keep it, seed ${seed}`, async () => {
    await meshHost(new Random(seed), 4)
  })

for (const seed of [1, 2])
  test(`devices that make checkpoints, and keep no history in many worlds, agree on everything, seed ${seed}`, async () => {
    await meshCheckpoints(new Random(seed), 3)
  })

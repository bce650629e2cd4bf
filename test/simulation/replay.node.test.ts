/** A seed repeats every message, byte for byte and at the same time: what failed once can be looked at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../e2e/random.js'
import { meshHost } from './mesh/host-scenario.js'
import { mesh } from './mesh/scenario.js'

test('a world with KUBEs is the same again by the same seed, whatever else the process has run', async () => {
  const first = await mesh(new Random(20_003), 3)
  assert.notEqual(await mesh(new Random(20_004), 3), first)
  assert.equal(await mesh(new Random(20_003), 3), first)
})

test('so is one whose KUBEs keep spaces', async () => {
  const first = await meshHost(new Random(20_003), 3)
  assert.notEqual(await meshHost(new Random(20_004), 3), first)
  assert.equal(await meshHost(new Random(20_003), 3), first)
})

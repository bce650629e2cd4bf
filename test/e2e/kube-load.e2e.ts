/** The server that many use at once, some of them ill, in short: `npm run test:load` has ten and twenty times as many. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quantile } from '../bench/stats.js'
import { loaded } from '../load/load.js'

describe('a KUBE with 1,000 idle devices and 100 slow ones, while 50,000 frames of garbage pour in', () => {
  it('goes on, within its memory, and so do two who are honest, and a third who appends', async () => {
    const load = { idle: 1_000, slow: 100, garbage: 50_000 }
    const { isRunning, peak, idle, left, roundTrips, appends } = await loaded(load)
    const p99 = quantile(roundTrips, 0.99).toFixed(0)
    console.log(
      `    ${(peak / 1e6).toFixed(0)} MB at most; ${roundTrips.length} round trips, p99 ${p99} ms; ${appends.length} entries appended`,
    )
    assert.ok(isRunning)
    assert.ok(peak < 1e9, String(peak))
    assert.deepEqual({ idle, left }, { idle: load.idle, left: 0 })
    assert.ok(appends.length > 0)
    // How fast it is, a machine that does ten other things does not tell; but nobody honest is kept waiting.
    assert.ok(quantile(roundTrips, 0.5) < 1_000, String(quantile(roundTrips, 0.5)))
  })
})

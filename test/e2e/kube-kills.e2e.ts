/** The server that is killed while devices append, in short: `npm run test:keeping -- kills 500` has all of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { killed } from '../keeping/kills.js'

describe('a KUBE that is killed at any moment', () => {
  it('has all that it has acknowledged when it is started again, which is soon', async () => {
    const { acknowledged, lost, starts } = await killed(10)
    assert.equal(lost, 0)
    assert.ok(acknowledged > 10, String(acknowledged))
    assert.equal(starts.length, 10)
    // On a machine that does ten other things, the slowest start says little.
    assert.ok(Math.min(...starts) < 2_000, starts.join())
  })
})

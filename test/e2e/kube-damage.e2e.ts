/** The server whose disk has something else than it wrote, in short: `npm run test:keeping -- damage 200` has more of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { damaged } from '../keeping/damage.js'

describe('a KUBE whose store is damaged', () => {
  it('starts, and devices make it whole again', async () => {
    const { ends, lost } = await damaged(4)
    assert.deepEqual({ ends, lost }, { ends: 0, lost: 0 })
  })
})

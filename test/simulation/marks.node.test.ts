/** What a client's mark in the store may say: all batches up to it are durable, or were refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ObjectId } from '../../worker/protocol/ids.js'
import { automerge, Life } from './device.js'
import { Disk } from './disk.js'

describe('a mark in the store', () => {
  it('does not pass a batch that waits, though a later one of the same tab was refused meanwhile', async () => {
    await automerge()
    let whileWriting: (() => void) | undefined
    let life: Life | undefined
    const disk = new Disk({
      wait: async (table) => {
        if (table === 'documents') {
          whileWriting?.()
          whileWriting = undefined
        }
        // The power goes before the next commit.
        if (life && life.durable >= 2) await new Promise(() => undefined)
      },
    })
    const running = (life = await Life.begin(disk))
    const id = newId<ObjectId>()
    running.add(id, 'note', { count: 0 })
    await running.settled(1)
    whileWriting = () => {
      running.add(newId<ObjectId>(), 'note', {})
      assert.throws(() => running.write({ id: newId<ObjectId>(), op: { t: 'put', at: ['a'], v: 1 } }))
    }
    running.write({ id, op: { t: 'inc', at: ['count'], n: 1 } })
    await running.settled(2)
    running.stop()
    disk.crash()
    life = undefined
    const next = await Life.begin(disk)
    assert.equal(next.echo.mark(running.client), 2)
    next.stop()
  })
})

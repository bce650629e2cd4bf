/** What others have written is made durable when somebody has to know that it is, and not once more than needed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store, Write } from '../store.js'
import { Syncing } from './syncing.js'

const own: Write = { table: 'meta', key: 'own', put: 1 }

/** A disk whose strict writes end when they are told to. */
function disk() {
  const ends: (() => void)[] = []
  let writes = 0
  const store = {
    async write() {
      writes++
      await new Promise<void>((resolve) => ends.push(resolve))
    },
  } as unknown as Store
  const end = async () => {
    ends.shift()!()
    await new Promise(setImmediate)
  }
  return { syncing: new Syncing(store), end, count: () => writes }
}

describe('what came from others', () => {
  it('is made durable by one more write, for all who ask', async () => {
    const { syncing, end, count } = disk()
    syncing.wrote()
    const both = Promise.all([syncing.sync(), syncing.sync()])
    await end()
    await both
    await syncing.sync()
    assert.equal(count(), 1)
  })

  it('is durable with what this device has written since', async () => {
    const { syncing, end, count } = disk()
    syncing.wrote()
    const written = syncing.strictly([own])
    await end()
    await written
    await syncing.sync()
    assert.equal(count(), 1)
  })

  it('is not taken to be durable with what was under way when it came', async () => {
    const { syncing, end, count } = disk()
    syncing.wrote()
    const written = syncing.strictly([own])
    syncing.wrote()
    await end()
    await written
    const synced = syncing.sync()
    assert.equal(count(), 2)
    await end()
    await synced
  })
})

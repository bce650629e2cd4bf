/** Entries are checked one at a time, and only while nobody asks anything of the worker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EchoPlatform } from './platform.js'
import type { Store } from '../store.js'
import { scrub } from './scrub.js'
import type { Space } from './space.js'

/** A scrub of a feed of unreadable entries, whose time is turned by hand. */
function begin(entries: number) {
  const timers: { run: () => void; ms: number }[] = []
  const world = { asked: 0, stopped: false, reads: 0, named: 0, ended: false }
  const platform = {
    later: (run: () => void, ms: number) => (timers.push({ run, ms }), () => undefined),
  } as unknown as EchoPlatform
  const store = { get: async () => void world.reads++ } as unknown as Store
  const feeds = new Map([['d', { seq: entries }]])
  const space = { id: 's', device: 'd', feeds, withdrawals: 0, aside: new Set<number>() } as unknown as Space
  const quiet = { asked: () => world.asked, stopped: () => world.stopped }
  const report = () => void world.named++
  void scrub(platform, store, space, report, quiet).then(() => (world.ended = true))
  const turn = async (): Promise<number | undefined> => {
    const timer = timers.shift()
    timer?.run()
    await new Promise((resolve) => setImmediate(resolve))
    return timer?.ms
  }
  return { world, space, turn }
}

test('reads one entry a turn, after a while in which nothing was asked', async () => {
  const { world, turn } = begin(3)
  await turn()
  assert.equal(world.reads, 0, 'a quiet time comes first')
  assert.ok((await turn())! >= 1000, 'and is a second at least')
  assert.equal(world.reads, 1)
  await turn()
  assert.equal(world.reads, 2)
  await turn()
  assert.deepEqual([world.reads, world.named, world.ended], [3, 3, true])
})

test('waits for as long as anything is asked', async () => {
  const { world, turn } = begin(3)
  await turn()
  for (let i = 0; i < 20; i++) {
    world.asked++
    await turn()
  }
  assert.equal(world.reads, 0)
  await turn()
  assert.equal(world.reads, 1)
  world.asked++
  await turn()
  assert.equal(world.reads, 1, 'also between two entries')
})

test('names nothing that was taken out because it counts no more', async () => {
  const { world, space, turn } = begin(3)
  await turn()
  await turn()
  space.withdrawals++
  await turn()
  assert.deepEqual([world.reads, world.named, world.ended], [2, 1, true])
})

test('ends with the store', async () => {
  const { world, turn } = begin(3)
  world.stopped = true
  await turn()
  assert.deepEqual([world.reads, world.ended], [0, true])
})

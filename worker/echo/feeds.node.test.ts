/** Where entries of a forked feed are stored. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../store.js'
import { Feeds } from './feeds.js'
import type { Judge, JudgedHeader, Keeper } from './keeper.js'
import type { EchoPlatform } from './platform.js'
import { Space } from './space.js'
import type { DeviceId, SpaceId } from '../protocol/ids.js'

const feed = 'mallory' as DeviceId
const header = (id: string, seq: number, prev: string | null): JudgedHeader => ({
  ...{ id, feed, seq, prev, heads: ['h'], deps: [], epochs: [] },
})

/** Of a feed that is forked at its second entry. */
async function forked() {
  const judge = { add: () => undefined, forks: () => [{ feed, seq: 2, entries: ['left', 'right'] }] }
  const keeper = {
    id: 'kitchen' as SpaceId,
    device: 'olga' as DeviceId,
    judge: () => judge as unknown as Judge,
  }
  const store = { rows: async () => [] } as unknown as Store
  return Feeds.read({} as EchoPlatform, store, new Space(keeper as unknown as Keeper))
}
const placesOf = (feeds: Feeds, ...headers: JudgedHeader[]) =>
  feeds.placed(headers.map((one) => ({ header: one }))).map(({ place: { at, n } }) => [at, n])

test('branches of a fork have places of their own, and go on there though they come in pieces', async () => {
  const feeds = await forked()
  assert.deepEqual(placesOf(feeds, header('one', 1, null), header('left', 2, 'one')), [
    [feed, 1],
    [`${feed}/left`, 1],
  ])
  // Nothing of it is taken yet.
  assert.deepEqual(placesOf(feeds, header('left 3', 3, 'left'), header('right', 2, 'one')), [
    [`${feed}/left`, 2],
    [`${feed}/right`, 1],
  ])
  assert.deepEqual(placesOf(feeds, header('right 3', 3, 'right'), header('other 3', 3, 'left')), [
    [`${feed}/right`, 2],
    [`${feed}/other 3`, 1],
  ])
})

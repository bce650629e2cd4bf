/** A space that is deleted is gone from the disk, whenever the power fails, and takes nothing else with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { until } from '../e2e/wait.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { randomId } from './script.js'

const ids = Array.from({ length: 4 }, (_, i) => randomId(new Random(50 + i)))

/** A disk with two objects in a space that is to go, and one in another. */
async function begin() {
  const disk = new Disk()
  const life = await Life.begin(disk)
  const { id: space } = await life.planes.halo.createSpace('Kitchen')
  let n = 0
  const write = (of: SpaceId, item: Parameters<Life['write']>[0]) =>
    life.echo.accept(life.client, ++n, of, [item])
  write(space, { id: ids[0]!, type: 'jar', value: { of: 'honey' } })
  write(space, { id: ids[1]!, type: 'jar', value: { of: 'jam' } })
  write(life.space, { id: ids[2]!, type: 'note', value: { title: 'stays' } })
  await life.echo.settled()
  write(space, { id: ids[0]!, op: { t: 'put', at: ['of'], v: 'salt' } })
  await life.echo.settled()
  return { disk, life, space, write }
}

const TABLES_OF_FEEDS = [
  ...(['entries', 'strays', 'journal', 'pages', 'positions'] as const),
  ...(['touched', 'documents'] as const),
]

async function rowsOf(disk: Disk, space: SpaceId): Promise<string[]> {
  const found: string[] = []
  for (const table of TABLES_OF_FEEDS)
    for (const { key, value } of await disk.open().rows(table)) {
      const isOfObject = [ids[0], ids[1]].some((id) => key === id || key[0] === id)
      if (key[0] === space || value === space || isOfObject) found.push(`${table} ${JSON.stringify(key)}`)
    }
  return found
}

test('what is stored of a deleted space is deleted, and what is not of it stays', async () => {
  const { disk, life, space } = await begin()
  await life.echo.drain()
  const stray = { table: 'strays', key: [space, 'x'], put: new Uint8Array(1) } as const
  await disk.open().write([stray], 'strict')
  assert.equal((await rowsOf(disk, space)).length > 3, true)
  await life.planes.halo.deleteSpace(space)
  assert.equal(life.echo.record(ids[0]!), undefined)
  await until('its rows to go', async () => (await rowsOf(disk, space)).length === 0)
  life.stop()
  const again = await Life.begin(disk)
  assert.deepEqual([again.echo.spaceInfos.length, again.echo.record(ids[2]!)?.value], [1, { title: 'stays' }])
  again.stop()
})

test('what was being written to it is refused, and what was being written elsewhere is not', async () => {
  const { life, space, write } = await begin()
  await life.planes.halo.deleteSpace(space)
  assert.throws(() => write(space, { id: ids[3]!, type: 'jar', value: {} }), /no such space/)
  write(life.space, { id: ids[3]!, type: 'note', value: {} })
  await life.echo.settled()
  assert.equal(life.echo.record(ids[3]!)?.space, life.space)
  life.stop()
})

test('what is left of it, when the power fails in between, is deleted at the next opening', async () => {
  const { disk, life, space } = await begin()
  await life.echo.drain()
  life.stop()
  await disk.open().write([{ table: 'spaces', key: space, put: { id: space, left: true } }], 'strict')
  const again = await Life.begin(disk)
  assert.equal(again.echo.has(space), false)
  await until('its rows to go', async () => (await rowsOf(disk, space)).length === 0)
  assert.equal((await disk.open().rows('log', [space])).length, 1, 'others have yet to hear of it')
  again.stop()
})

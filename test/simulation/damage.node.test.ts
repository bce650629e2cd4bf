/** A store with damaged rows: everything else opens, the damage is named, and nothing is silently emptied. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { randomId } from './script.js'

let disk: Disk
let ids: ObjectId[]

/** 600 objects, on three pages, of which the first was edited; pages are written, the worker has ended. */
beforeEach(async () => {
  disk = new Disk()
  const random = new Random(3)
  ids = Array.from({ length: 600 }, () => randomId(random))
  const device = await Life.begin(disk)
  device.write(...ids.map((id, i) => ({ id, type: 'item', value: { i, title: `Item ${i}` } })))
  await device.settled()
  device.write({ id: ids[0]!, op: { t: 'put', at: ['title'], v: 'Edited' } })
  await device.settled()
  await device.echo.drain()
  device.stop()
})

test('a page that cannot be read is made again from entries, edits included', async () => {
  const [page] = await disk.open().rows('pages')
  disk.damage('pages', page!.key as [string, number], { v: 99 })
  const { echo } = await Life.begin(disk)
  assert.equal(echo.damage[0]?.what, 'page')
  ids.forEach((id, i) => assert.equal(echo.record(id)?.value['i'], i))
  assert.equal(echo.record(ids[0]!)?.value['title'], 'Edited')
})

test('a damaged saved document is made again from entries when it is edited', async () => {
  disk.damage('documents', [], { bytes: new Uint8Array([1, 2, 3]), upTo: {} })
  const device = await Life.begin(disk)
  await device.settled(device.write({ id: ids[0]!, op: { t: 'put', at: ['title'], v: 'Again' } }))
  assert.deepEqual(device.refused, [])
  assert.equal(device.echo.record(ids[0]!)?.value['title'], 'Again')
})

test('an object whose entries are damaged can be read; writing to it is refused, and to others is not', async () => {
  const device = await Life.begin(disk)
  const rows = await disk.open().rows('entries')
  disk.damage('entries', rows[0]!.key as [string, string, number], new Uint8Array([9, 9]))
  const bad = device.write({ id: ids[1]!, op: { t: 'put', at: ['title'], v: 'Lost' } })
  const good = device.write({ id: ids.at(-1)!, op: { t: 'put', at: ['title'], v: 'Kept' } })
  await device.settled(good)
  assert.deepEqual(device.refused, [{ n: bad, code: 'echo/damaged' }])
  assert.equal(device.echo.record(ids[1]!)?.value['title'], 'Item 1')
  assert.equal(device.echo.record(ids.at(-1)!)?.value['title'], 'Kept')
  assert.ok(device.echo.damage.some(({ what, object }) => what === 'document' && object === ids[1]))
})

test('an entry that pages do not cover yet and that cannot be read is named, and the rest opens', async () => {
  const device = await Life.begin(disk)
  const late = randomId(new Random(77))
  await device.settled(device.add(late, 'item', { i: -1 }))
  disk.crash()
  device.stop()
  const rows = await disk.open().rows('entries')
  disk.damage('entries', rows.at(-1)!.key as [string, string, number], 'garbage')
  const { echo } = await Life.begin(disk)
  assert.equal(echo.damage[0]?.what, 'entry')
  assert.equal(echo.record(late), undefined)
  assert.equal(ids.filter((id) => echo.record(id)).length, ids.length)
})

test('an entry that pages cover and that cannot be read is named a little later, at every opening', async () => {
  const [first] = await disk.open().rows('entries')
  disk.damage('entries', first!.key as [string, string, number], new Uint8Array([1]))
  for (let opening = 0; opening < 2; opening++) {
    const { echo } = await Life.begin(disk)
    for (let turn = 0; echo.damage.length === 0 && turn < 500; turn++)
      await new Promise((next) => setTimeout(next, 2))
    assert.deepEqual(
      echo.damage.map(({ what }) => what),
      ['entry'],
    )
    echo.close()
  }
})

test('a store that the browser has emptied says so, at every opening', async () => {
  const emptied = new Disk()
  emptied.lost = 'IO error: MANIFEST'
  for (let opening = 0; opening < 2; opening++) {
    const { echo } = await Life.begin(emptied)
    assert.equal(echo.damage[0]?.what, 'store')
    assert.match(echo.damage[0]?.message ?? '', /MANIFEST/)
    echo.close()
  }
})

test('a full disk refuses writes with store/quota, takes them back, and takes new ones when there is room', async () => {
  const device = await Life.begin(disk)
  disk.full = true
  const n = device.write(
    { id: ids[0]!, op: { t: 'put', at: ['title'], v: 'Too much' } },
    { id: randomId(new Random(5)), type: 'item', value: {} },
  )
  await device.settled(n)
  assert.deepEqual(device.refused, [{ n, code: 'store/quota' }])
  assert.equal(device.echo.record(ids[0]!)?.value['title'], 'Edited')
  assert.equal(device.echo.record(randomId(new Random(5))), undefined)
  disk.full = false
  await device.settled(device.write({ id: ids[0]!, op: { t: 'put', at: ['title'], v: 'Room again' } }))
  device.stop()
  disk.crash()
  const { echo } = await Life.begin(disk)
  assert.equal(echo.record(ids[0]!)?.value['title'], 'Room again')
})

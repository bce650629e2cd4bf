/** A space is in use while its pages are still coming: what is told is true, and what is written is kept. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Planes } from '../../worker/planes.js'
import { PAGE_VERSION, type PageRow, type Position } from '../../worker/echo/page-writer.js'
import type { ObjectId, SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { Life } from './device.js'
import { Gate, turns } from './gate.js'
import { entriesOn } from './entries.js'
import { documentsOf } from './oracle.js'
import { RawTab } from './raw-tab.js'
import { randomId } from './script.js'

/** Objects, of which the first 256 are on page 0, and so on. */
const COUNT = 1000
let gate: Gate
let ids: ObjectId[]
let space: SpaceId

beforeEach(async () => {
  gate = new Gate()
  const random = new Random(5)
  ids = Array.from({ length: COUNT }, () => randomId(random))
  const device = await Life.begin(gate.disk)
  for (let from = 0; from < COUNT; from += 250)
    device.write(
      ...ids.slice(from, from + 250).map((id, i) => ({ id, type: 'item', value: { i: from + i } })),
    )
  await device.settled()
  await device.echo.drain()
  device.stop()
  space = device.space
})

const tabs: RawTab[] = []
function tabOf(planes: Planes): RawTab {
  const tab = new RawTab(planes)
  tabs.push(tab)
  return tab
}
afterEach(() => tabs.splice(0).forEach((tab) => tab.close()))

const put = (id: ObjectId, v: string) => ({ id, op: { t: 'put' as const, at: ['title'], v } })

test('the beginning of a result in creation order is told before later pages come, and its total after', async () => {
  gate.close(0)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { space, type: 'item', limit: 50 } })
  const result = await tab.hears('result')
  assert.deepEqual([result.ids, result.total], [ids.slice(0, 50), null])
  await gate.pass()
  const { total } = await tab.hears('diff', (diff) => diff.total !== null)
  assert.equal(total, COUNT)
  assert.deepEqual(tab.shown(1), ids.slice(0, 50))
})

test('a result waits for the pages that it may need, in whatever order they come', async () => {
  gate.close(1, 2, 3)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 50 } })
  tab.say({ t: 'query', q: 2, spec: { type: 'item', limit: 300 } })
  await turns(10)
  assert.equal(tab.all('result').length, 0, 'page 0 has not come')
  await gate.pass(0)
  await tab.hears('result', ({ q }) => q === 2)
  assert.deepEqual([tab.shown(1), tab.shown(2)], [ids.slice(0, 50), ids.slice(0, 300)])
})

test('a page with an early object on it is read before those that only have later ones', async () => {
  // As if page 3 had come to hold the earliest object, as a merge may do.
  const position = (await gate.disk.open().get<Position>('positions', (await positionKey())!))!
  const lows = [...position.layout!.lows]
  lows[3] = 0
  gate.disk.damage('positions', [], { ...position, layout: { ...position.layout!, lows } })
  gate.close(0)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 50 } })
  await turns(10)
  assert.equal(tab.all('result').length, 0)
  await gate.pass(3)
  assert.deepEqual((await tab.hears('result')).ids, ids.slice(0, 50))
})

test('a window that loses an object meanwhile is filled from the next page, not from what was made later', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const tab = tabOf(early.planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 256 } })
  await tab.hears('result')
  tab.write(space, { id: randomId(new Random(9)), type: 'item', value: {} })
  tab.write(space, { id: ids[3]!, op: { t: 'gone', v: true } })
  await tab.hears('diff')
  const left = ids.filter((_, i) => i !== 3)
  assert.deepEqual(tab.shown(1), left.slice(0, 255))
  await gate.pass()
  await tab.hears('diff', (diff) => diff.into.length > 0)
  assert.deepEqual(tab.shown(1), left.slice(0, 256))
})

test('pages come two at a time until somebody waits for more than the first ones', async () => {
  gate.close()
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 50 } })
  await turns(10)
  assert.equal(gate.asked, 2, 'a view of what comes first has them anyway')
  tab.say({ t: 'query', q: 2, spec: { type: 'item' } })
  await turns(10)
  assert.equal(gate.asked, 4, 'whoever wants all of it gets all at once')
  await gate.pass()
  assert.equal((await tab.hears('result', ({ q }) => q === 2)).ids.length, COUNT)
})

test('pages come faster for a new object, which is not durable before they are here', async () => {
  gate.close()
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.write(space, { id: randomId(new Random(9)), type: 'item', value: {} })
  await turns(10)
  assert.equal(gate.asked, 4)
  await gate.pass()
  await tab.hears('durable')
})

test('any other query, and an object that has not come, wait for the rest', async () => {
  gate.close(0)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item' } })
  tab.say({ t: 'query', q: 2, spec: { type: 'item', orderBy: [['i', 'desc']], limit: 2 } })
  tab.say({ t: 'query', q: 3, spec: { type: 'item', limit: 3, after: ids[900]! } })
  tab.say({ t: 'query', q: 4, spec: { type: 'item', limit: 3 } }, { t: 'unquery', q: 4 })
  tab.say({ t: 'load', q: 5, id: ids[999]! }, { t: 'load', q: 6, id: randomId(new Random(8)) })
  tab.say({ t: 'load', q: 7, id: ids[0]! })
  await tab.hears('loaded', ({ q }) => q === 7)
  await turns(10)
  assert.equal(tab.all('loaded').length, 1, 'only what is here was told')
  assert.equal(tab.all('result').filter(({ q }) => q < 4).length, 0)
  await gate.pass()
  await tab.hears('loaded', ({ q }) => q === 6)
  assert.deepEqual(tab.shown(1), ids)
  assert.deepEqual(tab.shown(2), [ids[999], ids[998]])
  assert.deepEqual(tab.shown(3), ids.slice(901, 904))
  const found = tab.all('loaded').map(({ q, found }) => [q, found])
  assert.deepEqual(found.sort(), [
    [5, true],
    [6, false],
    [7, true],
  ])
})

test('a query that was closed while it waited is not answered', async () => {
  gate.close(0)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item' } })
  await turns(3)
  tab.say({ t: 'unquery', q: 1 })
  await turns(3)
  await gate.pass()
  await planes.echo.loadAll()
  await turns(3)
  assert.equal(tab.all('result').length, 0)
})

test('edits that follow the pages show when their page comes', async () => {
  const device = await Life.begin(gate.disk)
  await device.settled(device.write(put(ids[999]!, 'first')))
  await device.settled(device.write(put(ids[999]!, 'second'), { id: ids[998]!, op: { t: 'gone', v: true } }))
  gate.disk.crash()
  device.stop()
  gate.close()
  const early = await Life.early(gate.disk)
  assert.equal(early.echo.record(ids[999]!), undefined)
  await gate.pass()
  await early.echo.loadAll()
  assert.equal(early.echo.record(ids[999]!)?.value['title'], 'second')
  assert.equal(early.echo.record(ids[998]!)?.gone, true)
})

test('an edit of an object that has not come waits, with all that the tab says after it, and is kept', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const tab = tabOf(early.planes)
  tab.write(space, put(ids[0]!, 'here'))
  await tab.hears('applied', ({ n }) => n === 1)
  tab.write(space, put(ids[999]!, 'far'))
  const last = tab.write(space, put(ids[1]!, 'behind'))
  await turns(10)
  assert.equal(early.echo.record(ids[1]!)?.value['title'], undefined)
  await gate.pass()
  await tab.hears('durable', ({ n }) => n === last)
  assert.deepEqual(tab.all('refused'), [])
  assert.deepEqual(
    [0, 1, 999].map((i) => early.echo.record(ids[i]!)?.value['title']),
    ['here', 'behind', 'far'],
  )
})

test('no page is written before all have come, and what was written meanwhile survives', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const before = await gate.disk.open().rows<PageRow>('pages')
  const n = early.write(put(ids[0]!, 'written'))
  await early.settled(n)
  await turns(20)
  await early.echo.drain()
  assert.deepEqual(await gate.disk.open().rows('pages'), before)
  gate.disk.crash()
  early.stop()
  await gate.pass()
  const again = await Life.begin(gate.disk)
  assert.equal(again.echo.record(ids[0]!)?.value['title'], 'written')
  assert.equal(ids.filter((id) => again.echo.record(id)).length, COUNT)
})

test('a new object is shown at once, durable when its id is known to be free, and on the page that has room', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const id = randomId(new Random(9))
  const edit = early.write(put(ids[0]!, 'edit'))
  const n = early.add(id, 'item', { i: -1 })
  await early.settled(edit)
  await turns(10)
  assert.equal(early.echo.record(id)?.value['i'], -1)
  assert.ok(early.durable < n, 'its id may still be taken')
  await gate.pass()
  await early.settled(n)
  await early.echo.drain()
  const pages = await gate.disk.open().rows<PageRow>('pages')
  assert.equal(pages.length, 4)
  assert.equal(pages[3]!.value.objects.length, COUNT - 3 * 256 + 1)
  const orders = (await entriesOn(gate.disk)).map(({ lamport }) => lamport)
  assert.deepEqual(orders, [...new Set(orders)], 'each entry has a time of its own')
  assert.equal((await documentsOf(gate.disk)).size, COUNT + 1)
})

test('a new object does not go on a page that is full and has not come', async () => {
  const device = await Life.begin(gate.disk)
  const random = new Random(11)
  for (let i = COUNT; i < 4 * 256; i++) device.add(randomId(random), 'item', { i })
  await device.settled()
  await device.echo.drain()
  device.stop()
  gate.close(0)
  const early = await Life.early(gate.disk)
  const n = early.add(randomId(random), 'item', {})
  await gate.pass()
  await early.settled(n)
  await early.echo.drain()
  const pages = await gate.disk.open().rows<PageRow>('pages')
  assert.deepEqual(
    pages.map(({ value }) => value.objects.length),
    [256, 256, 256, 256, 1],
  )
})

test('an object with the id of one that has not come is refused, and the one of the store stands', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const tab = tabOf(early.planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 3 } })
  await tab.hears('result')
  const bad = tab.write(space, { id: ids[999]!, type: 'item', value: { i: 'false' } })
  tab.write(space, put(ids[999]!, 'on the false one'))
  const free = randomId(new Random(9))
  const good = tab.write(space, { id: free, type: 'item', value: { i: 'new' } })
  await turns(5)
  await gate.pass()
  await tab.hears('durable', ({ n }) => n === good)
  assert.deepEqual(
    tab.all('refused').map(({ n, error }) => [n, error.code]),
    [
      [bad, 'echo/invalid'],
      [bad + 1, 'echo/invalid'],
    ],
  )
  assert.deepEqual(early.echo.record(ids[999]!)?.value, { i: 999 })
  tab.say({ t: 'query', q: 2, spec: { type: 'item' } })
  await tab.hears('result', ({ q }) => q === 2)
  assert.deepEqual(tab.shown(2), [...ids, free])
  assert.deepEqual((await documentsOf(gate.disk)).get(ids[999]!)?.value, { i: 999 })
  assert.deepEqual(early.echo.damage, [])
})

test('an object with the id of one in another space is refused too', async () => {
  const device = await Life.begin(gate.disk)
  const other = await device.planes.halo.createSpace('Other')
  await device.echo.drain()
  device.stop()
  gate.close(0)
  const early = await Life.early(gate.disk)
  const tab = tabOf(early.planes)
  const n = tab.write(other.id, { id: ids[999]!, type: 'item', value: {} })
  await turns(5)
  await gate.pass()
  await tab.hears('refused', (refused) => refused.n === n)
  assert.equal(early.echo.record(ids[999]!)?.space, space)
  tab.say({ t: 'query', q: 1, spec: { type: 'item' } })
  await tab.hears('result')
  assert.deepEqual(tab.shown(1), ids)
})

test('a space can be made, and written to, while another one is coming', async () => {
  gate.close(0)
  const early = await Life.early(gate.disk)
  const other = await early.planes.halo.createSpace('Other')
  const tab = tabOf(early.planes)
  const id = randomId(new Random(9))
  const n = tab.write(other.id, { id, type: 'item', value: { i: 1 } })
  tab.say({ t: 'query', q: 1, spec: { space: other.id, type: 'item' } })
  assert.equal((await tab.hears('result')).total, 1)
  await gate.pass()
  await tab.hears('durable', (durable) => durable.n === n)
})

for (const end of ['erase', 'close'] as const)
  test(`${end} while pages are coming ends everything that waits`, async () => {
    gate.close(0)
    const early = await Life.early(gate.disk)
    const tab = tabOf(early.planes)
    tab.say({ t: 'query', q: 1, spec: { type: 'item' } })
    early.add(randomId(new Random(9)), 'item', {})
    await turns(5)
    const ended = early.echo[end]()
    await gate.pass()
    await ended
    const { error } = await tab.hears('failed')
    assert.equal(error.code, end === 'erase' ? 'store/erased' : 'rpc/closed')
    await turns(10)
    if (end === 'erase') assert.deepEqual(await gate.disk.open().rows('pages'), [])
    await assert.rejects(early.echo.loadAll())
    early.stop()
  })

test('a store as the first builds wrote it opens, and tells its layout from then on', async () => {
  const { layout: _, ...position } = (await gate.disk.open().get<Position>('positions', await positionKey()))!
  gate.disk.damage('positions', [], position)
  const reader = await Life.begin(gate.disk)
  await reader.echo.drain()
  reader.stop()
  const written = await gate.disk.open().get<Position>('positions', await positionKey())
  assert.deepEqual(written?.layout?.lows.map(Number.isFinite), [true, true, true, true])
  gate.disk.damage('positions', [], position)
  const device = await Life.early(gate.disk)
  const late = randomId(new Random(9))
  const n = device.add(late, 'item', { i: -1 })
  await device.echo.loadAll()
  await device.settled(n)
  assert.equal(ids.filter((id, i) => device.echo.record(id)?.value['i'] === i).length, COUNT)
  assert.deepEqual(device.echo.damage, [])
  await device.echo.drain()
  device.stop()
  gate.close(0)
  const tab = tabOf((await Life.early(gate.disk)).planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 50 } })
  assert.deepEqual((await tab.hears('result')).ids, ids.slice(0, 50))
})

test('a position that cannot be read costs nothing: entries say it all, and pages are written anew', async () => {
  const device = await Life.begin(gate.disk)
  await device.settled(device.write(put(ids[0]!, 'edited'), { id: ids[1]!, op: { t: 'gone', v: true } }))
  await device.echo.drain()
  device.stop()
  gate.disk.damage('positions', [], 'spoilt')
  for (let opening = 0; opening < 2; opening++) {
    const again = await Life.begin(gate.disk)
    for (const [id, document] of await documentsOf(gate.disk)) {
      const { type, value, gone } = again.echo.record(id)!
      assert.deepEqual({ type, value, gone }, document)
    }
    assert.deepEqual(again.echo.damage, [])
    await again.echo.drain()
    again.stop()
  }
  const pages = await gate.disk.open().rows<PageRow>('pages')
  const stored = pages.flatMap(({ value }) => value.objects.map(([id]) => id))
  assert.deepEqual(stored.sort(), [...ids].sort(), 'each object is on one page')
})

test('damage of later pages does not keep the beginning of a result waiting; they are made again', async () => {
  for (const page of [1, 2]) gate.disk.damage('pages', [space, page], { v: PAGE_VERSION, objects: 'spoilt' })
  gate.close(0, 1, 2)
  const { planes } = await Life.early(gate.disk)
  const tab = tabOf(planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 256 } }, { t: 'query', q: 2, spec: {} })
  tab.say({ t: 'query', q: 3, spec: { type: 'item', limit: 257 } })
  assert.equal((await tab.hears('result')).total, null)
  await turns(5)
  assert.deepEqual(
    tab.all('result').map(({ q }) => q),
    [1],
  )
  await gate.pass()
  await tab.hears('result', ({ q }) => q === 2)
  assert.deepEqual([tab.shown(1), tab.shown(2), tab.shown(3)], [ids.slice(0, 256), ids, ids.slice(0, 257)])
  assert.deepEqual(
    planes.echo.damage.map(({ what }) => what),
    ['page', 'page'],
  )
  await planes.echo.drain()
  const pages = await gate.disk.open().rows<PageRow>('pages')
  assert.deepEqual(
    pages.map(({ value }) => value.objects.length),
    [256, 256, 256, COUNT - 3 * 256],
    'each object is back on its page',
  )
})

test('a page that is gone is named, and its objects are made again, edits included', async () => {
  const device = await Life.begin(gate.disk)
  await device.settled(device.write(put(ids[300]!, 'in pages')))
  await device.echo.drain()
  await device.settled(device.write(put(ids[301]!, 'after pages'), put(ids[300]!, 'again')))
  device.stop()
  await gate.disk.open().write([{ table: 'pages', key: [space, 1], delete: true }], 'strict')
  gate.disk.crash()
  const { echo } = await Life.begin(gate.disk)
  assert.deepEqual(
    echo.damage.map(({ what }) => what),
    ['page'],
  )
  for (const [id, { value }] of await documentsOf(gate.disk)) assert.deepEqual(echo.record(id)?.value, value)
  assert.equal(echo.record(ids[300]!)?.value['title'], 'again')
})

test('an object whose edits only its document knows is not shown before they are', async () => {
  const device = await Life.begin(gate.disk)
  await device.settled(device.write(put(ids[0]!, 'lost from the journal')))
  gate.disk.crash()
  device.stop()
  for (const { key } of await gate.disk.open().rows('journal'))
    await gate.disk.open().write([{ table: 'journal', key, delete: true }], 'strict')
  gate.close(0)
  const early = await Life.early(gate.disk)
  const tab = tabOf(early.planes)
  tab.say({ t: 'query', q: 1, spec: { type: 'item', limit: 10 } })
  const n = tab.write(space, put(ids[0]!, 'now'))
  await turns(10)
  assert.equal(early.echo.record(ids[0]!), undefined)
  assert.equal(tab.all('result').length, 0)
  await gate.pass()
  await tab.hears('durable', (durable) => durable.n === n)
  assert.deepEqual(tab.shown(1), ids.slice(0, 10))
  assert.equal((await documentsOf(gate.disk)).get(ids[0]!)?.value['title'], 'now')
})

const positionKey = async () => (await gate.disk.open().rows('positions'))[0]!.key

/** What earlier releases stored opens, whole, in this one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { automerge, Life } from './device.js'
import type { Disk } from './disk.js'
import { entriesOn } from './entries.js'
import { admit, Device, meet } from './people-and-feeds.js'
import { documentsOf } from './oracle.js'
import { RawTab } from './raw-tab.js'
import { diskOf, readProfile } from './profiles.js'

const first = readProfile(1)
const letter = first.records[0]!.id as ObjectId

/** Nothing of what was shown then is shown in another way now. */
function showsAll({ echo }: Life): void {
  for (const { id, type, value, order, createdAt, updatedAt, gone } of first.records) {
    const now = echo.record(id as ObjectId)!
    assert.deepEqual(
      { type: now.type, value: now.value, order: now.order, gone: now.gone },
      { type, value, order, gone },
    )
    assert.deepEqual([now.createdAt, now.updatedAt], [createdAt, updatedAt])
  }
}

describe('a store of the first builds', () => {
  it('opens with all that was in it, as feeds of the device that this one is now', async () => {
    const disk = await diskOf(first)
    const life = await Life.begin(disk)
    showsAll(life)
    assert.deepEqual(life.echo.damage, [])
    assert.deepEqual(
      life.echo.spaceInfos.map(({ name, personal, role }) => [name, personal, role]),
      [
        ['Personal', true, 'owner'],
        ['Kitchen', false, 'owner'],
      ],
    )
    life.stop()
    const entries = await entriesOn(disk)
    assert.equal(entries.length, first.tables.entries!.length)
    assert.deepEqual([...new Set(entries.map(({ feed }) => feed))], [life.planes.halo.device])
  })

  it('has nothing left of what it was', async () => {
    const disk = await diskOf(first)
    const life = await Life.begin(disk)
    await life.echo.drain()
    life.stop()
    const old = [...first.tables.spaces!.map(([key]) => key), first.tables.meta![0]![1]] as string[]
    for (const table of [
      'entries',
      'journal',
      'touched',
      'pages',
      'positions',
      'spaces',
      'documents',
    ] as const)
      for (const { key, value } of await disk.open().rows(table))
        for (const word of old)
          assert.equal(JSON.stringify([key, value]).includes(word), false, `${table} ${JSON.stringify(key)}`)
  })

  it('can be edited on, and what is made of it is in its entries', async () => {
    const disk = await diskOf(first)
    const life = await Life.begin(disk)
    life.write({ id: letter, op: { t: 'text', at: ['body'], i: 0, n: 4, v: 'Dearest' } })
    await life.settled()
    life.stop()
    disk.crash()
    const again = await Life.begin(disk)
    const { value } = again.echo.record(letter)!
    assert.match((value['body'] as { '@text': string })['@text'], /^Dearest Ada0123/)
    assert.deepEqual((await documentsOf(disk)).get(letter)?.value, value)
    again.stop()
  })

  it('can be shared, changes from before included, and edited by whoever comes in', async () => {
    await automerge()
    const [olga, ed] = [await Device.on(await diskOf(first), 900), await Device.fresh(910)]
    const kitchen = olga.echo.spaceInfos[1]!.id
    const soup = first.records.find(({ type }) => type === 'recipe')!.id as ObjectId
    await admit(olga, kitchen, ed, 'editor')
    await meet(kitchen, olga, ed)
    assert.deepEqual(ed.echo.record(soup)?.value, olga.echo.record(soup)?.value)
    ed.life.echo.accept(ed.life.client, 1, kitchen, [{ id: soup, op: { t: 'put', at: ['name'], v: 'Ours' } }])
    await ed.echo.settled()
    await meet(kitchen, olga, ed)
    for (const device of [olga, ed]) {
      assert.equal(device.echo.record(soup)?.value['name'], 'Ours')
      assert.deepEqual(device.echo.damage, [])
      device.life.stop()
    }
  })

  it('loses nothing if the power fails at any write of the move', async () => {
    const writes = await writesOf(await diskOf(first))
    assert.equal(writes > 4, true, `${writes} writes`)
    for (let n = 0; n < writes; n++) {
      const disk = await diskOf(first)
      await failingAfter(disk, n)
      disk.crash()
      const life = await Life.begin(disk)
      showsAll(life)
      assert.deepEqual(life.echo.damage, [], `after write ${n}`)
      life.stop()
    }
  })

  it('goes on under its old names for a tab that was open then', async () => {
    const life = await Life.begin(await diskOf(first))
    const tab = new RawTab(life.planes, 1)
    const { space } = first.records[0]!
    const [id] = [newId<ObjectId>()]
    const n = tab.write(space as SpaceId, { id, type: 'note', value: { title: 'Not sent before' } })
    await tab.hears('durable', (durable) => durable.n === n)
    tab.say({ t: 'query', q: 1, spec: { space: space as SpaceId, type: 'note' } })
    await tab.hears('result')
    assert.deepEqual([...new Set(tab.all('records').map(({ of }) => of[0]))], [space])
    assert.equal(tab.shown(1)?.includes(letter), true)
    assert.equal(life.echo.record(id)?.space, life.planes.halo.spaces[0]!.id)
    tab.close()
    life.stop()
  })

  it('names an entry that could not be read before, and shows the rest', async () => {
    const disk = await diskOf(first)
    const [key] = first.tables.entries![40]!
    disk.damage('entries', key as [string, string, number], new Uint8Array([9, 9]))
    const life = await Life.begin(disk)
    showsAll(life)
    life.write({ id: letter, op: { t: 'put', at: ['n'], v: 2 } })
    await life.settled()
    life.stop()
    await assert.rejects(entriesOn(disk), /CBOR/)
  })
})

async function writesOf(disk: Disk): Promise<number> {
  const before = disk.writes.strict + disk.writes.relaxed
  const life = await Life.early(disk, new Random(5))
  life.stop()
  return disk.writes.strict + disk.writes.relaxed - before
}

/** Opens it, and lets only so many writes through. */
async function failingAfter(disk: Disk, count: number): Promise<void> {
  const opening = Life.early(disk, new Random(5)).catch(() => undefined)
  const before = disk.writes.strict + disk.writes.relaxed
  while (disk.writes.strict + disk.writes.relaxed - before < count)
    if (await Promise.race([opening.then(() => true), new Promise((r) => setImmediate(r, false))])) break
  disk.full = true
  const life = await opening
  life?.stop()
  disk.full = false
}

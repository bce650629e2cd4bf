/** Pages are what documents say, whatever happens between the two. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryWindow } from '../../worker/echo/matching.js'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { Random, setting } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { createdOn, documentsOf } from './oracle.js'
import { randomId, randomOp, randomRecord } from './script.js'

const SEED = setting('HEARTH_SEED', 7)

async function assertPagesAreDocuments(device: Life, disk: Disk, message: string): Promise<void> {
  const documents = await documentsOf(disk)
  for (const [id, document] of documents) {
    const record = device.echo.record(id)
    assert.ok(record, `${message}: ${id} is missing`)
    const { type, value, gone } = record
    assert.deepStrictEqual({ type, value, gone }, document, `${message}: ${id}`)
  }
}

test('after random edits, kills and pages written at any moment, every record is what its document says', async () => {
  const random = new Random(SEED)
  const disk = new Disk({ wait: () => new Promise((resolve) => setTimeout(resolve, random.between(0, 1))) })
  const ids: ObjectId[] = []
  for (let life = 0; life < setting('HEARTH_LIVES', 40); life++) {
    const device = await Life.begin(disk, random)
    await assertPagesAreDocuments(device, disk, `seed ${SEED}, life ${life}`)
    for (let i = random.between(1, 12); i > 0; i--) {
      const there = ids.filter((id) => device.echo.record(id))
      if (there.length === 0 || random.next() < 0.3) {
        const id = randomId(random)
        ids.push(id)
        device.add(id, 'note', randomRecord(random))
      } else {
        const id = random.pick(there)
        const op =
          random.next() < 0.05
            ? { t: 'gone' as const, v: random.next() < 0.6 }
            : randomOp(random, device.echo.record(id)!.value)
        device.write({ id, op })
      }
      if (random.next() < 0.5) await new Promise((resolve) => setTimeout(resolve, random.between(0, 8)))
    }
    if (random.next() < 0.4) await device.settled()
    if (random.next() < 0.2) await device.echo.drain()
    disk.crash()
    device.stop()
  }
})

test('while pages are still coming, what is here is what documents say, and a result is the beginning of it', async () => {
  const random = new Random(SEED)
  const disk = new Disk({ wait: () => new Promise((resolve) => setTimeout(resolve, random.between(0, 3))) })
  let told = 0
  for (let life = 0; life < setting('HEARTH_LIVES', 40); life++) {
    const message = `seed ${SEED}, life ${life}`
    const documents = await documentsOf(disk)
    const created = await createdOn(disk)
    const device = await Life.early(disk, random)
    const { echo } = device
    const expected = new Map(documents)
    const check = () => {
      for (const [id, { value, gone }] of expected) {
        const record = echo.record(id)
        if (record) assert.deepStrictEqual([record.value, record.gone], [value, gone], `${message}: ${id}`)
      }
      const limit = random.between(1, 20)
      if (echo.queries.undecided({ limit })) return
      const ids = new QueryWindow(echo.queries.matching({ limit }), limit, undefined, () => undefined)
        .view()
        .map(({ id }) => id)
      const all = created.filter((id) => !expected.get(id)!.gone)
      assert.deepEqual(ids, all.slice(0, limit), message)
      told++
    }
    check()
    for (let i = random.between(0, 10); i > 0; i--) {
      const here = created.filter((id) => echo.record(id))
      const id = here.length > 0 && random.next() < 0.7 ? random.pick(here) : randomId(random)
      const record = echo.record(id)
      // Two of these fill a page.
      if (!record) device.add(id, 'note', { ...randomRecord(random), pad: new Uint8Array(50_000) })
      else if (random.next() < 0.2) device.write({ id, op: { t: 'gone', v: random.next() < 0.6 } })
      else device.write({ id, op: randomOp(random, record.value) })
      if (!record) created.push(id)
      expected.set(id, echo.record(id)!)
      if (random.next() < 0.6) await new Promise((resolve) => setTimeout(resolve, random.between(0, 4)))
      check()
    }
    if (random.next() < 0.5) {
      await echo.loadAll()
      check()
      for (const id of expected.keys()) assert.ok(echo.record(id), `${message}: ${id} is missing`)
      if (random.next() < 0.5) await device.settled()
      if (random.next() < 0.5) await echo.drain()
    }
    disk.crash()
    device.stop()
  }
  assert.ok(told > 40, `only ${told} results were told`)
})

test('opening after a clean end reads pages only: no entry is decoded', async () => {
  const disk = new Disk()
  const device = await Life.begin(disk)
  for (let i = 0; i < 700; i++) device.add(randomId(new Random(i)), 'item', { i })
  await device.settled()
  await device.echo.drain()
  device.stop()
  const [entry] = await disk.open().rows('entries')
  assert.ok(entry)
  disk.damage('entries', [], new Uint8Array([0]))
  const again = await Life.begin(disk)
  assert.deepEqual(again.echo.damage, [])
  assert.equal(again.echo.record(randomId(new Random(699)))?.value['i'], 699)
})

/** Power cuts at random moments, on a disk that loses what was not synced. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { apply } from '../../worker/protocol/operations.js'
import type { StoredRecord } from '../../worker/protocol/values.js'
import { Random, setting } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk, type DiskOptions } from './disk.js'
import { documentsOf } from './oracle.js'
import { randomId, randomOp, randomRecord } from './script.js'

const SEED = setting('HEARTH_SEED', 20261122)

/** Lives of one device, each ended by a power cut. Returns how many acknowledged writes were not there afterwards. */
async function lives(random: Random, count: number, options: DiskOptions = {}): Promise<number> {
  const disk = new Disk({
    wait: () => new Promise((resolve) => setTimeout(resolve, random.between(0, 2))),
    ...options,
  })
  const acknowledged = new Map<ObjectId, StoredRecord>()
  let lost = 0
  for (let life = 0; life < count; life++) {
    // In every other life the tab writes, and power may go, while pages are still coming.
    const early = random.next() < 0.5
    const device = await (early ? Life.early(disk, random) : Life.begin(disk, random))
    for (const [id, value] of acknowledged) {
      const record = device.echo.record(id)
      if (!(early && !record) && !isDeepStrictEqual(record?.value, value)) lost++
    }
    const written = new Map<number, [ObjectId, StoredRecord]>()
    for (let i = random.between(1, 8); i > 0; i--) {
      const known = [...acknowledged.keys()]
      if (known.length > 0 && random.next() < 0.5) {
        const id = random.pick(known)
        const op = randomOp(random, device.echo.record(id)?.value ?? {})
        const before = device.echo.record(id)
        if (before) written.set(device.write({ id, op }), [id, apply(before.value, op)])
      } else {
        const id = randomId(random)
        // Large, so that there are many pages.
        const value = { ...randomRecord(random), pad: new Uint8Array(50_000).fill(life) }
        written.set(device.add(id, 'note', value), [id, value])
      }
      if (random.next() < 0.6) await new Promise((resolve) => setTimeout(resolve, random.between(0, 6)))
    }
    disk.crash()
    device.stop()
    const unsure = new Set([...written].filter(([n]) => n > device.durable).map(([, [id]]) => id))
    for (const [n, [id, value]] of written) if (n <= device.durable) acknowledged.set(id, value)
    // What was not acknowledged may be there, whole: from here on it counts as it is.
    const now = unsure.size > 0 ? await documentsOf(disk) : undefined
    for (const id of unsure) {
      if (now!.has(id)) acknowledged.set(id, now!.get(id)!.value)
      else if (acknowledged.has(id)) lost++
    }
  }
  return lost
}

test('a power cut at any moment loses nothing that was acknowledged', async () => {
  const random = new Random(SEED)
  assert.equal(await lives(random, setting('HEARTH_LIVES', 60)), 0, `seed ${SEED}`)
})

test('the test above fails on a disk that drops unsynced writes when commits are not strict', async () => {
  const lost = await lives(new Random(SEED), 20, { ignoreStrict: true })
  assert.ok(lost > 0, 'a store that never syncs must lose something')
})

test('a batch is there whole or not at all', async () => {
  const random = new Random(SEED)
  const disk = new Disk({ wait: () => new Promise((resolve) => setTimeout(resolve, random.between(0, 2))) })
  for (let round = 0; round < 15; round++) {
    const device = await Life.begin(disk, random)
    const ids = Array.from({ length: 600 }, () => randomId(random))
    device.write(...ids.map((id, i) => ({ id, type: 'item', value: { i } })))
    await new Promise((resolve) => setTimeout(resolve, random.between(0, 12)))
    disk.crash()
    device.stop()
    const again = await Life.begin(disk, random)
    const there = ids.filter((id) => again.echo.record(id)).length
    assert.ok(there === 0 || there === ids.length, `${there} of ${ids.length} objects of one batch`)
    assert.ok(there === ids.length || device.durable === 0)
    again.stop()
  }
})

/** A commit of much work is done in turns, between which tabs are heard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPlanes } from '../../worker/planes.js'
import { newId, type ClientId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { automerge, Life, simulatedPlatform } from './device.js'
import { Disk } from './disk.js'
import { entriesOn } from './entries.js'
import { documentsOf } from './oracle.js'
import { randomId } from './script.js'

test('two thousand edits of one flush become changes in turns of 128 at most', async () => {
  await automerge()
  const disk = new Disk()
  let turns = 0
  const platform = simulatedPlatform(disk, new Random(1))
  const later: typeof platform.later = (run, ms) => {
    if (ms === 0) turns++
    return platform.later(run, ms)
  }
  const { echo } = await openPlanes({ ...platform, later })
  const client = newId<ClientId>()
  const space = echo.spaceInfos[0]!.id
  const durable = (n: number) =>
    new Promise<void>((resolve) => {
      const quiet = () => undefined
      const others = { edited: quiet, reset: quiet, spaces: quiet, refused: quiet }
      echo.listeners.add({ ...others, durable: (_, done) => done >= n && resolve() })
    })
  const id = randomId(new Random(2))
  echo.accept(client, 1, space, [{ id, type: 'note', value: {} }])
  await durable(1)
  turns = 0
  const edits = Array.from({ length: 2000 }, (_, i) => ({
    id,
    op: { t: 'put' as const, at: [`field ${i % 300}`], v: i },
  }))
  echo.accept(client, 2, space, edits)
  await durable(2)
  assert.ok(turns >= 2000 / 128, `${turns} turns`)
  assert.deepEqual((await documentsOf(disk)).get(id)?.value, echo.record(id)?.value)
  echo.close()
  platform.stop()
})

test('what was typed in one flush, joined, becomes changes in turns by how much text it is', async () => {
  await automerge()
  const disk = new Disk()
  const device = await Life.begin(disk)
  const id = randomId(new Random(3))
  device.add(id, 'note', { text: { '@text': '' } })
  await device.settled()
  for (let i = 0; i < 20_000; i++) device.write({ id, op: { t: 'text', at: ['text'], i, n: 0, v: 'x' } })
  await device.settled()
  const entries = await entriesOn(disk)
  const changes = entries.flatMap((entry) => entry.changes.map(([, made]) => made.length))
  assert.ok(
    changes.reduce((a, b) => a + b, 0) >= 20_000 / 4096,
    `${changes.join()} changes for 20,000 characters`,
  )
  assert.deepEqual((await documentsOf(disk)).get(id)?.value, device.echo.record(id)?.value)
  device.stop()
})

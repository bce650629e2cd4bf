/** A disk that runs full while Alice types: what was durable stays, and what was not is taken back exactly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apply, type Op } from '../../worker/protocol/operations.js'
import type { StoredRecord } from '../../worker/protocol/values.js'
import { Random, setting } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { documentsOf } from './oracle.js'
import { randomId } from './script.js'

const SEED = setting('HEARTH_SEED', 71)
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const textOf = (value: StoredRecord) => (value['body'] as { '@text': string })['@text']

for (let round = 0; round < 6; round++)
  test(`Alice has exactly what was durable after the disk ran full under her keys (round ${round})`, async () => {
    const random = new Random(SEED + round)
    const disk = new Disk({ wait: () => pause(random.between(0, 2)) })
    const alice = await Life.begin(disk, random)
    const id = randomId(random)
    const first = { body: { '@text': 'Dear Bob,' } }
    alice.add(id, 'letter', first)
    await alice.settled()
    const typed: [n: number, Op][] = []
    const type = async (keys: number) => {
      for (let i = 0; i < keys; i++) {
        const { length } = textOf(alice.echo.record(id)!.value)
        const at = random.between(Math.max(0, length - 4), length)
        const n = random.next() < 0.2 ? Math.min(2, length - at) : 0
        const op: Op = { t: 'text', at: ['body'], i: at, n, v: random.pick(['a', 'b', 'cd ', 'e']) }
        typed.push([alice.write({ id, op }), op])
        if (random.next() < 0.1) await pause(random.between(0, 3))
      }
    }
    await type(random.between(20, 2500))
    disk.full = true
    await type(random.between(1, 300))
    await alice.settled()
    const { durable } = alice
    assert.ok(alice.refused.length > 0)
    let value: StoredRecord = first
    for (const [n, op] of typed) if (n <= durable) value = apply(value, op)
    assert.deepStrictEqual(alice.echo.record(id)!.value, value, 'what is shown')
    assert.deepStrictEqual((await documentsOf(disk)).get(id)!.value, value, 'what is stored')

    disk.full = false
    await type(50)
    await alice.settled()
    const last = alice.echo.record(id)!.value
    assert.deepStrictEqual((await documentsOf(disk)).get(id)!.value, last, 'and what she wrote then')
    await alice.echo.drain()
    alice.stop()
    const again = await Life.begin(disk, random)
    assert.deepStrictEqual(again.echo.record(id)!.value, last, 'and after a restart')
    again.stop()
  })

/** Devices that write, meet, lose power and are removed, at random: whoever has met everybody shows the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, type ObjectId } from '../../worker/protocol/ids.js'
import type { Op } from '../../worker/protocol/operations.js'
import type { Item } from '../../worker/protocol/rpc.js'
import { Random } from '../e2e/random.js'
import { automerge } from './device.js'
import { documentsOf } from './oracle.js'
import { admit, Device, meet, tell } from './people-and-feeds.js'

const SEEDS = 8
const STEPS = 60

for (let seed = 1; seed <= SEEDS; seed++)
  test(`three devices agree on everything, seed ${seed}`, async () => {
    await automerge()
    const random = new Random(seed)
    const devices = [
      await Device.fresh(seed * 1000),
      await Device.fresh(seed * 1000 + 10),
      await Device.fresh(seed * 1000 + 20),
    ]
    const [olga, ...others] = devices as [Device, Device, Device]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    for (const guest of others) await admit(olga, space, guest, 'editor')
    await meet(space, ...devices)
    const objects: ObjectId[] = []
    const numbers = new Map<Device, number>()
    const write = async (device: Device, item: Item) => {
      const n = (numbers.get(device) ?? 0) + 1
      numbers.set(device, n)
      try {
        device.life.echo.accept(device.life.client, n, space, [item])
      } catch {
        // An object that has not come here.
      }
      if (random.next() < 0.7) await device.echo.settled()
    }
    for (let step = 0; step < STEPS; step++) {
      const device = random.pick(devices)
      const roll = random.next()
      if (roll < 0.2 || objects.length === 0) {
        const id = newId<ObjectId>(Uint8Array.from({ length: 16 }, () => random.between(0, 255)))
        objects.push(id)
        const value = { body: { '@text': 'start' }, list: [1, 2, 3], n: 0, title: 'none' }
        await write(device, { id, type: 'note', value })
      } else if (roll < 0.75)
        await write(device, { id: random.pick(objects), op: anyOp(device, random, random.pick(objects)) })
      else if (roll < 0.93) await tell(space, device, random.pick(devices.filter((one) => one !== device)))
      else if (roll < 0.96) await device.echo.drain()
      else {
        await device.echo.settled()
        await device.again()
        numbers.delete(device)
      }
    }
    for (const device of devices) await device.echo.settled()
    await meet(space, ...devices)
    await meet(space, ...devices)
    const shown = (device: Device) => objects.map((id) => device.echo.record(id)?.value)
    for (const device of devices) {
      assert.deepEqual(device.echo.damage, [])
      assert.deepEqual(shown(device), shown(olga))
      const documents = await documentsOf(device.disk)
      for (const id of objects) assert.deepEqual(documents.get(id)?.value, device.echo.record(id)?.value)
    }
    // What pages and journals bring back is what was shown.
    for (const device of devices) {
      const before = shown(device)
      await device.again()
      assert.deepEqual(shown(device), before)
      device.life.stop()
    }
  })

function anyOp(device: Device, random: Random, id: ObjectId): Op {
  const value = device.echo.record(id)?.value
  const text = (value?.['body'] as { '@text': string } | undefined)?.['@text'] ?? ''
  const list = (value?.['list'] as unknown[] | undefined) ?? []
  const i = random.between(0, text.length)
  switch (random.between(0, 5)) {
    case 0:
      return { t: 'put', at: ['title'], v: `title ${random.between(0, 99)}` }
    case 1:
      return { t: 'inc', at: ['n'], n: random.between(1, 9) }
    case 2:
      return { t: 'list', at: ['list'], i: random.between(0, list.length), n: 0, v: [random.between(10, 99)] }
    case 3:
      return list.length > 0
        ? { t: 'list', at: ['list'], i: random.between(0, list.length - 1), n: 1, v: [] }
        : { t: 'put', at: ['title'], v: 'no list' }
    case 4:
      return { t: 'text', at: ['body'], i, n: Math.min(1, text.length - i), v: '' }
    default:
      return { t: 'text', at: ['body'], i, n: 0, v: String.fromCharCode(97 + random.between(0, 25)) }
  }
}

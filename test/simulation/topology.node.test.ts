/** A space with more devices than each has links, one behaviour after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_LINKS } from '../../worker/mesh/topology/rings.js'
import { newId, type ClientId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import type { MeshDevice } from './mesh/device.js'
import { Village } from './mesh/village.js'
import { crowd } from './topology/crowd-scenario.js'
import { topologyMesh } from './topology/mesh-scenario.js'
import { Town } from './topology/town.js'

/** So many who have just come. */
async function town(count: number, seed: number): Promise<Town> {
  const all = await Town.begin(new Random(seed))
  all.found(count)
  for (const device of all.devices) device.start()
  await all.settle()
  return all
}

test('nine devices are all linked with all', async () => {
  using nine = await town(9, 1)
  await nine.world.pass(20_000)
  for (const { links } of nine.devices) assert.equal(links.length, 8)
})

test('twelve devices have eight links at most, are connected, and what one writes comes to all', async () => {
  using twelve = await town(12, 2)
  await twelve.world.pass(20_000)
  for (const { links } of twelve.devices) assert.ok(links.length <= MAX_LINKS)
  for (const device of twelve.devices) {
    const { ms } = await twelve.spread(device)
    assert.ok(ms < 2_000, `it took ${ms} ms`)
  }
})

test('devices keep their links while nothing changes', async () => {
  using all = await town(14, 3)
  await all.world.pass(20_000)
  const before = all.devices.map(({ links }) => links)
  await all.world.pass(9_000)
  assert.deepEqual(
    all.devices.map(({ links }) => links),
    before,
  )
})

test('who is let in by one device of very many is linked at once, though all have as many links as they may', async () => {
  using all = await town(20, 4)
  await all.world.pass(20_000)
  const guest = all.join(all.devices[7]!)
  guest.start()
  assert.ok(await all.world.until(() => guest.links.length >= 4, 3_000))
  await all.settle()
})

test('who was let in while its hosts were apart finds those who have not heard of it', async () => {
  using all = await town(20, 5)
  // Each of two that are off lets one in, and neither is there when these come.
  const hosts = all.devices.slice(0, 2)
  for (const host of hosts) host.leave()
  const guests = hosts.map((host) => all.join(host))
  for (const guest of guests) guest.start()
  await all.settle()
  for (const guest of guests) assert.ok(guest.links.length >= 4)
})

test('when a neighbour loses power and no KUBE notices, the next ones are linked, and a place is held for nobody', async () => {
  using all = await town(20, 6)
  await all.world.pass(20_000)
  const began = all.world.time
  for (const device of all.devices.slice(0, 5)) device.crash(false)
  await all.settle()
  assert.ok(all.world.time - began < 25_000, `it took ${all.world.time - began} ms`)
})

test('when a neighbour says that it goes, the next one is linked within a second', async () => {
  using all = await town(20, 7)
  await all.world.pass(20_000)
  const [gone] = all.devices
  const began = all.world.time
  gone!.leave()
  await all.settle()
  assert.ok(all.world.time - began <= 1_000, `it took ${all.world.time - began} ms`)
})

test('eleven people see where each of them is, and hear once what one says, though each has eight links', async () => {
  await using village = new Village(8)
  const people: MeshDevice[] = []
  for (let n = 0; n < 11; n++) people.push(await village.person(`person-${n}`))
  const [first] = people as [MeshDevice]
  const space = await village.share(first, ...people.slice(1))
  const place = { space, name: 'list' }
  const tabs = people.map(() => newId<ClientId>())
  const heard = people.map(() => [] as unknown[])
  const ephemera = people.map(({ planes }) => planes.network.ephemera)
  for (const [n, one] of ephemera.entries()) {
    one.listen(tabs[n]!, 1, place, ({ value }) => heard[n]!.push(value))
    one.set(tabs[n]!, place, { at: n })
  }
  const isAround = () =>
    ephemera.every((one, n) => one.others(tabs[n]!, place).length === people.length - 1) &&
    people.every(({ status }) => status.links!.length <= MAX_LINKS)
  assert.ok(await village.world.until(isAround, 60_000))
  ephemera[3]!.say(tabs[3]!, place, 'hello')
  await village.world.pass(5_000)
  assert.deepEqual(
    heard,
    people.map((_, n) => (n === 3 ? [] : ['hello'])),
  )
  // Who has gone is nowhere.
  const [, second] = people as [MeshDevice, MeshDevice]
  second.crash()
  const isGone = () =>
    ephemera.every((one, n) => n === 1 || one.others(tabs[n]!, place).length === people.length - 2)
  assert.ok(await village.world.until(isGone, 15_000))
})

test('fifty devices that come and go stay connected', async () => {
  await topologyMesh(new Random(1))
})

for (const seed of [1, 2, 3])
  test(`fifty devices that come and go choose links by which they are connected, seed ${seed}`, async () => {
    await crowd(new Random(seed))
  })

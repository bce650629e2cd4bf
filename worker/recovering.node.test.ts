/** Somebody who has lost every device, and has everything back from a KUBE by 24 words: real devices, and what a real KUBE keeps. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../test/attacks/mallory/clock.js'
import { KeepingKube, PATIENCE_MS, recover } from '../test/attacks/mallory/keeping-kube.js'
import { KUBE, World, type Person } from '../test/attacks/mallory/world.js'
import { recoveryWords } from './halo/suite/recovery-words.js'
import type { ObjectId, SpaceId } from './protocol/ids.js'
import { CAPSULE_TYPE } from './protocol/own-types.js'

/** A KUBE, Ann's diary there, and a kitchen that is Ben's and where she is an editor. */
class Place implements AsyncDisposable {
  readonly world = new World()
  readonly kube = new KeepingKube(this.world)
  ann!: Person
  ben!: Person
  diary!: SpaceId
  kitchen!: SpaceId
  rain!: ObjectId
  milk!: ObjectId
  words!: string

  static async open(): Promise<Place> {
    const place = new Place()
    const { kube, world } = place
    const [ann, ben] = [await world.person(), await world.person()]
    const words = await ann.words()
    const { id: diary } = await ann.halo.createSpace('Diary')
    const { id: kitchen } = await ben.halo.createSpace('Kitchen')
    await ben.admit(kitchen, ann, 'editor')
    const rain = await ann.write(diary, 'Rain')
    const milk = await ben.write(kitchen, 'Milk')
    await kube.keeps(ben, kitchen)
    await kube.keeps(ann, diary)
    await until('the milk', () => ann.has(milk), PATIENCE_MS)
    return Object.assign(place, { ann, ben, diary, kitchen, rain, milk, words })
  }

  /** Every device of hers is gone, with what the power had left of it. */
  async annIsGone(): Promise<void> {
    const { ann, kube, diary, kitchen } = this
    await kube.hasAll(ann, diary, kitchen)
    ann.planes.network.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world[Symbol.dispose]()
    await this.kube[Symbol.asyncDispose]()
  }
}

/** There is no KUBE at addresses in which this stands. */
function withoutKube({ relay }: World, name: string): void {
  const { socket } = relay
  relay.socket = (url, events) => {
    if (!url.includes(name)) return socket(url, events)
    setImmediate(() => events.closed())
    return { waiting: 0, send: () => undefined, close: () => undefined }
  }
}

describe('who has lost every device', () => {
  let place: Place
  let back: Person
  before(async () => {
    place = await Place.open()
    await place.annIsGone()
  })
  after(() => place[Symbol.asyncDispose]())

  it('has the same identity on a new one, and what is in every space, by 24 words', async () => {
    const { ann, words, world, diary, kitchen, rain, milk } = place
    back = await world.person()
    assert.equal(await recover(back, `  ${words.toUpperCase().replaceAll(' ', '\n ')} `), '')
    assert.equal(back.identity, ann.identity)
    assert.ok(back.has(rain) && back.has(milk))
    assert.deepEqual(
      [diary, kitchen].map((id) => back.halo.get(id)?.role),
      ['owner', 'editor'],
    )
    assert.equal(await back.words(), words)
  })

  it('goes on in a space of which somebody else is the admin: what is written is there once one has been', async () => {
    const { ben, kitchen, world } = place
    const bread = await back.write(kitchen, 'Bread')
    await until('the bread', () => ben.has(bread), PATIENCE_MS)
    const { kube } = place
    await until('kept', () => back.opened!.keeping.of(kitchen)[0]?.state === 'kept', PATIENCE_MS)
    back.planes.network.stop()
    ben.planes.network.stop()
    const third = await world.person()
    assert.equal(await recover(third, place.words), '')
    assert.ok(third.has(bread))
    assert.equal(kube.world, world)
    back = third
  })

  it('may do so again, on as many as there are, and revoke what was lost', async () => {
    const { ann, kitchen, diary } = place
    const devices = back.halo.devices.filter(({ revoked }) => !revoked)
    assert.equal(devices.length, 3)
    await back.halo.revokeDevice(ann.halo.device)
    for (const space of [back.personal, kitchen, diary])
      assert.ok(!back.halo.get(space)!.log.state.devices.has(ann.halo.device))
  })
})

describe('who enters words', () => {
  let place: Place
  before(async () => {
    place = await Place.open()
    await place.annIsGone()
  })
  after(() => place[Symbol.asyncDispose]())

  it('is told which word is none, and that words which belong together lead to nothing', async () => {
    const somebody = await place.world.person()
    const words = place.words.split(' ')
    const before = somebody.identity
    assert.equal(await recover(somebody, ['sentinel', ...words.slice(1)].join(' ')), 'halo/recovery-word')
    assert.equal(await recover(somebody, words.slice(1).join(' ')), 'halo/recovery-count')
    assert.equal(await recover(somebody, [...words].reverse().join(' ')), 'halo/recovery-checksum')
    const nobodys = recoveryWords(crypto.getRandomValues(new Uint8Array(32)))
    assert.equal(await recover(somebody, nobodys), 'halo/nothing-to-recover')
    assert.equal(somebody.identity, before)
  })

  it('is told of an address that is none, and of nobody to ask', async () => {
    const somebody = await place.world.person()
    assert.equal(await recover(somebody, place.words, []), 'mesh/no-kube')
    assert.equal(await recover(somebody, place.words, ['kube.test']), 'echo/invalid')
    assert.equal(await recover(somebody, place.words, Array<string>(9).fill(KUBE)), 'echo/invalid')
  })

  it('does not wait for ever for a KUBE that is not there, or at which others only meet, and can call it off', async () => {
    const { kube, world, words } = place
    withoutKube(world, 'gone')
    const somebody = await (await world.person()).online()
    const { recovering } = somebody.opened!
    const gone = 'http://gone.test'
    kube.leaves()
    for (const [kubes, why] of [
      [[KUBE], 'halo/nothing-to-recover'],
      [[KUBE, gone], 'mesh/host-away'],
    ] as const) {
      const code = recover(somebody, words, kubes)
      await world.clock.pass(13_000, 200)
      assert.equal(await code, why)
    }
    await recovering.begin('called off', words, [KUBE])
    const ended = assert.rejects(somebody.joins.joined('called off'), { code: 'mesh/cancelled' })
    somebody.joins.cancel('called off')
    await ended
    kube.comes()
    assert.equal(await recover(somebody, words), '')
  })
})

describe('who names several KUBEs', () => {
  it('has everything from those that are there and have it, and does not wait long for the others', async () => {
    await using place = await Place.open()
    await place.annIsGone()
    const { world, words, rain, milk } = place
    withoutKube(world, 'gone')
    const device = await world.person()
    const since = performance.now()
    const addresses = ['http://gone.test', KUBE, 'http://other.test']
    assert.equal(await recover(device, words, addresses), '')
    assert.ok(performance.now() - since < 11_000, 'less than one that is away would take')
    assert.ok(device.has(rain) && device.has(milk))
  })
})

describe('a device that has something already', () => {
  it('keeps it, and its spaces are the recovered identity’s', async () => {
    await using place = await Place.open()
    await place.annIsGone()
    const { world, ann, rain, milk, words } = place
    const device = await world.person()
    const own = device.personal
    const { id: garden } = await device.halo.createSpace('Garden')
    const [note, rose] = [await device.write(own, 'Mine'), await device.write(garden, 'Rose')]
    assert.equal(await recover(device, words), '')
    assert.ok([note, rose, rain, milk].every((id) => device.has(id)))
    const { members, role } = device.halo.get(garden)!
    assert.deepEqual([members.map(({ id }) => id), role], [[ann.identity], 'owner'])
    assert.ok(device.halo.get(own), 'its former personal space is listed')
    await device.write(garden, 'Tulip')
  })

  it('that is one of this identity’s has what it lacks', async () => {
    await using place = await Place.open()
    await place.annIsGone()
    const { ann, words, rain } = place
    const again = await ann.again()
    assert.equal(await recover(again, words), '')
    assert.ok(again.has(rain))
    assert.equal(again.halo.devices.length, 1)
  })
})

describe('when the power goes while everything comes back', () => {
  it('the rest comes when the device is on again, and nobody enters the words once more', async () => {
    await using place = await Place.open()
    await place.annIsGone()
    const { world, words, ann, rain, milk } = place
    let device = await (await world.person()).online()
    await device.opened!.recovering.begin('cut', words, [KUBE])
    await until('somebody else', () => device.identity === ann.identity, PATIENCE_MS)
    device = await device.again()
    assert.equal(device.identity, ann.identity)
    await until('everything', () => device.has(rain) && device.has(milk), PATIENCE_MS)
  })
})

describe('a space whose keys were changed while its member had no device', () => {
  it('is readable as it was then, and all of it once somebody has sealed the new key', async () => {
    await using place = await Place.open()
    await place.annIsGone()
    const { world, ben, kitchen, words, milk, kube } = place
    const carl = await world.person()
    await ben.admit(kitchen, carl, 'editor')
    await ben.halo.removeMember(kitchen, carl.identity)
    const salt = await ben.write(kitchen, 'Salt')
    await kube.hasAll(ben, kitchen)
    ben.planes.network.stop()
    const device = await world.person()
    assert.equal(await recover(device, words), '')
    assert.ok(device.has(milk))
    const back = await ben.again()
    await until('the salt', () => device.has(salt), PATIENCE_MS)
    assert.ok(back.has(salt))
  })
})

describe('a device that was paired, and does not have the words', () => {
  it('has its spaces kept so that they lead there, when the first one is gone for good', async () => {
    await using place = await Place.open()
    const { world, ben, kube } = place
    const [first, second] = [await (await world.person()).online(), await (await world.person()).online()]
    const words = await first.words()
    await first.halo.admissions.admitDevice(await second.halo.admissions.offer(first.identity))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(first.personal))
    const brought = () => second.echo.objectsOf(second.personal, CAPSULE_TYPE).length === 1
    await until('what leads there', brought, PATIENCE_MS)
    first.planes.network.stop()
    const { id: garden } = await second.halo.createSpace('Garden')
    const rose = await second.write(garden, 'Rose')
    await kube.keeps(second, garden)
    await assert.rejects(second.words(), { code: 'halo/no-words-here' })
    second.planes.network.stop()
    const device = await world.person()
    assert.equal(await recover(device, words), '')
    assert.ok(device.has(rose))
    assert.notEqual(device.identity, ben.identity)
  })
})

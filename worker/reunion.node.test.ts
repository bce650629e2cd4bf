/** Somebody who has lost a device, and has everything back by 24 words from another one that is on: where they meet, nothing is kept. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../test/attacks/mallory/clock.js'
import { KeepingKube, PATIENCE_MS, recover } from '../test/attacks/mallory/keeping-kube.js'
import { KUBE, World, type Person } from '../test/attacks/mallory/world.js'
import { recoverySecret, recoveryWords } from './halo/suite/recovery-words.js'
import { recoveryOf, wordsMeeting } from './halo/suite/recovery.js'
import { newId, toBase64Url, type ClientId, type ObjectId, type SpaceId } from './protocol/ids.js'
import { CAPSULE_TYPE, SPACE_TYPE } from './protocol/own-types.js'

/** Ann's laptop is on, with a diary of hers and a kitchen that is Ben's and where she is an editor. */
class Place implements Disposable {
  readonly world = new World()
  laptop!: Person
  ben!: Person
  diary!: SpaceId
  kitchen!: SpaceId
  rain!: ObjectId
  milk!: ObjectId
  words!: string

  static async open(): Promise<Place> {
    const place = new Place()
    const { world } = place
    const [laptop, ben] = [await world.person(), await world.person()]
    const words = await laptop.words()
    const { id: diary } = await laptop.halo.createSpace('Diary')
    const { id: kitchen } = await ben.halo.createSpace('Kitchen')
    await ben.admit(kitchen, laptop, 'editor')
    const rain = await laptop.write(diary, 'Rain')
    const milk = await laptop.write(kitchen, 'Milk')
    const noted = () => laptop.echo.objectsOf(laptop.personal, SPACE_TYPE).length === 2
    await until('what she has to be noted', noted, PATIENCE_MS)
    await laptop.online()
    Object.assign(place, { laptop, ben, diary, kitchen, rain, milk, words })
    await place.areWhereWordsLead(1)
    return place
  }

  /** So many devices are where the words lead. */
  async areWhereWordsLead(count: number): Promise<void> {
    const { topic } = await recoveryOf(this.laptop.platform, recoverySecret(this.words))
    const at = toBase64Url(wordsMeeting(topic).topic)
    const there = () => this.world.relay.wires.filter(({ places }) => places.has(at)).length
    await until('where the words lead', () => there() === count, PATIENCE_MS)
  }

  /** Another device of hers, as by `inviteDevice`, which does not have the words. */
  async paired(): Promise<Person> {
    const { laptop, world } = this
    const tablet = await (await world.person()).online()
    const { admissions } = tablet.halo
    await laptop.halo.admissions.admitDevice(await admissions.offer(laptop.identity))
    await admissions.become(laptop.halo.admissions.entriesOf(laptop.personal))
    await until('all on the tablet', () => [this.rain, this.milk].every((id) => tablet.has(id)), PATIENCE_MS)
    return tablet
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]()
  }
}

const capsulesOf = (person: Person) => person.echo.objectsOf(person.personal, CAPSULE_TYPE)

describe('who has lost a device, and has another one that is on', () => {
  let place: Place
  let phone: Person
  before(async () => {
    place = await Place.open()
    phone = await place.world.person()
  })
  after(() => place[Symbol.dispose]())

  it('has the same identity on a new one, and what is in every space, by 24 words', async () => {
    const { laptop, words, diary, kitchen, rain, milk } = place
    assert.equal(await recover(phone, words), '')
    assert.equal(phone.identity, laptop.identity)
    assert.ok(phone.has(rain) && phone.has(milk))
    assert.deepEqual(
      [diary, kitchen].map((id) => phone.halo.get(id)?.role),
      ['owner', 'editor'],
    )
    assert.equal(await phone.words(), words)
  })

  it('goes on with both: what is written on one is on the other', async () => {
    const { laptop, diary, kitchen } = place
    const sun = await phone.write(diary, 'Sun')
    const salt = await laptop.write(kitchen, 'Salt')
    await until('both', () => laptop.has(sun) && phone.has(salt), PATIENCE_MS)
  })

  it('is known to who shares a space with them', async () => {
    const { ben, kitchen } = place
    await ben.online()
    const isIn = () => ben.halo.get(kitchen)!.log.state.devices.has(phone.halo.device)
    await until('Ben to hear of it', isIn, PATIENCE_MS)
  })

  it('may do so again: by then, two devices are where the words lead', async () => {
    const { laptop, words, rain, milk } = place
    await place.areWhereWordsLead(2)
    laptop.planes.network.stop()
    const third = await place.world.person()
    assert.equal(await recover(third, words), '')
    assert.ok(third.has(rain) && third.has(milk))
    await place.areWhereWordsLead(2)
  })
})

describe('a device that was paired, and does not have the words', () => {
  it('gives everything back all the same, when the first one is gone for good', async () => {
    using place = await Place.open()
    const { laptop, words, rain, milk } = place
    const tablet = await place.paired()
    await assert.rejects(tablet.words(), { code: 'halo/no-words-here' })
    await place.areWhereWordsLead(2)
    laptop.planes.network.stop()
    const phone = await place.world.person()
    assert.equal(await recover(phone, words), '')
    assert.ok(phone.has(rain) && phone.has(milk))
  })

  it('is told where the words lead by one that has them, if an earlier build did not write it down, or somebody else did', async () => {
    using place = await Place.open()
    const tablet = await place.paired()
    await place.areWhereWordsLead(2)
    const [capsule] = capsulesOf(tablet)
    const client = newId<ClientId>()
    const write = async (n: number, op: object) => {
      tablet.echo.accept(client, n, tablet.personal, [{ id: capsule!.id, op: op as never }])
      await tablet.echo.settled()
      assert.ok(!hasTopic(tablet))
      await until('it to be put right', () => hasTopic(tablet), PATIENCE_MS)
      await place.areWhereWordsLead(2)
    }
    const { topic } = (await place.laptop.halo.words())!
    const hasTopic = (person: Person) => {
      const said = capsulesOf(person)[0]?.value['topic']
      return said instanceof Uint8Array && said.join() === topic.join()
    }
    await write(1, { t: 'del', at: ['topic'] })
    await write(2, { t: 'put', at: ['topic'], v: new Uint8Array(32) })
    await write(3, { t: 'put', at: ['topic'], v: 'nowhere' })
  })
})

describe('who enters words', () => {
  it('is told that they lead to nothing, where no device of theirs is on', async () => {
    using place = await Place.open()
    const { laptop, world, words } = place
    const somebody = await (await world.person()).online()
    const { identity } = somebody
    const code = recover(somebody, recoveryWords(crypto.getRandomValues(new Uint8Array(32))))
    await world.clock.pass(13_000, 200)
    assert.equal(await code, 'halo/nothing-to-recover')
    laptop.planes.network.stop()
    const later = recover(somebody, words)
    await world.clock.pass(13_000, 200)
    assert.equal(await later, 'halo/nothing-to-recover')
    assert.equal(somebody.identity, identity)
  })

  it('on a device that has something keeps it, and both have it', async () => {
    using place = await Place.open()
    const { laptop, world, words, rain } = place
    const phone = await world.person()
    const { id: garden } = await phone.halo.createSpace('Garden')
    const rose = await phone.write(garden, 'Rose')
    assert.equal(await recover(phone, words), '')
    assert.ok(phone.has(rain) && phone.has(rose))
    await until('the rose', () => laptop.has(rose), PATIENCE_MS)
  })

  it('on a device that is one of theirs is not in its own way', async () => {
    using place = await Place.open()
    const { world, words } = place
    const phone = await world.person()
    assert.equal(await recover(phone, words), '')
    await place.areWhereWordsLead(2)
    assert.equal(await recover(phone, words), '')
    await place.areWhereWordsLead(2)
    assert.equal(phone.halo.devices.length, 2)
  })
})

describe('when the power goes while everything comes back', () => {
  it('the rest comes when the device is on again, and nobody enters the words once more', async () => {
    using place = await Place.open()
    const { laptop, world, words, rain, milk } = place
    let phone = await (await world.person()).online()
    await phone.opened!.recovering.begin('cut', words, [KUBE])
    await until('somebody else', () => phone.identity === laptop.identity, PATIENCE_MS)
    phone = await phone.again()
    await until('everything', () => phone.has(rain) && phone.has(milk), PATIENCE_MS)
  })

  it('also if it goes on the device that lets the other one in', async () => {
    using place = await Place.open()
    const { world, words, rain, milk } = place
    const phone = await world.person()
    const { halo } = place.laptop
    const heard = new Promise<void>((resolve) => {
      halo.onChange(() => halo.devices.length === 2 && resolve())
    })
    const code = recover(phone, words)
    await heard
    place.laptop = await place.laptop.again()
    assert.equal(await code, '')
    await until('everything', () => phone.has(rain) && phone.has(milk), PATIENCE_MS)
  })
})

describe('where a KUBE keeps some, and a device has all', () => {
  it('everything comes, from both', async () => {
    using place = await Place.open()
    const { laptop, world, words, diary, rain, milk } = place
    await using kube = new KeepingKube(world)
    await kube.keeps(laptop, diary)
    const phone = await world.person()
    assert.equal(await recover(phone, words), '')
    await until('everything', () => phone.has(rain) && phone.has(milk), PATIENCE_MS)
  })

  it('a device that was revoked stays out, of whichever of the two has not heard of it', async () => {
    using place = await Place.open()
    const { laptop, world, words, diary } = place
    await using kube = new KeepingKube(world)
    const tablet = await place.paired()
    await kube.keeps(laptop, diary)
    await place.areWhereWordsLead(2)
    kube.leaves()
    tablet.planes.network.stop()
    await laptop.halo.revokeDevice(tablet.halo.device)
    kube.comes()
    // The KUBE has not been told so far.
    const phone = await world.person()
    assert.equal(await recover(phone, words), '')
    for (const space of [phone.personal, diary])
      assert.ok(!phone.halo.get(space)!.log.state.devices.has(tablet.halo.device))
  })
})

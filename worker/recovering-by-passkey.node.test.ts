/** Somebody who has lost every device, and has everything back from a KUBE by a passkey alone: real devices, and what a real KUBE keeps. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../test/attacks/mallory/clock.js'
import { KeepingKube, PATIENCE_MS, recover } from '../test/attacks/mallory/keeping-kube.js'
import { KUBE, World, type Person } from '../test/attacks/mallory/world.js'
import type { ObjectId, SpaceId } from './protocol/ids.js'
import { PASSKEY_TYPE } from './protocol/own-types.js'
import { PASSKEY_SALT } from './protocol/passkey-salt.js'

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill)
const passkey = (n: number) => ({ credential: bytes(n, 20), salt: PASSKEY_SALT })
const lock = ({ planes }: Person, n: number) => planes.passkeys.lock(passkey(n), bytes(n))

/** Passkeys of this person that lead to the words at the KUBE are so many. */
const leading = (person: Person, many: number) =>
  until(
    'passkeys to lead there',
    () => person.opened!.keeping.of(person.personal)[0]?.passkeys === many,
    PATIENCE_MS,
  )

/** A KUBE, and Ann's diary there. */
class Place implements AsyncDisposable {
  readonly world = new World()
  readonly kube = new KeepingKube(this.world)
  ann!: Person
  diary!: SpaceId
  rain!: ObjectId

  /** @param early passkeys that lock the words before anything is kept anywhere */
  static async open(...early: number[]): Promise<Place> {
    const place = new Place()
    const ann = await place.world.person()
    for (const n of early) await lock(ann, n)
    const { id: diary } = await ann.halo.createSpace('Diary')
    const rain = await ann.write(diary, 'Rain')
    await place.kube.keeps(ann, diary)
    return Object.assign(place, { ann, diary, rain })
  }

  async annIsGone(): Promise<void> {
    const { ann, kube, diary } = this
    await kube.hasAll(ann, diary)
    ann.planes.network.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world[Symbol.dispose]()
    await this.kube[Symbol.asyncDispose]()
  }
}

describe('who has lost every device, and has a passkey', () => {
  it('has the same identity on a new one, what is in every space, and the words', async () => {
    await using place = await Place.open(1)
    const { ann, world, diary, rain } = place
    await leading(ann, 1)
    const words = await ann.words()
    await place.annIsGone()
    const back = await world.person()
    assert.equal(await recover(back, bytes(1)), '')
    assert.equal(back.identity, ann.identity)
    assert.ok(back.has(rain))
    assert.equal(back.halo.get(diary)?.role, 'owner')
    assert.equal(await back.words(), words)
    assert.equal(await back.planes.passkeys.unlock(passkey(1).credential, bytes(1)), words)
  })

  it('has it by any of several, also by one that was made when the server had the space already', async () => {
    await using place = await Place.open(1)
    const { ann, world, rain } = place
    await lock(ann, 2)
    await leading(ann, 2)
    await place.annIsGone()
    for (const n of [1, 2]) {
      const back = await world.person()
      assert.equal(await recover(back, bytes(n)), '', String(n))
      assert.ok(back.has(rain))
    }
  })

  it('has it where only a device without the words has had it kept', async () => {
    await using place = await Place.open()
    const { world, kube } = place
    const [first, second] = [await (await world.person()).online(), await (await world.person()).online()]
    await lock(first, 3)
    await first.halo.admissions.admitDevice(await second.halo.admissions.offer(first.identity))
    await second.halo.admissions.become(first.halo.admissions.entriesOf(first.personal))
    const brought = () => second.echo.objectsOf(second.personal, PASSKEY_TYPE).length === 1
    await until('what the passkey has locked', brought, PATIENCE_MS)
    const { id: garden } = await second.halo.createSpace('Garden')
    const rose = await second.write(garden, 'Rose')
    await until('the space', () => second.has(rose), PATIENCE_MS)
    await until(
      'words',
      () => second.echo.objectsOf(second.personal, 'hearth/capsule').length === 1,
      PATIENCE_MS,
    )
    first.planes.network.stop()
    await kube.keeps(second, garden)
    await leading(second, 1)
    await assert.rejects(second.words(), { code: 'halo/no-words-here' })
    second.planes.network.stop()
    const device = await world.person()
    assert.equal(await recover(device, bytes(3)), '')
    assert.equal(device.identity, second.identity)
    assert.ok(device.has(rose))
  })
})

describe('who uses a passkey', () => {
  let place: Place
  before(async () => {
    place = await Place.open(1)
    await leading(place.ann, 1)
    // As an earlier build has made it.
    await place.ann.planes.passkeys.lock({ credential: bytes(4, 20), salt: bytes(4) }, bytes(4))
    await place.annIsGone()
  })
  after(() => place[Symbol.asyncDispose]())

  it('that leads to nothing there, or was made by an earlier build, is told so, and stays who it is', async () => {
    const somebody = await place.world.person()
    const before = somebody.identity
    for (const n of [9, 4]) assert.equal(await recover(somebody, bytes(n)), 'halo/nothing-by-passkey')
    assert.equal(somebody.identity, before)
  })

  it('that answers in another way is told so, and of nobody to ask', async () => {
    const somebody = await place.world.person()
    assert.equal(await recover(somebody, bytes(1, 16)), 'echo/invalid')
    assert.equal(await recover(somebody, 7 as never), 'echo/invalid')
    assert.equal(await recover(somebody, bytes(1), []), 'mesh/no-kube')
  })

  it('has everything from the server that knows it, and does not wait long for others', async () => {
    const { world, rain } = place
    const { relay } = world
    const { socket } = relay
    relay.socket = (url, events) => {
      if (!url.includes('gone')) return socket(url, events)
      setImmediate(() => events.closed())
      return { waiting: 0, send: () => undefined, close: () => undefined }
    }
    const device = await world.person()
    const since = performance.now()
    assert.equal(await recover(device, bytes(1), ['http://gone.test', KUBE]), '')
    assert.ok(performance.now() - since < 11_000, 'less than one that is away would take')
    assert.ok(device.has(rain))
  })

  it('does not wait for ever for a server that others only meet at, and can call it off', async () => {
    const { kube, world } = place
    const somebody = await (await world.person()).online()
    const { recovering } = somebody.opened!
    kube.leaves()
    await recovering.begin('silent', bytes(1), [KUBE])
    const isNothing = assert.rejects(somebody.joins.joined('silent'), { code: 'halo/nothing-by-passkey' })
    await world.clock.pass(30_000, 200)
    await isNothing
    await recovering.begin('called off', bytes(1), [KUBE])
    const ended = assert.rejects(somebody.joins.joined('called off'), { code: 'mesh/cancelled' })
    somebody.joins.cancel('called off')
    await ended
    kube.comes()
    assert.equal(await recover(somebody, bytes(1)), '')
  })
})

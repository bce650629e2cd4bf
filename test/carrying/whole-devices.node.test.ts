/** Real devices, and a real KUBE: who comes in gets what is there by a checkpoint, and goes on from it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toBase64Url, type SpaceId } from '../../worker/protocol/ids.js'
import { until } from '../attacks/mallory/clock.js'
import { KeepingKube, PATIENCE_MS, recover } from '../attacks/mallory/keeping-kube.js'
import { meet, World, type Person } from '../attacks/mallory/world.js'
import { Disk } from '../simulation/disk.js'

const AFTER = 300

class Place implements AsyncDisposable {
  readonly world = new World()
  readonly kube = new KeepingKube(this.world)
  olga!: Person
  space!: SpaceId
  notes!: string[]

  /** Olga has written some hundred notes, one entry each, and made a checkpoint of them. */
  static async open(): Promise<Place> {
    const place = new Place()
    const olga = await place.world.person(0, new Disk(), AFTER)
    const { id: space } = await olga.halo.createSpace('Diary')
    Object.assign(place, { olga, space })
    await place.write(AFTER)
    await until('a checkpoint', () => olga.echo.checkpoints.of(space) !== undefined, PATIENCE_MS)
    return place
  }

  async write(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await this.olga.write(this.space, `note ${n}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world[Symbol.dispose]()
    await this.kube[Symbol.asyncDispose]()
  }

  titles({ echo }: Person): unknown[] {
    return echo
      .objectsOf(this.space)
      .map(({ value }) => value['title'])
      .sort()
  }

  isAsOlgas(person: Person): boolean {
    return this.titles(person).join() === this.titles(this.olga).join()
  }

  /** Entries that are on its disk, as they came. */
  entries({ disk }: Person): Promise<number> {
    return disk
      .open()
      .rows('entries', [this.space])
      .then(({ length }) => length)
  }

  /** The KUBE has the checkpoint that Olga has. */
  async isThere(): Promise<void> {
    const { kube, olga, space } = this
    const { replica } = (await kube.keeper.open(olga.ref(space), new Uint8Array(32), false))!
    const id = () => olga.echo.checkpoints.of(space)!.head.id
    await until('the checkpoint at the KUBE', () => replica.checkpoint?.id === id(), PATIENCE_MS)
  }
}

describe('who is let in', () => {
  it('has all of it by a checkpoint, and both go on', async () => {
    await using place = await Place.open()
    const { olga, space, world } = place
    const ed = await world.person()
    await olga.admit(space, ed, 'editor')
    await meet(olga, ed)
    await until('all of it', () => place.isAsOlgas(ed), PATIENCE_MS)
    assert.equal(await place.entries(ed), 0)
    const bread = await ed.write(space, 'Bread')
    await until('the bread', () => olga.has(bread), PATIENCE_MS)
    const milk = await olga.write(space, 'Milk')
    await until('the milk', () => ed.has(milk), PATIENCE_MS)
    assert.deepEqual([await place.entries(ed), ed.echo.damage], [2, []])
  })

  it('gives it to the next one, who never met the one who made it', async () => {
    await using place = await Place.open()
    const { olga, space, world } = place
    const [ed, rita] = [await world.person(), await world.person()]
    await olga.admit(space, ed, 'editor')
    await olga.admit(space, rita, 'reader')
    await ed.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    await meet(olga, ed)
    await until('all of it', () => place.isAsOlgas(ed), PATIENCE_MS)
    olga.planes.network.stop()
    const bread = await ed.write(space, 'Bread')
    await meet(ed, rita)
    await until('all of it', () => rita.has(bread) && place.titles(rita).length === AFTER + 1, PATIENCE_MS)
    assert.equal(await place.entries(rita), 1)
  })
})

describe('who comes back by recovery words', () => {
  it('has it by the checkpoint that the KUBE keeps, and what came after it', async () => {
    await using place = await Place.open()
    const { olga, space, world, kube } = place
    const words = await olga.words()
    await kube.keeps(olga, space)
    await place.isThere()
    await place.write(5)
    await kube.hasAll(olga, space)
    olga.planes.network.stop()
    const back = await world.person()
    assert.equal(await recover(back, words), '')
    await until('all of it', () => place.isAsOlgas(back), PATIENCE_MS)
    const count = await place.entries(back)
    assert.ok(count > 0 && count < 20, String(count))
    assert.deepEqual(back.echo.damage, [])
  })

  it('has it where the KUBE has deleted the entries that it stands for, and so has Olga', async () => {
    await using place = await Place.open()
    const { olga, space, world, kube } = place
    const words = await olga.words()
    await kube.keeps(olga, space)
    await place.isThere()
    const first = olga.echo.checkpoints.of(space)!.head.id
    await olga.planes.history.keep(space, false)
    await until('another one', () => olga.echo.checkpoints.of(space)!.head.id !== first, PATIENCE_MS)
    await place.isThere()
    const name = toBase64Url(olga.ref(space))
    await until('few entries', () => kube.database.keys(['entry', name]).length < 20, PATIENCE_MS)
    await place.write(5)
    await kube.hasAll(olga, space)
    olga.planes.network.stop()
    const back = await world.person()
    assert.equal(await recover(back, words), '')
    await until('all of it', () => place.isAsOlgas(back), PATIENCE_MS)
    const bread = await back.write(space, 'Bread')
    await kube.hasAll(back, space)
    assert.ok(back.has(bread))
  })
})

describe('a KUBE that has lost everything', () => {
  it('is filled by the checkpoint of a device that has nothing else', async () => {
    await using place = await Place.open()
    const { olga, space, world, kube } = place
    const ed = await world.person()
    await olga.admit(space, ed, 'admin')
    await meet(olga, ed)
    await until('all of it', () => place.isAsOlgas(ed), PATIENCE_MS)
    olga.planes.network.stop()
    await kube.keeps(ed, space)
    const { replica } = (await kube.keeper.open(olga.ref(space), new Uint8Array(32), false))!
    assert.deepEqual([...replica.positions].sort(), [...ed.echo.exchange.positions(space)].sort())
    assert.equal(replica.floors.get(olga.halo.device), AFTER + 1)
  })
})

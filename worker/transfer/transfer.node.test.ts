/** A space that goes to a file on one device, and what another one makes of it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomBytes } from 'node:crypto'
import { Random } from '../../test/e2e/random.js'
import { transferring } from '../../test/simulation/files.js'
import { freshDevices } from '../../test/simulation/fresh-devices.js'
import { admit, type Device } from '../../test/simulation/people-and-feeds.js'
import { OwnObjects } from '../own-objects.js'
import type { HearthError } from '../protocol/errors.js'
import { newId, type ClientId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import type { StoredRecord } from '../protocol/values.js'
import { exportSpace } from './exporting.js'
import { importSpace } from './importing.js'
import { Jobs } from './jobs.js'

const { fresh } = freshDevices(31_000)
const idOf = (n: number) => newId<ObjectId>(new Uint8Array(16).fill(n))

async function write(
  device: Device,
  space: SpaceId,
  values: readonly [ObjectId, StoredRecord][],
): Promise<void> {
  const items = values.map(([id, value]) => ({ id, type: 'todo', value }))
  await new OwnObjects(device.halo, device.echo).write(items, space)
}

const toFile = (device: Device, space: SpaceId) => exportSpace(transferring(device), space, 1_750_000_000_000)

async function fromFile(device: Device, file: Blob, asCopy = false): Promise<SpaceId> {
  return (await importSpace(transferring(device), file, asCopy))[0]
}

const todosOf = ({ echo }: Device, space: SpaceId) => echo.objectsOf(space, 'todo').map(({ value }) => value)

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (e: unknown) => (e as HearthError).code,
  )

/** A space of Olga's with everything that a value can be, and what links to what is written later. */
async function kitchen(olga: Device): Promise<SpaceId> {
  const { id } = await olga.halo.createSpace('Kitchen')
  await write(olga, id, [
    [idOf(1), { title: 'Eggs', notes: { '@text': 'a dozen' }, after: { '@link': idOf(2) } }],
    [
      idOf(2),
      { title: 'Milk', at: { '@time': 7 }, picture: new Uint8Array([1, 2, 3]), tags: ['a', { n: 1.5 }] },
    ],
    [idOf(3), { title: 'Gone' }],
  ])
  const gone = { id: idOf(3), op: { t: 'gone', v: true } } as const
  await new OwnObjects(olga.halo, olga.echo).write([gone], id)
  return id
}

describe('a space that was written to a file', () => {
  it('is a new space to whoever is not in it: all that it shows, with links among themselves', async () => {
    const [olga, eve] = [await fresh(), await fresh()]
    const space = await kitchen(olga)
    const copy = await fromFile(eve, await toFile(olga, space))
    assert.notEqual(copy, space)
    const { name, role } = eve.halo.get(copy)!.info
    assert.deepEqual([name, role], ['Kitchen', 'owner'])
    const [eggs, milk] = eve.echo.objectsOf(copy, 'todo')
    assert.equal(eve.echo.objectsOf(copy, 'todo').length, 2)
    assert.deepEqual(eggs!.value, {
      title: 'Eggs',
      notes: { '@text': 'a dozen' },
      after: { '@link': milk!.id },
    })
    assert.deepEqual(milk!.value, todosOf(olga, space)[1])
    assert.notEqual(milk!.id, idOf(2), 'the space may come here itself, and an object is in one only')
  })

  it('brings to a member what has not come there yet', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    const space = await kitchen(olga)
    await admit(olga, space, ed, 'editor')
    assert.deepEqual(todosOf(ed, space), [])
    assert.equal(await fromFile(ed, await toFile(olga, space)), space)
    assert.deepEqual(todosOf(ed, space), todosOf(olga, space))
    await ed.again()
    await ed.echo.loadAll()
    assert.deepEqual(todosOf(ed, space), todosOf(olga, space), 'durably')
  })

  it('says to a member who else is in', async () => {
    const [olga, ed, ada] = [await fresh(), await fresh(), await fresh()]
    const space = await kitchen(olga)
    await admit(olga, space, ed, 'editor')
    await admit(olga, space, ada, 'reader')
    await fromFile(ed, await toFile(olga, space))
    assert.equal(ed.halo.get(space)!.members.length, 3)
  })

  it('changes nothing where all of it is', async () => {
    const olga = await fresh()
    const space = await kitchen(olga)
    const before = await olga.echo.exchange.holdings(space)
    assert.equal(await fromFile(olga, await toFile(olga, space)), space)
    assert.deepEqual(await olga.echo.exchange.holdings(space), before)
  })

  it('comes back after it was deleted, or as a copy beside itself, as a new one', async () => {
    const olga = await fresh()
    const space = await kitchen(olga)
    const file = await toFile(olga, space)
    const copy = await fromFile(olga, file, true)
    assert.notEqual(copy, space)
    await olga.halo.deleteSpace(space)
    const back = await fromFile(olga, file)
    for (const id of [copy, back])
      assert.deepEqual(
        todosOf(olga, id).map(({ title }) => title),
        ['Eggs', 'Milk'],
      )
  })

  it('is refused in whatever way it was damaged, and nothing is taken from it', async () => {
    const olga = await fresh()
    const bytes = new Uint8Array(await (await toFile(olga, await kitchen(olga))).arrayBuffer())
    const eve = await fresh()
    const spaces = eve.halo.spaces.length
    const random = new Random(11)
    const refused = async (why: string, file: BlobPart[], code = /^echo\/import-/) => {
      assert.match(await codeOf(fromFile(eve, new Blob(file))), code, why)
      assert.equal(eve.halo.spaces.length, spaces, why)
    }
    for (let n = 0; n < 200; n++) {
      const at = random.between(0, bytes.length - 1)
      const changed = bytes.slice()
      changed[at]! ^= 1 << random.between(0, 7)
      await refused(`bit at ${at}`, [changed])
      await refused(`cut at ${at}`, [bytes.slice(0, at)])
    }
    await refused('more at its end', [bytes, new Uint8Array(5)], /damaged$/)
    await refused('twice', [bytes, bytes], /damaged$/)
    await refused('nothing', [], /unknown$/)
    await refused('a picture', [randomBytes(5_000)], /unknown$/)
  })

  it('leaves nothing where there was no room for it', async () => {
    const [olga, eve] = [await fresh(), await fresh()]
    const file = await toFile(olga, await kitchen(olga))
    eve.disk.fullAfter(2)
    assert.match(await codeOf(fromFile(eve, file)), /^store\//)
    eve.disk.full = false
    await eve.again()
    await eve.echo.loadAll()
    for (const { id, info } of eve.halo.spaces)
      if (id !== eve.life.space) assert.match(info.name, /incomplete/)
  })
})

describe('a job of a tab', () => {
  const tab = newId<ClientId>()
  const platform = {
    later: (run: () => void, ms: number) => {
      const timer = setTimeout(run, ms).unref()
      return () => clearTimeout(timer)
    },
  }

  it('is asked for until it is done, by nobody else, and once', async () => {
    const jobs = new Jobs(platform)
    const id = newId<string>()
    jobs.begin(tab, id, async () => 7)
    assert.equal(await codeOf(jobs.outcome(newId<ClientId>(), id)), 'rpc/worker-gone')
    assert.deepEqual(await jobs.outcome(tab, id), [7])
    assert.equal(await codeOf(jobs.outcome(tab, id)), 'rpc/worker-gone')
  })

  it('says why it failed', async () => {
    const jobs = new Jobs(platform)
    const id = newId<string>()
    jobs.begin(tab, id, () => Promise.reject(new TypeError('no')))
    await assert.rejects(jobs.outcome(tab, id), TypeError)
  })
})

/** Somebody who has lost every device, and whom no server kept anything for, but who has files, and the 24 words. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferring } from '../../test/simulation/files.js'
import { freshDevices } from '../../test/simulation/fresh-devices.js'
import { admit, meet, type Device } from '../../test/simulation/people-and-feeds.js'
import { recoverySecret } from '../halo/suite/recovery-words.js'
import { OwnObjects } from '../own-objects.js'
import { HearthError } from '../protocol/errors.js'
import { newId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import { exportSpace } from './exporting.js'
import { FileWriter, SpaceFile } from './file.js'
import { importSpace } from './importing.js'

const { fresh } = freshDevices(33_000)

async function write({ halo, echo }: Device, space: SpaceId, title: string): Promise<ObjectId> {
  const id = newId<ObjectId>()
  await new OwnObjects(halo, echo).write([{ id, type: 'todo', value: { title } }], space)
  return id
}

const toFile = (device: Device, space: SpaceId) => exportSpace(transferring(device), space, 0)
const wordsOf = async ({ halo }: Device) => recoverySecret(await halo.recoveryPhrase())
const fromFile = async (device: Device, file: Blob, words?: Uint8Array): Promise<SpaceId> =>
  (await importSpace(transferring(device), file, false, words))[0]
const titles = ({ echo }: Device, space: SpaceId) =>
  echo
    .objectsOf(space, 'todo')
    .map(({ value }) => value['title'])
    .sort()

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (e) {
    return e instanceof HearthError ? e.code : String(e)
  }
}

const personalOf = ({ halo }: Device): SpaceId => halo.spaces[0]!.id

describe('whoever has a file of a space, and the words of who wrote it', () => {
  it('has that very space on a new device, as who they were, and the others go on with them', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    const eggs = await write(olga, space, 'Eggs')
    await admit(olga, space, ed, 'editor')
    await meet(space, olga, ed)
    // A later key, too.
    await write(ed, space, 'Milk')
    await meet(space, olga, ed)
    const [file, words] = [await toFile(olga, space), await wordsOf(olga)]

    const back = await fresh()
    const notes = await write(back, personalOf(back), 'of before')
    assert.equal(await fromFile(back, file, words), space)
    assert.equal(back.halo.identity.id, olga.halo.identity.id)
    assert.equal(back.halo.get(space)!.role, 'owner')
    assert.deepEqual(titles(back, space), ['Eggs', 'Milk'])
    assert.ok(back.echo.record(eggs) && back.echo.record(notes))
    await write(back, space, 'Bread')
    await meet(space, back, ed)
    assert.deepEqual(titles(ed, space), ['Bread', 'Eggs', 'Milk'])
    await write(ed, space, 'Salt')
    await meet(space, back, ed)
    await back.again()
    await back.echo.loadAll()
    assert.deepEqual(titles(back, space), ['Bread', 'Eggs', 'Milk', 'Salt'], 'durably')
  })

  it('reads it, too, where the key was changed since they came', async () => {
    const [olga, ed, eve] = [await fresh(), await fresh(), await fresh()]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await write(olga, space, 'Eggs')
    for (const guest of [ed, eve]) await admit(olga, space, guest, 'editor')
    await meet(space, olga, ed, eve)
    await olga.halo.removeMember(space, eve.halo.identity.id)
    await meet(space, olga, ed)
    await write(olga, space, 'Milk')
    await meet(space, olga, ed)
    const back = await fresh()
    assert.equal(await fromFile(back, await toFile(ed, space), await wordsOf(ed)), space)
    assert.deepEqual([back.halo.get(space)!.role, titles(back, space)], ['editor', ['Eggs', 'Milk']])
  })

  it('has the personal space from a file of that, and then every other one without the words', async () => {
    const olga = await fresh()
    const personal = personalOf(olga)
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await write(olga, personal, 'Diary')
    await write(olga, space, 'Eggs')
    const files = [await toFile(olga, personal), await toFile(olga, space)] as const
    const back = await fresh()
    assert.equal(await fromFile(back, files[0], await wordsOf(olga)), personal)
    assert.deepEqual(titles(back, personal), ['Diary'])
    assert.equal(await fromFile(back, files[1]), space)
    assert.deepEqual([back.halo.get(space)!.role, titles(back, space)], ['owner', ['Eggs']])
    await write(back, space, 'Milk')
    // The device that was lost is found again.
    await meet(space, back, olga)
    assert.deepEqual(titles(olga, space), ['Eggs', 'Milk'])
  })

  it('has it again where they had it, and nothing is there twice', async () => {
    const olga = await fresh()
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await write(olga, space, 'Eggs')
    const file = await toFile(olga, space)
    const before = olga.halo.spaces.length
    assert.equal(await fromFile(olga, file, await wordsOf(olga)), space)
    assert.deepEqual([olga.halo.spaces.length, titles(olga, space)], [before, ['Eggs']])
  })
})

describe('a file of a space', () => {
  it('leads nowhere by the words of others who are in, and changes nothing; without words, it is a copy', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await write(olga, space, 'Eggs')
    await admit(olga, space, ed, 'editor')
    const file = await toFile(olga, space)
    const back = await fresh()
    const before = [back.halo.identity.id, back.halo.spaces.length]
    assert.equal(await codeOf(fromFile(back, file, await wordsOf(ed))), 'echo/import-others')
    assert.equal(await codeOf(fromFile(back, file, new Uint8Array(32).fill(7))), 'echo/import-others')
    assert.deepEqual([back.halo.identity.id, back.halo.spaces.length], before)
    const copy = await fromFile(back, file)
    assert.notEqual(copy, space)
    assert.deepEqual(titles(back, copy), ['Eggs'])
  })

  it('of the first builds leads nowhere by any words', async () => {
    const olga = await fresh()
    const { id: space } = await olga.halo.createSpace('Kitchen')
    const file = new FileWriter({ space, name: 'Kitchen', at: 0 })
    const work = fromFile(await fresh(), file.end(), await wordsOf(olga))
    assert.equal(await codeOf(work), 'echo/import-others')
  })

  it('is a copy to who has left that space, as before', async () => {
    const [olga, ed] = [await fresh(), await fresh()]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await admit(olga, space, ed, 'editor')
    await meet(space, olga, ed)
    const file = await toFile(ed, space)
    await ed.halo.leaveSpace(space)
    assert.notEqual(await fromFile(ed, file), space)
  })

  it('shows nobody without the words the log of who wrote it, nor a key', async () => {
    const olga = await fresh()
    const { id: space } = await olga.halo.createSpace('Kitchen')
    // What the space has of it is as old as the space is.
    await olga.halo.setProfile({ deviceName: 'Olga’s secret phone' })
    const file = await toFile(olga, space)
    const bytes = Buffer.from(await file.arrayBuffer())
    assert.ok(await (await SpaceFile.open(file)).way())
    for (const key of olga.halo.get(space)!.latestKeys().values()) assert.equal(bytes.includes(key), false)
    assert.equal(bytes.includes('secret phone'), false)
  })
})

describe('a file of a space that keeps no history', () => {
  it('has the checkpoint in place of entries, and gives all of it back', async () => {
    const olga = await fresh({ checkpointAfter: 5 })
    const { id: space } = await olga.halo.createSpace('Kitchen')
    for (let n = 0; n < 8; n++) await write(olga, space, `Egg ${n}`)
    await olga.life.planes.history.keep(space, false)
    const { checkpoints } = olga.echo
    for (let turn = 0; turn < 1_000 && !checkpoints.of(space)?.gone.size; turn++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    await write(olga, space, 'Milk')
    const [file, words] = [await toFile(olga, space), await wordsOf(olga)]
    assert.ok(await (await SpaceFile.open(file)).checkpoint())
    const back = await fresh()
    assert.equal(await fromFile(back, file, words), space)
    assert.deepEqual(titles(back, space), titles(olga, space))
    assert.equal(titles(back, space).length, 9)
    await back.again()
    assert.deepEqual(titles(back, space), titles(olga, space))
  })
})

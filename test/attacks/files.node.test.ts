/** Mallory writes the files that others import. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { randomBytes } from 'node:crypto'
import { OwnObjects } from '../../worker/own-objects.js'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { HOST_TYPE, SPACE_TYPE } from '../../worker/protocol/own-types.js'
import { exportSpace } from '../../worker/transfer/exporting.js'
import { FileWriter, SpaceFile, type FileObject } from '../../worker/transfer/file.js'
import { importSpace } from '../../worker/transfer/importing.js'
import { freshDevices } from '../simulation/fresh-devices.js'
import type { Device } from '../simulation/people-and-feeds.js'

const { fresh } = freshDevices(32_000)
const nowhere = 'A'.repeat(43) as SpaceId

async function take({ halo, echo }: Device, file: Blob): Promise<SpaceId> {
  const objects = new OwnObjects(halo, echo)
  const [space] = await importSpace({ halo, echo, objects, random: randomBytes }, file, false)
  return space
}

function fileOf(...objects: FileObject[]): Blob {
  const file = new FileWriter({ space: nowhere, name: 'Gift', at: 0 })
  file.objects(objects)
  return file.end()
}

const object = (type: string, value: FileObject[2]): FileObject => [newId<ObjectId>(), type, value]

describe('a file of Mallory’s', () => {
  it('that somebody changed on its way is refused', async () => {
    const bytes = new Uint8Array(await fileOf(object('todo', { title: 'Eggs' })).arrayBuffer())
    const before = await SpaceFile.open(new Blob([bytes]))
    assert.equal(before.head.name, 'Gift')
    bytes[bytes.length - 45]! ^= 1
    await assert.rejects(SpaceFile.open(new Blob([bytes])), { code: 'echo/import-damaged' })
  })

  it('that says to be longer than it is, or longer than anything, is refused before it is read', async () => {
    const bytes = new Uint8Array(await fileOf(object('todo', {})).arrayBuffer())
    for (const length of [0xffff_ffff, bytes.length]) {
      const changed = bytes.slice()
      new DataView(changed.buffer).setUint32(14, length)
      await assert.rejects(
        SpaceFile.open(new Blob([changed])),
        (e: Error & { details?: { reason?: string } }) => {
          assert.equal(e.details?.reason, 'length')
          return true
        },
      )
    }
  })

  it('makes no object of Hearth’s own, so that nobody is led to a server of hers', async () => {
    const eve = await fresh()
    const file = fileOf(
      object(HOST_TYPE, { url: 'https://mallory.example' }),
      object('todo', { title: 'Eggs' }),
    )
    const space = await take(eve, file)
    assert.deepEqual(
      eve.echo.objectsOf(space).map(({ type }) => type),
      ['todo'],
    )
  })

  it('with values that no app could write, is refused whole', async () => {
    const eve = await fresh()
    const spaces = eve.halo.spaces.length
    const bad = [{ '@odd': 1 }, { $where: 1 }, { a: Number.POSITIVE_INFINITY }] as FileObject[2][]
    for (const value of bad)
      await assert.rejects(take(eve, fileOf(object('todo', { title: 'Eggs' }), object('todo', value))))
    assert.equal(eve.halo.spaces.length, spaces)
  })

  it('gives her nothing of the other spaces, if she gets one of somebody’s personal space', async () => {
    const olga = await fresh()
    const { id: kitchen } = await olga.halo.createSpace('Kitchen')
    const personal = olga.life.space
    for (let turn = 0; turn < 1_000 && olga.echo.objectsOf(personal, SPACE_TYPE).length === 0; turn++)
      await new Promise((resolve) => setTimeout(resolve, 2))
    assert.equal(olga.echo.objectsOf(personal, SPACE_TYPE).length, 1, 'there is something to give away')
    const file = await SpaceFile.open(await exportSpace(olga.halo, olga.echo, personal, 0))
    for await (const part of file.objects()) for (const [, type] of part) assert.notEqual(type, SPACE_TYPE)
    const [key] = olga.halo.get(kitchen)!.latestKeys().values()
    const blob = await exportSpace(olga.halo, olga.echo, personal, 0)
    assert.equal(Buffer.from(await blob.arrayBuffer()).includes(key!), false)
  })
})

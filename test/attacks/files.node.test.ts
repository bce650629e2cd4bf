/** Mallory writes the files that others import. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recoverySecret } from '../../worker/halo/suite/recovery-words.js'
import { recoveryOf } from '../../worker/halo/suite/recovery.js'
import { makeCapsule, type Capsule } from '../../worker/halo/kept/capsule.js'
import { sealWayBack } from '../../worker/halo/kept/way-back.js'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { HOST_TYPE, SPACE_TYPE } from '../../worker/protocol/own-types.js'
import { exportSpace } from '../../worker/transfer/exporting.js'
import { FileWriter, SpaceFile, type FileObject } from '../../worker/transfer/file.js'
import { importSpace } from '../../worker/transfer/importing.js'
import { transferring } from '../simulation/files.js'
import { freshDevices } from '../simulation/fresh-devices.js'
import { admit, type Device } from '../simulation/people-and-feeds.js'
import { webCrypto } from '../suite-platforms.js'

const { fresh } = freshDevices(32_000)
const nowhere = 'A'.repeat(43) as SpaceId

async function take(device: Device, file: Blob): Promise<SpaceId> {
  const [space] = await importSpace(transferring(device), file, false)
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
    const file = await SpaceFile.open(await exportSpace(transferring(olga), personal, 0))
    for await (const part of file.objects()) for (const [, type] of part) assert.notEqual(type, SPACE_TYPE)
    const [key] = olga.halo.get(kitchen)!.latestKeys().values()
    const blob = await exportSpace(transferring(olga), personal, 0)
    assert.equal(Buffer.from(await blob.arrayBuffer()).includes(key!), false)
  })

  describe('for the words of Olga, whom he has met', () => {
    /** What he knows of her, he and whoever has a file of hers; and what he writes with it. */
    async function met() {
      const [olga, mallory, back] = [await fresh(), await fresh(), await fresh()]
      const secret = recoverySecret(await olga.halo.recoveryPhrase())
      const to = olga.halo.spaces[0]!.log.recovery!
      const { id: hers } = await olga.halo.createSpace('Kitchen')
      const capsule = (await transferring(olga).capsules.own())!
      const { id: his } = await mallory.halo.createSpace('Trap')
      await admit(mallory, his, olga, 'editor')
      const trap = mallory.halo.get(his)!
      const ownOf = ({ halo }: Device) => [...halo.spaces[0]!.log.entries].map(({ bytes }) => bytes)
      const fileWith = async (by: Capsule, own: readonly Uint8Array[], space: SpaceId) => {
        const file = new FileWriter({ space: his, name: 'Trap', at: 0 })
        file.way(await sealWayBack(webCrypto, by, to, space, { own, keys: trap.latestKeys() }))
        file.log([...trap.log.entries].map(({ bytes }) => bytes))
        return file.end()
      }
      const before = back.halo.identity.id
      const refused = async (file: Blob, code: string) => {
        await assert.rejects(importSpace(transferring(back), file, false, secret), { code })
        assert.equal(back.halo.identity.id, before)
        assert.equal(back.halo.get(his), undefined)
      }
      return { olga, mallory, capsule, to, secret, hers, his, ownOf, fileWith, refused }
    }

    it('leads her into no identity of his', async () => {
      const { mallory, to, his, ownOf, fileWith, refused, secret } = await met()
      const { opener } = await recoveryOf(webCrypto, secret)
      const { signer } = (await mallory.halo.words())!
      const { id: identity } = mallory.halo.identity
      const first = mallory.halo.spaces[0]!.firstKey
      const forged = await makeCapsule(webCrypto, { signer, opener, topic: to }, { identity, first })
      await refused(await fileWith(forged, ownOf(mallory), his), 'echo/import-others')
    })

    it('puts no other log in the place of hers', async () => {
      const { mallory, capsule, his, ownOf, fileWith, refused } = await met()
      await refused(await fileWith(capsule, ownOf(mallory), his), 'halo/refused')
    })

    it('leads nowhere by what was sealed for another space', async () => {
      const { olga, capsule, hers, ownOf, fileWith, refused } = await met()
      await refused(await fileWith(capsule, ownOf(olga), hers), 'echo/import-others')
    })
  })
})

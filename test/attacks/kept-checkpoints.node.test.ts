/** What somebody tries with checkpoints at a KUBE that keeps a space: to have it keep one that nobody can use, in place of what it has. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Database } from '../../kube/replicas/database.js'
import type { KeptReplica } from '../../kube/replicas/replica.js'
import type { Limits } from '../../kube/replicas/room.js'
import {
  bring,
  bytesOf,
  idOf,
  KeptSpace,
  roomIn,
  signer,
  type Otherwise,
} from '../../kube/testing/kept-space.js'
import { toBase64Url } from '../../worker/protocol/ids.js'

const folder = mkdtempSync(join(tmpdir(), 'hearth-kept-checkpoints-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0

class Place implements AsyncDisposable {
  private constructor(
    private readonly database: Database,
    readonly space: KeptSpace,
    readonly replica: KeptReplica,
  ) {}

  /** A space of an admin and somebody who has written forty entries, of which so many are there. */
  static async open(limits: Partial<Limits> = {}, kept = 40): Promise<Place> {
    const database = new Database(join(folder, String(++folders)))
    const space = await KeptSpace.make()
    const replica = await space.keptIn(roomIn(database, limits))
    await replica.receive(bytesOf(await space.write(space.writer, 40)).slice(0, kept))
    return new Place(database, space, replica)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close()
  }

  /** @returns whether it takes a checkpoint of so many entries, which is otherwise than it should be */
  async takes(seq: number, otherwise: Otherwise = {}): Promise<boolean> {
    const made = await this.space.checkpoint([[this.space.writer, seq]], otherwise)
    return bring(this.replica, made)
  }
}

describe('a KUBE is brought a checkpoint', () => {
  it('by an admin: it takes it', async () => {
    await using place = await Place.open()
    assert.ok(await place.takes(30))
  })

  it('by who is no admin, or is none any more, also in the name of one', async () => {
    await using place = await Place.open()
    const { space, replica } = place
    assert.equal(await place.takes(30, { by: space.writer }), false)
    assert.equal(await place.takes(30, { by: space.writer, author: idOf(space.admin) }), false)
    const other = await signer()
    await space.register(replica, [space.admin, other], replica.registration.feeds)
    const made = await space.checkpoint([[space.writer, 30]], { by: other })
    await space.register(replica, [space.admin], replica.registration.feeds)
    assert.equal(await bring(replica, made), false)
  })

  it('that is removed while its checkpoint comes', async () => {
    await using place = await Place.open()
    const { space, replica } = place
    const other = await signer()
    await space.register(replica, [space.admin, other], replica.registration.feeds)
    const { head, pieces } = await space.checkpoint([[space.writer, 30]], { by: other })
    const arriving = (await replica.begin(head))!
    for (const [n, piece] of pieces.entries()) await arriving.take(n, piece)
    await space.register(replica, [space.admin], replica.registration.feeds)
    await arriving.end()
    assert.equal(replica.checkpoint, undefined)
  })

  it('of another space of that admin’s', async () => {
    await using place = await Place.open()
    assert.equal(await place.takes(30, { replica: new Uint8Array(32).fill(5) }), false)
  })

  it('by a membership log that it has not', async () => {
    await using place = await Place.open()
    assert.equal(await place.takes(30, { heads: [toBase64Url(new Uint8Array(32).fill(5))] }), false)
    assert.equal(await place.takes(30, { heads: [] }), false)
  })

  it('of before, once more; or one that does not stand for all that the one here does', async () => {
    await using place = await Place.open()
    const { space, replica } = place
    await replica.receive(bytesOf(await space.write(space.admin, 100)))
    const old = await space.checkpoint([[space.writer, 10]])
    assert.ok(await bring(replica, old))
    assert.ok(await place.takes(20, { mayDrop: true }))
    assert.equal(await bring(replica, old), false)
    assert.equal(await place.takes(20), false)
    assert.equal(await bring(replica, await space.checkpoint([[space.admin, 100]])), false)
    assert.equal(replica.checkpoint!.covers.get(idOf(space.writer)), 20)
  })

  it('of entries that are not those which are here', async () => {
    await using place = await Place.open()
    const { writer } = place.space
    const id = toBase64Url(new Uint8Array(32).fill(5))
    for (const seq of [30, 40])
      assert.equal(await place.takes(seq, { covers: [{ feed: idOf(writer), seq, id }] }), false, String(seq))
  })

  it('of feeds that it is not to take, or that have ended', async () => {
    await using place = await Place.open({}, 20)
    const { space, replica } = place
    const mallory = idOf(await signer())
    const id = toBase64Url(new Uint8Array(32).fill(5))
    assert.equal(await place.takes(20, { covers: [{ feed: mallory, seq: 500, id }] }), false)
    await space.register(replica, [space.admin], [[idOf(space.writer), 30]])
    assert.equal(await place.takes(31), false)
    assert.ok(await place.takes(30))
  })

  it('for which there is no room', async () => {
    await using place = await Place.open({ replica: 40_000 })
    assert.equal(await place.takes(30, { sizes: [30_000, 20_000] }), false)
    assert.ok(await place.takes(30, { sizes: [1_000] }))
  })

  it('and then other bytes', async () => {
    await using place = await Place.open()
    const { head, pieces } = await place.space.checkpoint([[place.space.writer, 30]])
    const arriving = (await place.replica.begin(head))!
    assert.equal(await arriving.take(0, new Uint8Array(pieces[0]!.length)), false)
    assert.equal(await arriving.take(0, pieces[0]!.subarray(1)), false)
    assert.equal(await arriving.take(1, pieces[1]!), false)
    assert.ok(await arriving.take(0, pieces[0]!))
    assert.equal(await arriving.take(7, pieces[1]!), false)
    await arriving.end()
    assert.equal(place.replica.checkpoint, undefined)
  })

  it('that is none', async () => {
    await using place = await Place.open()
    const { head } = await place.space.checkpoint([[place.space.writer, 30]])
    for (const bytes of [new Uint8Array(9), head.subarray(1), head.subarray(0, -1)])
      assert.equal(await place.replica.begin(bytes), undefined)
    assert.equal(await place.takes(30, { pieces: [] }), false)
  })
})

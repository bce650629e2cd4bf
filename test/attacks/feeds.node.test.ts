/** Entries of feeds, as bytes, that somebody has changed on their way, or made to hurt. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decode } from 'cborg'
import { decodeStored } from '../../worker/echo/bare-entry.js'
import { encodeEntry, readEntry, type EntryBody } from '../../worker/echo/entry.js'
import { Halo } from '../../worker/halo/halo.js'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { automerge, simulatedPlatform } from '../simulation/device.js'
import { Disk } from '../simulation/disk.js'
import { sha256 } from '../simulation/entries.js'
import { cbor } from '../simulation/people.js'
import { admit, Device, tellLog } from '../simulation/people-and-feeds.js'

async function writing() {
  const { spaces } = await Halo.open(simulatedPlatform(new Disk(), new Random(1)), new Disk().open())
  const keeper = spaces[0]!
  const header = { feed: keeper.device, seq: 1, prev: null, deps: [] }
  const write = (changes: EntryBody['changes']) =>
    encodeEntry(header, { lamport: 1, at: 0, creations: [], changes }, keeper, sha256)
  return { keeper, write }
}

it('a body that was exchanged is seen by whoever has no key, too', async () => {
  const { write } = await writing()
  const [one, two] = [await write([]), await write([['o' as ObjectId, [new Uint8Array(9)]]])]
  const [header, signature] = decode(one.bytes) as Uint8Array[]
  const [, , ciphertext] = decode(two.bytes) as Uint8Array[]
  await assert.rejects(readEntry(cbor([header, signature, ciphertext]), sha256), /not what the header says/)
})

it('an inflate bomb is stopped, and costs one entry', async () => {
  const { keeper, write } = await writing()
  const { bytes } = await write([['o' as ObjectId, [new Uint8Array(64 << 20)]]])
  assert.equal(bytes.length < 200_000, true, `${bytes.length} bytes`)
  await assert.rejects(decodeStored(bytes, keeper, sha256), /too large/)
})

describe('entries from elsewhere', () => {
  async function sharing() {
    await automerge()
    const [olga, ed] = [await Device.fresh(71), await Device.fresh(81)]
    const { id: space } = await olga.halo.createSpace('Kitchen')
    await admit(olga, space, ed, 'editor')
    await tellLog(space, olga, ed)
    const write = async (device: Device, of: SpaceId, type: string, id = newId<ObjectId>()) => {
      device.life.echo.accept(device.life.client, ++writes, of, [{ id, type, value: { title: 'x' } }])
      await device.echo.settled()
      return (await device.echo.exchange.entriesOf(of, device.halo.device)).at(-1)!
    }
    const end = () => [olga, ed].forEach(({ life }) => life.stop())
    return { olga, ed, space, write, end }
  }
  let writes = 0

  it('that somebody else has signed are not taken', async () => {
    const { olga, ed, space, write, end } = await sharing()
    const bytes = await write(ed, space, 'note')
    const [header, , ciphertext] = decode(bytes) as Uint8Array[]
    const keeper = olga.halo.get(space)!
    const { replica } = await keeper.context()
    const forged = cbor([header, await keeper.sign('feed-entry', replica, header!), ciphertext])
    assert.deepEqual(await olga.echo.exchange.receive(space, [forged]), { fresh: 0, refused: 1 })
    assert.deepEqual(await olga.echo.exchange.receive(space, [bytes]), { fresh: 1, refused: 0 })
    end()
  })

  it('of one space are not taken into another', async () => {
    const { olga, ed, space, write, end } = await sharing()
    const { id: other } = await ed.halo.createSpace('Garden')
    const bytes = await write(ed, other, 'note')
    assert.deepEqual(await olga.echo.exchange.receive(space, [bytes]), { fresh: 0, refused: 1 })
    end()
  })

  it('that are no entries as devices write them cost nothing but themselves', async () => {
    const { olga, ed, space, write, end } = await sharing()
    const good = await write(ed, space, 'note')
    const keeper = ed.halo.get(space)!
    const body: EntryBody = { lamport: 1, at: 0, creations: [], changes: [] }
    const second = { feed: ed.halo.device, seq: 2, prev: null, deps: [] }
    const twice = { ...second, prev: new Uint8Array(32), deps: [olga.halo.device, olga.halo.device] }
    for (const header of [second, twice]) {
      const { bytes } = await encodeEntry(header, body, keeper, sha256)
      assert.deepEqual(await olga.echo.exchange.receive(space, [bytes]), { fresh: 0, refused: 1 })
    }
    await olga.again()
    assert.deepEqual(await olga.echo.exchange.receive(space, [good]), { fresh: 1, refused: 0 })
    end()
  })

  it('that a removed member wrote are taken out by a device that was started anew when it had heard of it', async () => {
    const { olga, ed, space, write, end } = await sharing()
    const rita = await Device.fresh(91)
    await admit(olga, space, rita, 'editor')
    await tellLog(space, olga, rita)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    const note = newId<ObjectId>()
    const bytes = await write(ed, space, 'note', note)
    await rita.echo.exchange.receive(space, [bytes])
    assert.deepEqual(rita.echo.record(note)?.value, { title: 'x' })
    // The power goes between what is said of who is in, and what follows from it.
    await rita.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    await rita.again()
    for (let turn = 0; turn < 200 && rita.echo.record(note); turn++)
      await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(rita.echo.record(note), undefined)
    rita.life.stop()
    end()
  })

  it('make no object that a tab may not make', async () => {
    const { olga, ed, space, write, end } = await sharing()
    await write(ed, space, 'note')
    const keeper = ed.halo.get(space)!
    const [id, good] = [newId<ObjectId>(), newId<ObjectId>()]
    const prev = (await readEntry((await ed.echo.exchange.entriesOf(space, ed.halo.device)).at(-1), sha256))
      .id
    const value = JSON.parse('{"@hidden":1}') as { title: string }
    const creations: EntryBody['creations'] = [
      [id, 'note', value],
      [good, 'note', { title: 'y' }],
    ]
    const header = { feed: ed.halo.device, seq: 2, prev, deps: [] }
    const { bytes } = await encodeEntry(header, { lamport: 9, at: 0, creations, changes: [] }, keeper, sha256)
    await olga.echo.exchange.receive(space, [
      ...(await ed.echo.exchange.entriesOf(space, ed.halo.device)),
      bytes,
    ])
    assert.equal(olga.echo.record(id), undefined)
    assert.deepEqual(olga.echo.record(good)?.value, { title: 'y' })
    assert.equal(olga.echo.damage.length, 1)
    end()
  })
})

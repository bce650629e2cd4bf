/** Checkpoints on the disk of a KUBE: what it keeps of them and what not, and that there is never a hole. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { open } from 'lmdb'
import { readEntry } from '../../worker/echo/entry.js'
import type { Holding } from '../../worker/mesh/platform.js'
import { HearthError } from '../../worker/protocol/errors.js'
import type { DeviceId } from '../../worker/protocol/ids.js'
import { sha256 } from '../platform.js'
import { bring, bytesOf, idOf, KeptSpace, roomIn, type Made } from '../testing/kept-space.js'
import { Database } from './database.js'
import { KeptReplica } from './replica.js'
import { sizeOfAll } from './room.js'

const folder = mkdtempSync(join(tmpdir(), 'hearth-checkpoints-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0
const NOBODY: ReadonlyMap<DeviceId, Holding> = new Map()

/** One whose power goes before a write. */
class Stopping extends Database {
  /** Writes until then. */
  left = Infinity

  override async write(...[puts, deletes]: Parameters<Database['write']>): Promise<void> {
    if (this.left-- <= 0) throw new HearthError('store/failed', { reason: 'no power' })
    return super.write(puts, deletes)
  }
}

class Place implements AsyncDisposable {
  database: Stopping
  room
  space!: KeptSpace
  replica!: KeptReplica
  private readonly path = join(folder, String(++folders))

  private constructor() {
    this.database = new Stopping(this.path)
    this.room = roomIn(this.database)
  }

  /** With so many entries of the one who writes. */
  static async open(entries = 40): Promise<Place> {
    const place = await Place.of(await KeptSpace.make())
    if (entries > 0) await place.write(entries)
    return place
  }

  static async of(space: KeptSpace): Promise<Place> {
    const place = new Place()
    return Object.assign(place, { space, replica: await space.keptIn(place.room) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close()
  }

  async write(count: number): Promise<void> {
    const { space, replica } = this
    await replica.receive(bytesOf(await space.write(space.writer, count)))
  }

  checkpoint(seq: number, mayDrop = false): Promise<Made> {
    return this.space.checkpoint([[this.space.writer, seq]], { mayDrop })
  }

  /** The server ends, and is started on the same folder. */
  async startAnew(): Promise<void> {
    await this.database.close()
    this.database = new Stopping(this.path)
    this.room = roomIn(this.database)
    this.room.used = sizeOfAll(this.database)
    this.replica = (await KeptReplica.open(this.space.ref, this.room))!
    await this.swept()
  }

  /** Nothing is left over; or the power is gone. */
  async swept(): Promise<void> {
    while (this.database.left > 0 && this.database.get(['sweep', this.space.name]))
      await new Promise((resolve) => setTimeout(resolve, 2))
  }

  /** Numbers of the entries that somebody is given who has so many. */
  async given(seq = 0): Promise<number[]> {
    const theirs = seq ? new Map([[idOf(this.space.writer), { seq, head: null }]]) : NOBODY
    const seqs: number[] = []
    for await (const entries of this.replica.lackedBy(theirs))
      for (const bytes of entries) seqs.push((await readEntry(bytes, sha256)).seq)
    return seqs
  }

  get seq(): number {
    return this.replica.positions.get(idOf(this.space.writer)) ?? 0
  }

  get floor(): number {
    return this.replica.floors.get(idOf(this.space.writer)) ?? 1
  }

  /** Bytes of all that is there, by what the disk says. */
  counted(): number {
    const kinds = ['log', 'entry', 'capsule', 'piece', 'checkpoint']
    const keys = kinds.flatMap((kind) => this.database.keys([kind, this.space.name]))
    return keys.reduce((sum, key) => sum + this.database.bytesAt(key), 0)
  }

  keys(kind: string) {
    return this.database.keys([kind, this.space.name])
  }

  /** Another value is there than was written. */
  async damage(key: (string | number)[]): Promise<void> {
    const value = this.database.get(key)!
    await damageRow(this.path, key, value)
  }
}

/** A row whose sum is not of it. */
async function damageRow(path: string, key: (string | number)[], value: Uint8Array): Promise<void> {
  const db = open({ path, encoding: 'binary', overlappingSync: false, mapSize: 1024 ** 4, maxReaders: 16 })
  db.putSync(key, Buffer.concat([value, Buffer.alloc(8, 7)]))
  await db.close()
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)
async function pieceOf({ pieces }: Made, n: number, { replica }: Place): Promise<void> {
  const bytes = await replica.piece(replica.checkpoint!.id, n)
  assert.deepEqual(Buffer.from(bytes!), Buffer.from(pieces[n]!))
}

describe('a KUBE that is given a checkpoint', () => {
  it('has it, with all entries, also when it was started anew', async () => {
    await using place = await Place.open()
    const made = await place.checkpoint(30)
    assert.ok(await bring(place.replica, made))
    await place.startAnew()
    assert.deepEqual(Buffer.from(place.replica.checkpoint!.head), Buffer.from(made.head))
    for (const n of made.pieces.keys()) await pieceOf(made, n, place)
    assert.deepEqual([await place.given(), place.floor], [range(1, 40), 1])
  })

  it('deletes the entries that it stands for, where it may, and gives their room back', async () => {
    await using place = await Place.open()
    const before = place.counted()
    const entries = place.space.feeds.get(idOf(place.space.writer))!.slice(0, 30)
    const made = await place.checkpoint(30, true)
    const size = place.replica.size
    await bring(place.replica, made)
    await place.swept()
    assert.deepEqual(
      [await place.given(), await place.given(35), place.floor],
      [range(31, 40), range(36, 40), 31],
    )
    const freed = entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.equal(place.replica.size - size, 5_000 + made.head.length - freed)
    assert.equal(place.counted() - before, 5_000 + made.head.length - freed)
    await place.write(5)
    await place.startAnew()
    assert.deepEqual([await place.given(), place.floor, place.seq], [range(31, 45), 31, 45])
  })

  it('deletes them also where the one before stood for as many, and let none go; and does not go back', async () => {
    await using place = await Place.open()
    const kept = await place.checkpoint(40)
    await bring(place.replica, kept)
    assert.deepEqual(await place.given(), range(1, 40))
    assert.equal(await bring(place.replica, await place.checkpoint(40, true)), true)
    await place.swept()
    assert.deepEqual(await place.given(), [])
    assert.equal(await bring(place.replica, kept), false)
  })

  it('goes on where it ends, though no entry is there that it does not stand for', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(40, true))
    await place.startAnew()
    assert.deepEqual([await place.given(), place.floor, place.seq], [[], 41, 40])
    await place.write(3)
    assert.deepEqual(await place.given(), range(41, 43))
  })

  it('can be filled by it, and takes what comes after it and nothing else', async () => {
    await using place = await Place.open(0)
    const { space, replica } = place
    const entries = await space.write(space.writer, 40)
    await bring(replica, await place.checkpoint(30))
    await place.swept()
    assert.equal((await replica.holdings()).get(idOf(space.writer))!.head, entries[29]!.id)
    await replica.receive(bytesOf(entries.slice(31)))
    assert.equal(place.seq, 30)
    await replica.receive(bytesOf(entries.slice(30)))
    assert.deepEqual([await place.given(), place.floor], [range(31, 40), 31])
  })

  it('keeps no entries before a hole', async () => {
    await using place = await Place.open(10)
    await place.space.write(place.space.writer, 30)
    await bring(place.replica, await place.checkpoint(30))
    await place.startAnew()
    assert.deepEqual([await place.given(), place.keys('entry'), place.seq, place.floor], [[], [], 30, 31])
  })

  it('keeps the latest one only', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(20))
    const made = await place.checkpoint(30)
    await bring(place.replica, made)
    await place.swept()
    assert.equal(place.keys('piece').length, made.pieces.length)
    for (const n of made.pieces.keys()) await pieceOf(made, n, place)
    const heads = place.counted()
    await bring(place.replica, await place.checkpoint(40))
    await place.swept()
    assert.equal(place.counted(), heads)
  })

  it('takes one that crossed with its own, if all that it lacks then is there as entries', async () => {
    for (const mayDrop of [false, true]) {
      await using place = await Place.open(20)
      const { space, replica } = place
      await bring(replica, await place.checkpoint(20, mayDrop))
      await space.write(space.admin, 10)
      const crossing = await space.checkpoint([
        [space.admin, 10],
        [space.writer, 5],
      ])
      assert.equal(await bring(replica, crossing), !mayDrop)
      await place.swept()
      assert.equal(replica.positions.get(idOf(space.admin)) ?? 0, mayDrop ? 0 : 10)
      assert.deepEqual(await place.given(), mayDrop ? [] : range(1, 20))
    }
  })

  it('keeps nothing of one that did not come to its end', async () => {
    await using place = await Place.open()
    const size = place.replica.size
    const { head, pieces } = await place.checkpoint(30)
    const arriving = (await place.replica.begin(head))!
    await arriving.take(0, pieces[0]!)
    assert.equal(place.replica.size, size + 3_000)
    arriving.stop()
    await place.swept()
    assert.deepEqual([place.replica.size, place.keys('piece')], [size, []])
    // Nor when it was ended in the middle.
    const again = (await place.replica.begin(head))!
    await again.take(0, pieces[0]!)
    await place.startAnew()
    assert.deepEqual(
      [place.replica.size, place.keys('piece'), place.replica.checkpoint],
      [size, [], undefined],
    )
    assert.ok(await bring(place.replica, { head, pieces }))
  })

  it('begins one when the one before has ended', async () => {
    await using place = await Place.open()
    const [one, two] = [await place.checkpoint(20), await place.checkpoint(30)]
    const first = (await place.replica.begin(one.head))!
    let isBegun = false
    const second = place.replica.begin(two.head).then((arriving) => ((isBegun = true), arriving))
    for (const [n, piece] of one.pieces.entries()) await first.take(n, piece)
    assert.equal(isBegun, false)
    await first.end()
    assert.equal((await second)!.pieces, 2)
  })

  it('has nothing of it when the space is deleted', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(20, true))
    await place.replica.begin((await place.checkpoint(30)).head)
    await place.replica.forget()
    await place.replica.settled()
    const kinds = ['replica', 'log', 'entry', 'head', 'piece', 'checkpoint', 'sweep', 'size']
    assert.deepEqual(
      kinds.flatMap((kind) => place.keys(kind)),
      [],
    )
    assert.equal(place.room.used, 0)
  })
})

describe('a KUBE whose power goes while it takes a checkpoint', () => {
  for (const mayDrop of [true, false])
    it(`has what was before, or what comes after, and no hole: ${mayDrop ? 'entries go' : 'entries stay'}`, async () => {
      const space = await KeptSpace.make()
      const written = bytesOf(await space.write(space.writer, 1_600))
      let isOver = false
      for (let left = 0; !isOver; left++) {
        // One whose checkpoint goes beyond what is there, in place of another one.
        await using place = await Place.of(space)
        await place.replica.receive(written.slice(0, 1_500))
        await bring(place.replica, await place.checkpoint(700, mayDrop))
        await place.swept()
        const before = { seq: place.seq, floor: place.floor, id: place.replica.checkpoint!.id }
        const next = await place.checkpoint(1_600, mayDrop)
        place.database.left = left
        const isDone = await bring(place.replica, next).catch(() => false)
        await place.replica.settled()
        await place.swept()
        isOver = place.database.left > 0 && isDone
        await place.startAnew()
        const { replica, seq, floor } = place
        const isNew = replica.checkpoint!.id !== before.id
        if (!isNew) assert.deepEqual({ seq, floor }, { seq: before.seq, floor: before.floor })
        else assert.deepEqual({ seq, floor }, { seq: 1_600, floor: 1_601 })
        assert.deepEqual(await place.given(), floor > seq ? [] : range(floor, seq))
        const pieces = isNew ? next.pieces.length : 2
        for (let n = 0; n < pieces; n++) assert.ok(await replica.piece(replica.checkpoint!.id, n))
        assert.equal(place.keys('piece').length, pieces)
        // Rows that say how far a feed has come are counted each time.
        const heads = replica.size - place.counted()
        assert.ok(heads >= 0 && heads < 200, String(heads))
        if (isNew) assert.equal(place.keys('entry').length, 0)
      }
    })
})

describe('a KUBE whose disk is damaged', () => {
  it('says that it has none, where a piece is gone, and takes the same one again', async () => {
    await using place = await Place.open()
    const made = await place.checkpoint(30, true)
    await bring(place.replica, made)
    await place.swept()
    const { id } = place.replica.checkpoint!
    await place.damage(['piece', place.space.name, id, 1])
    await place.startAnew()
    let gaps = 0
    place.replica.events = {
      ...{ appended() {}, checkpointed() {}, freed() {}, full() {}, damaged() {} },
      gap: () => void gaps++,
    }
    assert.equal(await place.replica.piece(id, 1), undefined)
    assert.deepEqual([gaps, place.replica.checkpoint], [1, undefined])
    await place.swept()
    assert.deepEqual([await place.given(), place.floor, place.keys('piece')], [range(31, 40), 31, []])
    await place.startAnew()
    assert.equal(await bring(place.replica, await place.checkpoint(20)), false)
    assert.ok(await bring(place.replica, made))
    await pieceOf(made, 1, place)
  })

  it('says that it has none, where the row with it is, and knows from where on it has entries', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(30, true))
    await place.swept()
    await place.damage(['checkpoint', place.space.name])
    await place.startAnew()
    assert.deepEqual([place.replica.checkpoint, place.floor], [undefined, 31])
    assert.deepEqual([await place.given(), place.keys('piece')], [range(31, 40), []])
    assert.ok(await bring(place.replica, await place.checkpoint(40)))
  })

  it('goes on from it, where the row of a feed is, or an entry that it stands for', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(30))
    await place.swept()
    await place.damage(['entry', place.space.name, idOf(place.space.writer), 7])
    await place.startAnew()
    assert.deepEqual(await place.given(), range(1, 6))
    assert.deepEqual([await place.given(), place.floor, place.seq], [range(31, 40), 31, 40])
    await place.damage(['head', place.space.name, idOf(place.space.writer)])
    await place.startAnew()
    assert.deepEqual([place.seq, place.floor], [30, 31])
    await place.replica.receive(bytesOf(place.space.feeds.get(idOf(place.space.writer))!))
    assert.deepEqual(await place.given(), range(31, 40))
  })

  it('has what stands before an entry after it, and is brought the rest again', async () => {
    await using place = await Place.open()
    await bring(place.replica, await place.checkpoint(20, true))
    await place.swept()
    for (const [seq, found] of [
      [30, range(21, 29)],
      [21, []],
    ] as const) {
      await place.damage(['entry', place.space.name, idOf(place.space.writer), seq])
      await place.startAnew()
      await place.given()
      assert.deepEqual(await place.given(), found)
      assert.equal(place.seq, seq - 1)
      await place.replica.receive(bytesOf(place.space.feeds.get(idOf(place.space.writer))!))
      assert.deepEqual([await place.given(), place.floor], [range(21, 40), 21])
    }
  })
})

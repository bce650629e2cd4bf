/** What feeds are made of: bytes that others can check, and only members can read. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { simulatedPlatform } from '../../test/simulation/device.js'
import { Disk } from '../../test/simulation/disk.js'
import { sha256 } from '../../test/simulation/entries.js'
import { Random } from '../../test/e2e/random.js'
import { Halo } from '../halo/halo.js'
import type { ObjectId } from '../protocol/ids.js'
import { decodeStored } from './bare-entry.js'
import { encodeEntry, openEntry, readEntry, type EntryBody } from './entry.js'
import type { Keeper } from './keeper.js'

/** Bytes of version 2, by keys and randomness of seed 1. Other bytes are another version. */
const golden = JSON.parse(readFileSync(new URL('golden-entry.json', import.meta.url), 'utf8')) as object
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const body: EntryBody = {
  ...{ lamport: 5, at: 1_700_000_000_000 },
  creations: [
    [
      'object-one' as ObjectId,
      'todo',
      {
        title: 'Milk',
        n: 1,
        f: 1.5,
        big: 2 ** 60,
        t: { '@text': 'né🙂' },
        at: { '@time': -1 },
        b: new Uint8Array([1]),
        l: [null, true],
      },
    ],
  ],
  changes: [['object-two' as ObjectId, [new Uint8Array([1, 2, 3])]]],
}

const beginning = async (seed: number) =>
  (await Halo.open(simulatedPlatform(new Disk(), new Random(seed)), new Disk().open())).spaces[0]!

let keeper: Keeper
let stranger: Keeper
before(async () => {
  keeper = await beginning(1)
  stranger = await beginning(2)
})
const headerOf = ({ device }: Keeper) => ({
  ...{ feed: device, seq: 2, prev: new Uint8Array(32).fill(7), deps: [] },
})
const made = (content = body) => encodeEntry(headerOf(keeper), content, keeper, sha256)

describe('an entry', () => {
  it('has these bytes, on every device and in every version that calls itself 2', async () => {
    const first = await beginning(1)
    const { id, bytes } = await encodeEntry(headerOf(first), body, first, sha256)
    assert.deepEqual({ bytes: hex(bytes), id: hex(id) }, golden)
  })

  it('comes back as it was', async () => {
    const { id, bytes } = await made()
    const context = await keeper.context()
    assert.deepEqual(await decodeStored(bytes, keeper, sha256), {
      ...{ ...headerOf(keeper), ...body, id },
      ...{ replica: context.replica, heads: [...context.heads], epochs: [...context.epochs] },
    })
  })

  it('of much content comes back, too, and is smaller on its way', async () => {
    const text = 'the same words again and again; '.repeat(10_000)
    const creations: EntryBody['creations'] = [['o' as ObjectId, 'note', { text }]]
    const { bytes } = await made({ ...body, creations })
    assert.equal(bytes.length < text.length / 20, true, `${bytes.length} bytes`)
    assert.deepEqual((await decodeStored(bytes, keeper, sha256)).creations, creations)
  })

  it('shows nothing of what is in it, to nobody who lacks the keys', async () => {
    const { bytes } = await made()
    for (const word of ['object-one', 'todo', 'Milk', keeper.id])
      assert.equal(Buffer.from(bytes).includes(word), false, word)
    const sealed = await readEntry(bytes, sha256)
    await assert.rejects(openEntry(sealed, stranger), /key/)
  })

  it('is signed by the key that its feed is named by', async () => {
    const { feed, replica, header, signature } = await readEntry((await made()).bytes, sha256)
    assert.equal(feed, keeper.device)
    assert.equal(await keeper.verify('feed-entry', feed, replica, header, signature), true)
    assert.equal(await keeper.verify('feed-entry', stranger.device, replica, header, signature), false)
    assert.equal(await keeper.verify('feed-entry', feed, new Uint8Array(32), header, signature), false)
  })

  it('has a size that tells little of what was written', async () => {
    const sizes = new Set<number>()
    for (let n = 1; n <= 24; n++) {
      const creations: EntryBody['creations'] = [['o' as ObjectId, 'todo', { title: 'x'.repeat(n) }]]
      sizes.add((await made({ ...body, creations, changes: [] })).bytes.length)
    }
    assert.equal(sizes.size, 1)
  })

  it('is refused if any byte of it is changed', async () => {
    const { bytes } = await made()
    for (let i = 0; i < bytes.length; i++) {
      const bad = bytes.slice()
      bad[i]! ^= 1
      const isGood = await readEntry(bad, sha256).then(
        async (entry) =>
          (await keeper.verify('feed-entry', entry.feed, entry.replica, entry.header, entry.signature)) &&
          (await openEntry(entry, keeper).then(() => true)),
        () => false,
      )
      assert.equal(isGood, false, `byte ${i}`)
    }
  })

  it('does not inflate beyond what an entry may hold', async () => {
    const bomb = new Uint8Array(30 << 20)
    const { bytes } = await made({ ...body, changes: [['o' as ObjectId, [bomb]]] })
    assert.equal(bytes.length < 100_000, true)
    await assert.rejects(decodeStored(bytes, keeper, sha256), /too large/)
  })

  it('of a later version is refused', async () => {
    const { bytes } = await made()
    const [header, ...rest] = decode(bytes) as [Uint8Array, ...Uint8Array[]]
    const [clear, ...sealed] = decode(header) as [Uint8Array, ...Uint8Array[]]
    const [, ...fields] = decode(clear) as unknown[]
    const cbor = (value: unknown) => encode(value, rfc8949EncodeOptions)
    const later = cbor([cbor([cbor([3, ...fields]), ...sealed]), ...rest])
    await assert.rejects(readEntry(later, sha256), /version 3/)
  })

  for (const bad of [
    undefined,
    'text',
    new Uint8Array(),
    new Uint8Array([0x80]),
    new Uint8Array([0xff, 1, 2]),
  ])
    it(`is not ${bad instanceof Uint8Array ? `bytes ${hex(bad)}` : String(bad)}`, () =>
      assert.rejects(readEntry(bad, sha256)))
})

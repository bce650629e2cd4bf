import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { encode, rfc8949EncodeOptions } from 'cborg'
import type { DeviceId, ObjectId, SpaceId } from '../protocol/ids.js'
import { decodeEntry, encodeEntry, type EntryBody, type EntryHeader } from './entry.js'

/** Bytes of version 1. Other bytes are another version. */
const golden = JSON.parse(readFileSync(new URL('golden-entry.json', import.meta.url), 'utf8')) as object

const sha256 = async (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const header: EntryHeader = {
  ...{ space: 'space' as SpaceId, feed: 'device' as DeviceId, seq: 2, prev: new Uint8Array(32).fill(7) },
  ...{ lamport: 5, at: 1_700_000_000_000 },
}
const body: EntryBody = {
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

describe('an entry', () => {
  it('has these bytes, on every device and in every version that calls itself 1', async () => {
    const { id, bytes } = await encodeEntry(header, body, sha256)
    assert.deepEqual({ bytes: hex(bytes), id: hex(id) }, golden)
  })
  it('comes back as it was', async () => {
    const { id, bytes } = await encodeEntry(header, body, sha256)
    assert.deepEqual(await decodeEntry(bytes, sha256), { ...header, ...body, id })
  })
  it('has the same bytes whatever the order of keys', async () => {
    const turned = { l: [null, true], n: 1 }
    const [a, b] = [{ n: 1, l: [null, true] }, turned].map((value) =>
      encodeEntry(header, { creations: [['o' as ObjectId, 't', value]], changes: [] }, sha256),
    )
    assert.deepEqual(await a, await b)
  })
  it('is refused if any byte of it is changed', async () => {
    const { bytes } = await encodeEntry(header, body, sha256)
    const { id } = await decodeEntry(bytes, sha256)
    for (let i = 0; i < bytes.length; i++) {
      const bad = bytes.slice()
      bad[i]! ^= 1
      // A changed header is another entry, which the next one does not follow; a changed body is none.
      const read = await decodeEntry(bad, sha256).catch(() => undefined)
      assert.ok(!read || hex(read.id) !== hex(id), `byte ${i}`)
    }
  })
  it('of a later version is refused', async () => {
    const later = encode([encode({ ...header, v: 2 }), encode([[], []])], rfc8949EncodeOptions)
    await assert.rejects(decodeEntry(later, sha256), /version 2/)
  })
  for (const bad of [
    undefined,
    'text',
    new Uint8Array(),
    new Uint8Array([0x80]),
    new Uint8Array([0xff, 1, 2]),
  ])
    it(`is not ${bad instanceof Uint8Array ? `bytes ${hex(bad)}` : String(bad)}`, () =>
      assert.rejects(decodeEntry(bad, sha256)))
})

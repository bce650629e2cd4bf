/** Entries of feeds, as bytes, that somebody has changed on their way, or made to hurt. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { decode } from 'cborg'
import { decodeEntry, encodeEntry, readEntry, type EntryBody } from '../../worker/echo/entry.js'
import { Halo } from '../../worker/halo/halo.js'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { Random } from '../e2e/random.js'
import { simulatedPlatform } from '../simulation/device.js'
import { Disk } from '../simulation/disk.js'
import { sha256 } from '../simulation/entries.js'
import { cbor } from '../simulation/people.js'

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
  await assert.rejects(decodeEntry(bytes, keeper, sha256), /too large/)
})

/** Checkpoints by those who may not make them, changed by those who carry them, or made to hurt. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { encode } from 'cborg'
import {
  bytesOf,
  encodeHead,
  encodeHeader,
  readHead,
  type CheckpointHeader,
} from '../../worker/echo/checkpoints/head.js'
import { sealPiece, type CoveredObject, type PieceBody } from '../../worker/echo/checkpoints/pieces.js'
import { deviceActor } from '../../worker/echo/documents/actors.js'
import { buildCreation } from '../../worker/echo/documents/creation.js'
import { newHandle } from '../../worker/echo/documents/handle.js'
import { checkPlain } from '../../worker/echo/documents/plain-document.js'
import { readEntry } from '../../worker/echo/entry.js'
import { hashText } from '../../worker/echo/hash-text.js'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import { HISTORY_DROPPED_TYPE } from '../../worker/protocol/own-types.js'
import type { StoredRecord } from '../../worker/protocol/values.js'
import { MAX_CHECKPOINT_BYTES, MAX_PIECE_BYTES } from '../../worker/protocol/wire.js'
import { automerge } from '../simulation/device.js'
import { sha256 } from '../simulation/entries.js'
import { admit, Device, meet, tellLog } from '../simulation/people-and-feeds.js'

const KILOBYTES = 64

let olga: Device
let ed: Device
let rita: Device
let space: SpaceId
let writes = 0

before(async () => {
  await automerge()
  ;[olga, ed, rita] = [await Device.fresh(171), await Device.fresh(181), await Device.fresh(191)]
  ;({ id: space } = await olga.halo.createSpace('Kitchen'))
  await admit(olga, space, ed, 'editor')
  await admit(olga, space, rita, 'reader')
  await write(olga, 'note')
  await meet(space, olga, ed)
  await tellLog(space, olga, rita)
})
after(() => [olga, ed, rita].forEach(({ life }) => life.stop()))

async function write(device: Device, type: string): Promise<void> {
  const id = newId<ObjectId>()
  device.life.echo.accept(device.life.client, ++writes, space, [{ id, type, value: { title: 'x' } }])
  await device.echo.settled()
}

type Crafted = { readonly head: Uint8Array; readonly pieces: readonly Uint8Array[] }

/** A checkpoint of the first entry of Olga's, with whatever objects somebody likes. */
async function craft(
  by: Device,
  objects: readonly CoveredObject[],
  change: Partial<CheckpointHeader> = {},
): Promise<Crafted> {
  const keeper = by.halo.get(space)!
  const { replica, epochs, heads } = await keeper.context()
  const [bytes] = await olga.echo.exchange.entriesOf(space, olga.halo.device)
  const first = await readEntry(bytes, sha256)
  const id = hashText(first.id)
  const entry = { id, heads: first.heads, deps: [], epochs: first.epochs, lamport: 1, at: 0 }
  const bodies: PieceBody[] = [
    { t: 'feed', feed: olga.halo.device, first: 1, entries: [entry] },
    { t: 'objects', objects },
  ]
  const pieces = await Promise.all(bodies.map((body, n) => sealPiece(keeper, replica, epochs, n, body)))
  const hashes = await Promise.all(
    pieces.map(async (piece) => ({ hash: await sha256(piece), bytes: piece.length })),
  )
  const covers = [{ feed: olga.halo.device, seq: 1, id }]
  const said = { replica, author: by.halo.device, heads, epochs, covers, pieces: hashes, mayDrop: false }
  const header = encodeHeader({ ...said, ...change })
  return { head: encodeHead(header, await keeper.sign('checkpoint', replica, header)), pieces }
}

const objectOf = (value: StoredRecord, document?: (id: ObjectId) => Uint8Array): CoveredObject => {
  const id = newId<ObjectId>()
  const feed = olga.halo.device
  const history = document && { document: document(id), runs: new Map([[feed, [1, 1, 1]]]) }
  return { id, type: 'note', value, feed, seq: 1, index: 0, history }
}

/** @returns whether it was begun, and what came of it */
async function offer(to: Device, { head, pieces }: Crafted): Promise<'refused' | 'not taken' | 'taken'> {
  const coming = await to.echo.checkpoints.begin(space, head)
  if (!coming) return 'refused'
  for (const [n, piece] of pieces.entries()) await coming.take(n, piece)
  await coming.end()
  return to.echo.checkpoints.of(space) ? 'taken' : 'not taken'
}

/** An edit of a text, so long that Automerge deflates it. */
function edited(id: ObjectId, save: 'save' | 'saveNoCompress'): Uint8Array {
  const doc = newHandle(deviceActor(olga.halo.device, id))
  doc.applyChanges([buildCreation({ id, type: 'note', value: { title: 'x' } })])
  doc.put('_root', 'title', 'y'.repeat(KILOBYTES << 10))
  doc.commit()
  return doc[save]()
}

describe('a checkpoint', () => {
  it('is an admin’s to make, and not an editor’s', async () => {
    assert.equal(await offer(rita, await craft(ed, [objectOf({ title: 'by Ed' })])), 'refused')
  })

  it('is signed by whoever it says', async () => {
    const forged = await craft(ed, [objectOf({ title: 'by Ed' })], { author: olga.halo.device })
    assert.equal(await offer(rita, forged), 'refused')
  })

  it('that would fill the memory is not begun', async () => {
    const pieces = Array.from({ length: 1 + MAX_CHECKPOINT_BYTES / MAX_PIECE_BYTES }, () => ({
      ...{ hash: new Uint8Array(32), bytes: MAX_PIECE_BYTES },
    }))
    const huge = await craft(olga, [], { pieces })
    assert.ok(bytesOf(await readHead(huge.head, sha256)) > MAX_CHECKPOINT_BYTES)
    assert.equal(await offer(rita, huge), 'refused')
  })

  it('takes no piece that is another one', async () => {
    const { head, pieces } = await craft(olga, [objectOf({ title: 'x' })])
    const coming = (await rita.echo.checkpoints.begin(space, head))!
    assert.equal(await coming.take(0, pieces[1]!), false)
    assert.equal(await coming.take(7, pieces[0]!), false)
    assert.equal(await coming.take(0, pieces[0]!), true)
    coming.stop()
  })

  it('with an object that no tab may make is not taken, and that is said', async () => {
    const bad = await craft(olga, [objectOf({ '@type': 'x' })])
    assert.equal(await offer(rita, bad), 'not taken')
    assert.match(rita.echo.damage.at(-1)!.message, /checkpoint/)
    assert.equal(await offer(rita, bad), 'refused', 'nor tried again')
  })

  it('with a document that inflates is not taken', async () => {
    const bomb = objectOf({ title: 'x' }, (id) => edited(id, 'save'))
    assert.ok(bomb.history!.document!.length < KILOBYTES << 6, 'it is deflated')
    assert.equal(await offer(rita, await craft(olga, [bomb])), 'not taken')
  })

  it('is taken by whoever has nothing, if it is what it says', async () => {
    const good = objectOf({ title: 'x' }, (id) => edited(id, 'saveNoCompress'))
    assert.equal(await offer(rita, await craft(olga, [good])), 'taken')
    assert.equal(rita.echo.record(good.id)?.value['title'], 'y'.repeat(KILOBYTES << 10))
  })
})

it('a document with more operations than memory holds is seen before it is loaded', () => {
  // Chunk: magic, checksum, kind 0, length; no actors, no heads, no columns of changes; one column of operations, one run.
  const run = [0x80, 0x80, 0x80, 0x80, 0x04, 0x01]
  const content = [0, 0, 0, 1, 0x42, run.length, ...run]
  const document = [0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 0, content.length, ...content]
  assert.throws(() => checkPlain(Uint8Array.from(document)), /too many operations/)
})

it('an entry without its seal is nobody’s, and is not taken from elsewhere', async () => {
  const bare = encode([1, new Uint8Array(8), new Uint8Array(32), new Uint8Array(8)])
  assert.deepEqual(await olga.echo.exchange.receive(space, [bare]), { fresh: 0, refused: 1 })
})

it('an editor cannot have the history of a space deleted', async () => {
  await write(ed, HISTORY_DROPPED_TYPE)
  await meet(space, olga, ed)
  assert.equal(olga.life.planes.history.isKept(space), true)
  await write(olga, HISTORY_DROPPED_TYPE)
  assert.equal(olga.life.planes.history.isKept(space), false)
})

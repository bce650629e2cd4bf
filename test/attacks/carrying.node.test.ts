/** What somebody who is in tries with checkpoints: to have a device keep, read or send without end what is none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANSWER_MS } from '../../worker/mesh/checkpoints/offering.js'
import { PAUSE_MS, PIECE_MS } from '../../worker/mesh/checkpoints/taking.js'
import { decodeWire, encodeWire } from '../../worker/mesh/wire-codec.js'
import { MAX_HEAD_BYTES, MAX_PIECE_BYTES, MAX_PIECES } from '../../worker/protocol/wire.js'
import { Box, checkpoint, device, refOf } from '../carrying/box.js'
import { alone, quiet } from '../carrying/pair.js'

const olga = device(1)
const made = checkpoint(1, new Map([[olga, 1_000]]))
const count = (list: readonly string[], name: string) => list.filter((one) => one === name).length

/** A device that has nothing, and hears of a checkpoint of three pieces. */
async function offered() {
  const box = new Box()
  box.wish = 'instead'
  const one = alone(box)
  await quiet()
  const { ref } = box
  const piece = (n: number, bytes = made.bytes[n]!, id = made.id) => one.say('piece', ref, id, n, bytes)
  const offer = (of = made) => one.say('offer', ref, of.head)
  await offer()
  assert.deepEqual(one.side.said.at(-1), ['fetch', ref, made.id, 0])
  return { ...one, box, piece, offer }
}

/** A device that has a checkpoint, and somebody who asks. */
async function asked(box = new Box().has(olga, 1_000, 1_001)) {
  box.checkpoint = made
  const one = alone(box)
  await quiet()
  const have = (wish: 'instead' | 'gaps') => one.say('have', box.ref, [...box.heads], [], null, wish)
  const fetch = (n: number, id = made.id) => one.say('fetch', box.ref, id, n)
  return { ...one, box, have, fetch }
}

describe('who brings a checkpoint', () => {
  it('and then other bytes: has that device take nothing of it, nor of any other in this session', async () => {
    const { box, time, side, piece, offer } = await offered()
    await piece(0)
    await piece(1, new Uint8Array(1_000).fill(7))
    await piece(2)
    assert.deepEqual(box.done, ['begin', 'stop'])
    assert.equal(side.names().at(-1), 'have')
    await time.pass(10 * PAUSE_MS)
    await offer()
    assert.deepEqual(box.done, ['begin', 'stop'])
    assert.equal(box.checkpoint, undefined)
  })

  it('and pieces out of order, twice, or of something else: has it given up, and waited for', async () => {
    const others = [
      (of: Awaited<ReturnType<typeof offered>>) => of.piece(1),
      (of: Awaited<ReturnType<typeof offered>>) => of.piece(0).then(() => of.piece(0)),
      (of: Awaited<ReturnType<typeof offered>>) => of.piece(0, made.bytes[0], checkpoint(2, new Map()).id),
    ]
    for (const [n, act] of others.entries()) {
      const of = await offered()
      await act(of)
      assert.deepEqual(of.box.done, ['begin', 'stop'], String(n))
      await of.offer()
      assert.deepEqual(of.box.done, ['begin', 'stop'], String(n))
      await of.time.pass(PAUSE_MS)
      await of.offer()
      for (const n of made.bytes.keys()) await of.piece(n)
      assert.equal(of.box.done.at(-1), 'end', String(n))
    }
  })

  it('and pieces without end, or unasked: has none of them kept', async () => {
    const { box, side, piece } = await offered()
    for (const n of [0, 1, 2, 3, 0, 1, 2]) await piece(n, made.bytes[n % 3])
    assert.deepEqual(box.done, ['begin', 'end'])
    assert.equal(box.checkpoint!.bytes.length, 3)
    assert.equal(count(side.names(), 'fetch'), 1)
  })

  it('and then nothing: keeps it from others for some seconds', async () => {
    const { box, time, piece } = await offered()
    await piece(0)
    await time.pass(2 * PIECE_MS)
    assert.deepEqual(box.done, ['begin', 'stop'])
  })

  it('and then pieces of another, without end: keeps it from others for no longer', async () => {
    const { box, time, piece, offer } = await offered()
    await piece(0)
    const next = checkpoint(2, new Map([[olga, 1_001]]))
    await offer(next)
    for (let n = 0; n < 20; n++) {
      await piece(1)
      await time.pass(PIECE_MS / 5)
    }
    assert.deepEqual(box.done, ['begin', 'stop', 'begin', 'stop'])
  })

  it('again and again: has one looked at, at a time', async () => {
    const box = new Box()
    let done!: () => void
    box.turn = new Promise((resolve) => (done = resolve))
    const { say, side } = alone(box)
    for (let n = 0; n < 50; n++) await say('offer', box.ref, made.head)
    assert.deepEqual(box.done, ['begin'])
    done()
    await quiet()
    // The last one, too; the one before has been given up for it.
    assert.deepEqual(box.done, ['begin', 'stop', 'begin'])
    assert.equal(count(side.names(), 'fetch'), 1)
  })

  it('that is not wanted: hears so, once for each time', async () => {
    const box = new Box()
    box.isWilling = false
    const { say, side, time } = alone(box)
    await quiet()
    for (let n = 0; n < 60; n++) {
      await say('offer', box.ref, made.head)
      await time.pass(PAUSE_MS)
    }
    assert.equal(count(side.names(), 'have'), 61)
  })

  it('that is larger than one may be: loses the session', () => {
    const large = (...message: Parameters<typeof encodeWire>) => encodeWire(...message)
    const ref = refOf(1)
    for (const message of [
      large(['offer', ref, new Uint8Array(MAX_HEAD_BYTES + 1)]),
      large(['piece', ref, made.id, 0, new Uint8Array(MAX_PIECE_BYTES + 1)]),
      large(['piece', ref, made.id, MAX_PIECES, new Uint8Array(1)]),
      large(['fetch', ref, made.id, MAX_PIECES]),
    ])
      assert.throws(() => decodeWire(message, 'bulk'), { code: 'mesh/malformed' })
    assert.ok(decodeWire(large(['piece', ref, made.id, 0, new Uint8Array(MAX_PIECE_BYTES)]), 'bulk'))
  })
})

describe('who asks for a checkpoint', () => {
  it('again and again, and does not take it: has one piece kept, of all spaces', async () => {
    const one = await asked()
    one.side.takesBulk = false
    const box = new Box(refOf(8)).has(olga, 1_000, 1_001)
    box.checkpoint = made
    const two = alone(box, one.time, one.side)
    for (let n = 0; n < 50; n++) {
      await one.fetch(n % 3)
      await two.say('fetch', box.ref, made.id, n % 3)
    }
    assert.equal(one.side.count('piece'), 1)
  })

  it('as often as it can say what it has: is offered it once in ten seconds', async () => {
    const { have, side, time } = await asked()
    for (let n = 0; n < 20; n++) {
      await have('instead')
      await have('gaps')
    }
    assert.equal(side.count('offer'), 1)
    await time.pass(10_000)
    await have('instead')
    assert.equal(side.count('offer'), 2)
  })

  it('which there is not, or for pieces after the last: is given nothing', async () => {
    const { fetch, side } = await asked()
    await fetch(0, checkpoint(5, new Map()).id)
    await fetch(3)
    assert.equal(side.count('piece'), 0)
  })

  it('and says no more: has others wait for nothing, and entries wait for some seconds', async () => {
    const box = new Box().has(olga, 1_000)
    const { have, side, time } = await asked(box)
    await have('instead')
    assert.equal(side.count('entries'), 0)
    await time.pass(ANSWER_MS)
    assert.equal(side.count('entries'), 10)
  })
})

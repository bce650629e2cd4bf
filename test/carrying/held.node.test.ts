/** What the other side says that it holds, of feeds that this side has just heard of, or is about to. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Box, device, entry } from './box.js'
import { alone, quiet } from './pair.js'

const [olga, ed] = [device(1), device(2)]

/** Olga, who knows nobody but herself until a log has been taken; and somebody who has what she has. */
async function level() {
  const box = new Box().has(olga, 3)
  let isTaken = false
  box.isIn = (device) => device === olga || isTaken
  const one = alone(box)
  await one.say('have', box.ref, [...box.heads], [[olga, 3, null, []]], null, 'gaps')
  assert.ok(one.replicating.isLevel)
  return { ...one, box, takes: () => (isTaken = true) }
}

describe('a device that is told of what the other side holds', () => {
  it('heeds what is said of the first entry of a feed, before that has come', async () => {
    const { box, say, replicating, takes } = await level()
    takes()
    await say('held', box.ref, [[ed, 1]])
    await say('entries', box.ref, [entry(ed, 1)])
    assert.equal(box.positions.get(ed), 1)
    assert.ok(replicating.isLevel)
  })

  it('heeds it though the log that says whose feed it is came just before, and takes long to read', async () => {
    const { box, say, replicating, takes } = await level()
    let read!: () => void
    const reading = new Promise<void>((resolve) => (read = resolve))
    box.takeLog = () => reading.then(() => void takes())
    await say('log', box.ref, [new Uint8Array(8)])
    await say('held', box.ref, [[ed, 1]])
    read()
    await say('entries', box.ref, [entry(ed, 1)])
    assert.ok(replicating.isLevel)
  })

  it('says nothing of what it holds before the log by which the other side knows whose that is', async () => {
    const { box, say, replicating, side, time, takes } = await level()
    let sealed!: () => void
    const sealing = new Promise<void>((resolve) => (sealed = resolve))
    box.logSince = (async () => {
      await sealing
      return [new Uint8Array(8)]
    }) as never
    takes()
    replicating.logChanged()
    await say('entries', box.ref, [entry(ed, 1)])
    replicating.appended([{ feed: ed, seq: 1, id: 'h', bytes: entry(ed, 1) }], false)
    await time.pass(1_000)
    assert.equal(side.count('held'), 0)
    sealed()
    await quiet()
    assert.deepEqual(side.names().slice(-2), ['log', 'held'])
  })

  it('says at once what it holds, and what comes soon after together', async () => {
    const { box, say, replicating, side, time, takes } = await level()
    takes()
    const comes = async (seq: number) => {
      await say('entries', box.ref, [entry(ed, seq)])
      replicating.appended([{ feed: ed, seq, id: 'h', bytes: entry(ed, seq) }], false)
      await time.pass(0)
    }
    await comes(1)
    assert.equal(side.count('held'), 1)
    for (const seq of [2, 3, 4]) await comes(seq)
    assert.equal(side.count('held'), 1)
    await time.pass(20)
    assert.deepEqual(side.said.at(-1), ['held', box.ref, [[ed, 4]]])
    assert.equal(side.count('held'), 2)
  })
})

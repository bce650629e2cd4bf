/** What stands for entries: made by an admin's device, taken by whoever comes in, and judged as the entries themselves would be. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SpaceId } from '../../worker/protocol/ids.js'
import { freshDevices } from './fresh-devices.js'
import { admit, type Device, give, meet, tell, tellLog } from './people-and-feeds.js'
import { newObject, text, valueOf, write } from './writing.js'

const { fresh } = freshDevices(7_000)
const AFTER = 40
const shownBy = ({ echo }: Device, space: SpaceId) =>
  echo
    .objectsOf(space)
    .map((record) => ({ ...record, updatedAt: 0 }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))

async function until(what: string, is: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !is(); turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.ok(is(), what)
}

/** How far the checkpoint of a device stands for what it has written. */
const coveredBy = ({ echo, halo }: Device, space: SpaceId) =>
  echo.checkpoints.of(space)?.covers.get(halo.device) ?? 0

/** A space of somebody who has typed for a while, with what was typed. */
async function typed(entries = AFTER) {
  const olga = await fresh({ checkpointAfter: AFTER })
  const { id: space } = await olga.halo.createSpace('Kitchen')
  const [note, todo] = [newObject(), newObject()]
  await write(
    olga,
    space,
    { id: note, type: 'note', value: { body: { '@text': '' } } },
    { id: todo, type: 'todo', value: { title: 'Milk', n: 1.5 } },
  )
  for (let i = 0; i < entries; i++)
    await write(olga, space, { id: note, op: text('body', i, String.fromCharCode(97 + (i % 26))) })
  // On a slow machine one is made before the last entry.
  olga.echo.checkpoints.lookAgain(space)
  await until('a checkpoint is made', () => coveredBy(olga, space) === olga.echo.exchange.counted(space))
  return { olga, space, note, todo }
}

/** Rows of entries that are here as they came, or bare. */
const rowsOf = async (device: Device, space: SpaceId) =>
  (await device.disk.open().rows('entries', [space])).length

describe('who comes in by a checkpoint', () => {
  it('shows what the others show, without one entry of before', async () => {
    const { olga, space } = await typed()
    const ed = await fresh()
    await admit(olga, space, ed, 'editor')
    assert.ok(await give(space, olga, ed))
    assert.equal(await rowsOf(ed, space), 0)
    assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
    assert.deepEqual(ed.echo.damage, [])
  })

  it('goes on from there, in both directions, and is the same after the power was gone', async () => {
    const { olga, space, note, todo } = await typed()
    const ed = await fresh()
    await admit(olga, space, ed, 'editor')
    await give(space, olga, ed)
    await write(ed, space, { id: note, op: text('body', 0, 'Dear ') })
    await write(ed, space, { id: todo, op: { t: 'put', at: ['title'], v: 'Bread' } })
    await write(olga, space, { id: note, op: text('body', 3, '!') })
    await meet(space, olga, ed)
    for (let life = 0; life < 2; life++) {
      assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
      assert.equal(valueOf(ed, todo)?.['title'], 'Bread')
      await ed.echo.exchange.durable()
      await ed.again()
    }
    assert.deepEqual(ed.echo.damage, [])
  })

  it('gives it to somebody else, who never meets whoever made it', async () => {
    const { olga, space, note } = await typed()
    const [ed, anna] = [await fresh(), await fresh()]
    await admit(olga, space, ed, 'admin')
    await give(space, olga, ed)
    await admit(ed, space, anna, 'editor')
    await give(space, ed, anna)
    await write(anna, space, { id: note, op: text('body', 0, 'Hi ') })
    await tell(space, anna, ed)
    await tell(space, ed, olga)
    for (const device of [ed, anna]) assert.deepEqual(shownBy(device, space), shownBy(olga, space))
  })

  it('takes out what counts no more, as who has the entries does', async () => {
    const { olga, space, note } = await typed()
    const [ed, anna] = [await fresh(), await fresh({ checkpointAfter: AFTER })]
    await admit(olga, space, ed, 'editor')
    await admit(olga, space, anna, 'admin')
    await tellLog(space, olga, ed)
    await meet(space, olga, ed, anna)
    await write(ed, space, { id: note, op: text('body', 0, 'Bad ') })
    const bad = newObject()
    await write(ed, space, { id: bad, type: 'note', value: { body: { '@text': 'worse' } } })
    // Anna has what Ed wrote, and Olga removes him before she hears of it.
    await tell(space, ed, anna)
    const before = anna.echo.checkpoints.of(space)?.head.id
    for (let i = 0; i < 2 * AFTER; i++) await write(anna, space, { id: note, op: text('body', 0, '-') })
    await until('another checkpoint', () => anna.echo.checkpoints.of(space)?.head.id !== before)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    const carl = await fresh()
    await admit(olga, space, carl, 'editor')
    await tellLog(space, anna, carl)
    assert.ok(await give(space, anna, carl))
    await meet(space, olga, anna, carl)
    for (const device of [anna, carl]) assert.deepEqual(shownBy(device, space), shownBy(olga, space))
    await carl.again()
    assert.deepEqual(shownBy(carl, space), shownBy(olga, space))
  })
})

describe('who has a part of it', () => {
  it('takes the rest from a checkpoint, and keeps what it wrote meanwhile', async () => {
    const { olga, space, note } = await typed()
    const ed = await fresh()
    await admit(olga, space, ed, 'editor')
    await meet(space, olga, ed)
    await write(ed, space, { id: note, op: text('body', 0, 'Away: ') })
    const before = coveredBy(olga, space)
    for (let i = 0; i < 2 * AFTER; i++) await write(olga, space, { id: note, op: text('body', 0, '-') })
    await until('another checkpoint', () => coveredBy(olga, space) > before)
    assert.ok(await give(space, olga, ed))
    await tell(space, ed, olga)
    await tell(space, olga, ed)
    assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
    await ed.again()
    assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
    assert.deepEqual(ed.echo.damage, [])
  })
})

describe('a space that keeps no history', () => {
  /** As `typed`, without entries that a checkpoint stands for. */
  async function dropped() {
    const all = await typed()
    const { olga, space } = all
    await olga.life.planes.history.keep(space, false)
    await until('entries are gone', () => (olga.echo.checkpoints.of(space)?.gone.size ?? 0) > 0)
    return all
  }

  it('reads and is written to as before, also after the power was gone', async () => {
    const { olga, space, note, todo } = await dropped()
    const before = shownBy(olga, space)
    assert.ok((await rowsOf(olga, space)) < 5, 'entries are gone')
    await olga.again()
    assert.deepEqual(shownBy(olga, space), before)
    await write(olga, space, { id: note, op: text('body', 0, 'Dear ') })
    await write(olga, space, { id: todo, op: { t: 'put', at: ['title'], v: 'Bread' } })
    await olga.again()
    assert.match((valueOf(olga, note)!['body'] as { '@text': string })['@text'], /^Dear abc/)
    assert.equal(valueOf(olga, todo)?.['title'], 'Bread')
    assert.deepEqual(olga.echo.damage, [])
    assert.equal(await olga.life.planes.history.keep(space, null), false)
  })

  it('is given by its checkpoint, also to who has the first half', async () => {
    const { olga, space, note } = await typed()
    const [ed, anna] = [await fresh(), await fresh()]
    await admit(olga, space, ed, 'editor')
    await admit(olga, space, anna, 'editor')
    await meet(space, olga, ed)
    await write(ed, space, { id: note, op: text('body', 0, 'Away: ') })
    for (let i = 0; i < AFTER; i++) await write(olga, space, { id: note, op: text('body', 0, '-') })
    await olga.life.planes.history.keep(space, false)
    await until('entries are gone', () => (olga.echo.checkpoints.of(space)?.gone.size ?? 0) > 0)
    for (const device of [ed, anna]) {
      await tellLog(space, olga, device)
      assert.ok(await give(space, olga, device))
    }
    await meet(space, olga, ed, anna)
    for (const device of [ed, anna]) {
      assert.deepEqual(shownBy(device, space), shownBy(olga, space))
      await device.again()
      assert.deepEqual(shownBy(device, space), shownBy(olga, space))
      assert.deepEqual(device.echo.damage, [])
    }
  })

  it('makes the next checkpoint of the one before, and is none the worse for it', async () => {
    const { olga, space, note } = await dropped()
    const before = olga.echo.checkpoints.of(space)!.head.id
    for (let i = 0; i < 2 * AFTER; i++) await write(olga, space, { id: note, op: text('body', 0, '-') })
    await until('another checkpoint', () => olga.echo.checkpoints.of(space)?.head.id !== before)
    const ed = await fresh()
    await admit(olga, space, ed, 'editor')
    assert.ok(await give(space, olga, ed))
    await tell(space, olga, ed)
    assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
    assert.deepEqual(ed.echo.damage, [])
  })

  it('reads from its checkpoint what pages have lost', async () => {
    const { olga, space } = await dropped()
    const before = shownBy(olga, space)
    const store = olga.disk.open()
    await store.write(
      [
        { table: 'pages', under: [space] },
        { table: 'documents', under: [] },
      ],
      'strict',
    )
    await olga.again()
    assert.deepEqual(shownBy(olga, space), before)
  })

  it('has all of it, where two owners have each deleted what the other one had not', async () => {
    const { olga, space, note } = await typed()
    const ed = await fresh({ checkpointAfter: AFTER })
    await admit(olga, space, ed, 'owner')
    assert.ok(await give(space, olga, ed))
    // Each goes on alone, and keeps no history.
    for (const device of [olga, ed]) {
      await device.life.planes.history.keep(space, false)
      for (let i = 0; i < 2 * AFTER; i++) await write(device, space, { id: note, op: text('body', 0, '-') })
      const { checkpoints, exchange } = device.echo
      checkpoints.lookAgain(space)
      const goneTo = () => checkpoints.of(space)?.gone.get(device.halo.device)
      await until('entries are gone', () => goneTo() === exchange.counted(space))
    }
    assert.ok(await give(space, olga, ed))
    assert.ok(await give(space, ed, olga))
    await meet(space, olga, ed)
    for (const device of [olga, ed]) {
      const { checkpoints } = device.echo
      const all = () =>
        [olga, ed].every(({ halo }) => (checkpoints.of(space)?.covers.get(halo.device) ?? 0) > AFTER)
      await until('one checkpoint stands for all', all)
      await device.again()
    }
    assert.deepEqual(shownBy(ed, space), shownBy(olga, space))
    const anna = await fresh()
    await admit(olga, space, anna, 'editor')
    await tellLog(space, olga, anna)
    assert.ok(await give(space, ed, anna))
    await meet(space, ed, anna)
    assert.deepEqual(shownBy(anna, space), shownBy(olga, space))
    for (const device of [olga, ed, anna]) assert.deepEqual(device.echo.damage, [])
  })

  it('loses nothing of an admin who is none any more when the others come', async () => {
    const { olga, space, note } = await typed()
    const ed = await fresh({ checkpointAfter: AFTER })
    await admit(olga, space, ed, 'admin')
    await meet(space, olga, ed)
    await ed.life.planes.history.keep(space, false)
    for (let i = 0; i < 2 * AFTER; i++) await write(ed, space, { id: note, op: text('body', 0, '-') })
    await until('a checkpoint is made', () => coveredBy(ed, space) > 0)
    assert.equal(ed.echo.checkpoints.of(space)!.head.mayDrop, false, 'entries go by owners only')
    await olga.halo.setRole(space, ed.halo.identity.id, 'editor')
    await meet(space, olga, ed)
    assert.deepEqual(shownBy(olga, space), shownBy(ed, space))
    assert.match((valueOf(olga, note)!['body'] as { '@text': string })['@text'], /^-{80}/)
  })
})

/** A space that several devices write in: what each shows, and what becomes of what does not count. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ObjectId, SpaceId } from '../../worker/protocol/ids.js'
import type { Item } from '../../worker/protocol/rpc.js'
import type { Role } from '../../worker/protocol/facts.js'
import { documentsOf } from './oracle.js'
import { freshDevices } from './fresh-devices.js'
import { admit, Device, meet, tell, tellLog } from './people-and-feeds.js'
import { accept, newObject, text, valueOf, write } from './writing.js'

const { fresh, keep } = freshDevices(500)
async function shared(role: Role = 'editor') {
  const [olga, ed] = [await fresh(), await fresh()]
  const { id } = await olga.halo.createSpace('Kitchen')
  await admit(olga, id, ed, role)
  await meet(id, olga, ed)
  return { olga, ed, id }
}
const bodyOf = (device: Device, object: ObjectId) =>
  (valueOf(device, object)!['body'] as { '@text': string })['@text']

/** What is in quarantine, once that was counted. */
async function quarantineOf({ echo }: Device) {
  for (let turn = 0; turn < 200 && echo.asides.quarantine.length === 0; turn++)
    await new Promise((resolve) => setTimeout(resolve, 2))
  return echo.asides.quarantine
}

describe('a space with two members', () => {
  it('shows to both what each writes, whoever made it', async () => {
    const { olga, ed, id: space } = await shared()
    const [a, b] = [newObject(), newObject()]
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'Dear' } } })
    await meet(space, olga, ed)
    await write(ed, space, { id: a, op: text('body', 4, ' Olga') })
    await write(ed, space, { id: b, type: 'todo', value: { title: 'Milk' } })
    await meet(space, olga, ed)
    for (const device of [olga, ed]) {
      assert.equal(bodyOf(device, a), 'Dear Olga')
      assert.deepEqual(valueOf(device, b), { title: 'Milk' })
      assert.equal(device.echo.record(b)?.author, ed.halo.device)
      assert.deepEqual(device.echo.damage, [])
    }
  })

  it('keeps what both write into one text without knowing of each other', async () => {
    const { olga, ed, id: space } = await shared()
    const a = newObject()
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'middle' }, tags: ['x'] } })
    await meet(space, olga, ed)
    await write(olga, space, { id: a, op: text('body', 0, 'left ') })
    await write(ed, space, { id: a, op: text('body', 6, ' right') })
    await write(ed, space, { id: a, op: { t: 'list', at: ['tags'], i: 1, n: 0, v: ['y'] } })
    await meet(space, olga, ed)
    for (const device of [olga, ed]) {
      assert.equal(bodyOf(device, a), 'left middle right')
      assert.deepEqual(valueOf(device, a)?.['tags'], ['x', 'y'])
      assert.deepEqual((await documentsOf(device.disk)).get(a)?.value, valueOf(device, a))
    }
  })

  it('is the same after the power was gone, at either, and goes on', async () => {
    const { olga, ed, id: space } = await shared()
    const a = newObject()
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': '' } } })
    for (let i = 0; i < 5; i++) {
      await meet(space, olga, ed)
      await write(i % 2 ? olga : ed, space, { id: a, op: text('body', i, String(i)) })
      if (i === 2) await ed.echo.drain()
    }
    await meet(space, olga, ed)
    for (const device of [olga, ed]) {
      const before = valueOf(device, a)
      await device.again()
      assert.deepEqual(valueOf(device, a), before)
      assert.deepEqual(device.echo.damage, [])
    }
    await write(ed, space, { id: a, op: text('body', 5, '!') })
    await meet(space, olga, ed)
    assert.equal(bodyOf(olga, a), '01234!')
  })

  it('maps what a tab has typed and not saved over what comes meanwhile', async () => {
    const { olga, ed, id: space } = await shared()
    const a = newObject()
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'world' } } })
    await meet(space, olga, ed)
    await write(olga, space, { id: a, op: text('body', 0, 'hello ') })
    // Typed here, and shown; what Olga has written arrives before it is durable.
    const coming = tell(space, olga, ed)
    accept(ed, space, { id: a, op: text('body', 5, '!') })
    await coming
    await ed.echo.settled()
    assert.equal(bodyOf(ed, a), 'hello world!')
    await meet(space, olga, ed)
    assert.equal(bodyOf(olga, a), 'hello world!')
    assert.deepEqual((await documentsOf(ed.disk)).get(a)?.value, valueOf(ed, a))
  })

  it('takes nothing from a reader, and shows why', async () => {
    const { olga, ed, id: space } = await shared('reader')
    assert.throws(
      () => ed.life.echo.accept(ed.life.client, 1, space, [{ id: newObject(), type: 'x', value: {} }]),
      /may read this space/,
    )
    const a = newObject()
    await write(olga, space, { id: a, type: 'note', value: {} })
    await olga.halo.setRole(space, ed.halo.identity.id, 'editor')
    await meet(space, olga, ed)
    assert.deepEqual(valueOf(ed, a), {})
  })

  it('takes out what was written beyond a removal, and leaves what was before it', async () => {
    const { olga, ed, id: space } = await shared()
    const [a, b] = [newObject(), newObject()]
    await write(ed, space, { id: a, type: 'note', value: { body: { '@text': 'kept' } } })
    await meet(space, olga, ed)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    // Ed has not heard of it.
    await write(ed, space, { id: a, op: text('body', 4, ' and lost') })
    await write(ed, space, { id: b, type: 'note', value: { title: 'lost' } })
    await tell(space, ed, olga)
    assert.equal(bodyOf(olga, a), 'kept')
    assert.equal(valueOf(olga, b), undefined)
    const aside = [{ space, device: ed.halo.device, entries: 2, reason: 'beyond-cut' }]
    assert.deepEqual(await quarantineOf(olga), aside)
    await olga.again()
    assert.equal(bodyOf(olga, a), 'kept')
    assert.deepEqual(olga.echo.asides.quarantine, aside, 'it is known before anybody judges anew')
  })

  it('takes back what counted until somebody was heard of', async () => {
    const { olga, ed, id: space } = await shared()
    const rita = await fresh()
    await admit(olga, space, rita, 'editor')
    await meet(space, olga, ed, rita)
    const [a, b] = [newObject(), newObject()]
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'one' } } })
    await meet(space, olga, ed, rita)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    await write(ed, space, { id: a, op: text('body', 3, ' two') })
    await write(ed, space, { id: b, type: 'note', value: {} })
    // Rita hears of Ed first, and of his removal later.
    await tell(space, ed, rita)
    assert.equal(bodyOf(rita, a), 'one two')
    await rita.echo.drain()
    await tellLog(space, olga, rita)
    assert.equal(bodyOf(rita, a), 'one')
    assert.equal(rita.echo.record(b), undefined)
    await rita.again()
    assert.equal(bodyOf(rita, a), 'one')
    assert.equal(rita.echo.record(b), undefined, 'pages that held it are not read')
    assert.deepEqual(rita.echo.damage, [])
    await write(rita, space, { id: a, op: text('body', 3, '!') })
    await meet(space, olga, rita)
    assert.equal(bodyOf(olga, a), 'one!')
  })
})

describe('a change that nobody sees', () => {
  it('is built on all the same, also where its document was let go meanwhile', async () => {
    const { olga, ed, id: space } = await shared()
    // More than stay loaded.
    const ids = Array.from({ length: 140 }, newObject)
    await write(olga, space, ...ids.map((one) => ({ id: one, type: 'note', value: { title: 'A' } })))
    for (const v of ['B', 'A'])
      await write(olga, space, ...ids.map((one): Item => ({ id: one, op: { t: 'put', at: ['title'], v } })))
    await meet(space, olga, ed)
    await ed.echo.drain()
    await write(ed, space, ...ids.map((one): Item => ({ id: one, op: { t: 'put', at: ['title'], v: 'C' } })))
    await meet(space, olga, ed)
    for (const device of [olga, ed])
      assert.deepEqual(new Set(ids.map((one) => valueOf(device, one)?.['title'])), new Set(['C']))
  })
})

describe('a long feed that comes in one go', () => {
  const EDITS = 300
  const PORTION = 30
  /** Edits of a few objects, each in an entry, more than are applied together. */
  async function written() {
    const { olga, ed, id: space } = await shared()
    const ids = Array.from({ length: 7 }, newObject)
    for (const one of ids) await write(olga, space, { id: one, type: 'note', value: { n: 0 } })
    for (let n = 1; n <= EDITS; n++)
      await write(olga, space, { id: ids[n % ids.length]!, op: { t: 'put', at: ['n'], v: n } })
    const entries = await olga.echo.exchange.entriesOf(space, olga.halo.device)
    const shows = (device: Device) => ids.map((one) => valueOf(device, one)?.['n'] ?? -1)
    return { olga, ed, space, entries, shows }
  }

  it('is there as far as that was said, whenever the power fails', async () => {
    const { olga, ed, space, entries, shows } = await written()
    const positionIn = ({ echo }: Device) => echo.exchange.positions(space).get(olga.halo.device) ?? 0
    let most = 0
    for (const writes of [1, 2, 3]) {
      ed.disk.crashAfter(writes)
      let said = 0
      const taking = async () => {
        for (let at = 0; at < entries.length; at += PORTION) {
          await ed.echo.exchange.receive(space, entries.slice(at, at + PORTION))
          const here = positionIn(ed)
          await ed.echo.exchange.durable()
          said = here
        }
      }
      void taking()
      for (let turn = 0; turn < 5_000 && !ed.disk.hasCrashed; turn++)
        await new Promise((resolve) => setTimeout(resolve, 2))
      ed.disk.crashAfter(Infinity)
      await ed.again()
      assert.ok(positionIn(ed) >= said, `${positionIn(ed)} of ${said} are there`)
      most = Math.max(most, said)
    }
    assert.ok(most > 0, 'some of it was said to be there')
    // What is shown and not synced may be lost, and comes again.
    await ed.echo.exchange.receive(space, entries)
    await ed.again()
    assert.ok(positionIn(ed) >= most && positionIn(ed) < entries.length)
    await ed.echo.exchange.receive(space, entries)
    await ed.echo.exchange.durable()
    assert.deepEqual(shows(ed), shows(olga))
    await ed.again()
    assert.deepEqual(shows(ed), shows(olga))
    assert.deepEqual(ed.echo.damage, [])
  })

  it('goes on where the disk ran full in the middle, when there is room again', async () => {
    const { olga, ed, space, entries, shows } = await written()
    ed.disk.fullAfter(1)
    await assert.rejects(ed.echo.exchange.receive(space, entries), { code: 'store/quota' })
    ed.disk.full = false
    await ed.echo.exchange.durable()
    const shown = shows(ed)
    await ed.again()
    assert.deepEqual(shows(ed), shown)
    await ed.echo.exchange.receive(space, entries)
    assert.deepEqual(shows(ed), shows(olga))
    assert.deepEqual(ed.echo.damage, [])
  })
})

describe('a removal that a device hears of', () => {
  async function heardOfEdFirst() {
    const { olga, ed, id: space } = await shared()
    const rita = await fresh()
    await admit(olga, space, rita, 'editor')
    await meet(space, olga, ed, rita)
    const a = newObject()
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'one' } } })
    await meet(space, olga, ed, rita)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    await write(ed, space, { id: a, op: text('body', 3, ' two') })
    await tell(space, ed, rita)
    assert.equal(bodyOf(rita, a), 'one two')
    const takenBack = async () => {
      for (let turn = 0; turn < 500 && bodyOf(rita, a) !== 'one'; turn++)
        await new Promise((resolve) => setTimeout(resolve, 2))
      assert.equal(bodyOf(rita, a), 'one')
      await rita.again()
      assert.equal(bodyOf(rita, a), 'one')
      assert.deepEqual(rita.echo.damage, [])
    }
    return { olga, rita, space, a, takenBack }
  }

  it('does not build on what counts no more: what it writes afterwards is seen by all', async () => {
    const { olga, rita, space, a } = await heardOfEdFirst()
    await tellLog(space, olga, rita)
    assert.equal(bodyOf(rita, a), 'one')
    await write(rita, space, { id: a, op: text('body', 3, ' more') })
    await meet(space, olga, rita)
    assert.equal(bodyOf(rita, a), 'one more')
    assert.equal(bodyOf(olga, a), 'one more')
  })

  it('while it writes does not name it, so that what it has built on is seen by all', async () => {
    const { olga, rita, space, a } = await heardOfEdFirst()
    const keeper = rita.halo.get(space)!
    const { encrypt } = keeper
    const entries = olga.halo.admissions.entriesOf(space)
    // It is heard of in the very last moment.
    keeper.encrypt = async (...args) => {
      await rita.halo.admissions.receive(space, entries)
      return encrypt.apply(keeper, args)
    }
    const { context } = keeper
    keeper.context = async () => {
      await rita.halo.admissions.receive(space, entries)
      return context.call(keeper)
    }
    await write(rita, space, { id: a, op: text('body', 7, ' three') })
    Object.assign(keeper, { encrypt, context })
    await meet(space, olga, rita)
    for (const device of [olga, rita]) {
      assert.equal(bodyOf(device, a), 'one two three')
      assert.deepEqual(device.echo.asides.quarantine, [])
    }
    await rita.again()
    assert.equal(bodyOf(rita, a), 'one two three')
  })

  it('of itself goes on with its feed when it is let in again, and stands for what it wrote in between', async () => {
    const { olga, ed, id: space } = await shared()
    const a = newObject()
    await write(ed, space, { id: a, type: 'note', value: { body: { '@text': 'one' } } })
    await meet(space, olga, ed)
    await olga.halo.removeMember(space, ed.halo.identity.id)
    await write(ed, space, { id: a, op: text('body', 3, ' two') })
    await meet(space, olga, ed)
    assert.deepEqual([bodyOf(olga, a), bodyOf(ed, a)], ['one', 'one'])
    await ed.again()
    const introduction = await ed.halo.admissions.introduce(space, 'editor')
    await olga.halo.admissions.admitMember(space, introduction, 'editor')
    await meet(space, olga, ed)
    await write(ed, space, { id: a, op: text('body', 3, ' three') })
    await meet(space, olga, ed)
    await ed.again()
    assert.equal(bodyOf(ed, a), bodyOf(olga, a))
    assert.match(bodyOf(ed, a), /two/)
    assert.match(bodyOf(ed, a), /three/)
    assert.deepEqual([olga.echo.asides.forks, ed.echo.asides.forks], [[], []])
  })

  it('after it was started anew takes back what counted before', async () => {
    const { olga, rita, space, takenBack } = await heardOfEdFirst()
    await rita.echo.drain()
    await rita.again()
    await tellLog(space, olga, rita)
    await takenBack()
  })

  it('and loses power before it acts takes it back in its next life', async () => {
    const { olga, rita, space, takenBack } = await heardOfEdFirst()
    await rita.echo.drain()
    await rita.halo.admissions.receive(space, olga.halo.admissions.entriesOf(space))
    await rita.again()
    await takenBack()
  })
})

describe('a profile that was copied', () => {
  /** Ed's device and a copy of it, and a note that both have. */
  async function copied() {
    const { olga, ed, id: space } = await shared()
    const a = newObject()
    await write(ed, space, { id: a, type: 'note', value: { body: { '@text': 'before' } } })
    await meet(space, olga, ed)
    const copy = keep(await ed.copy())
    return { olga, ed, copy, space, a, device: ed.halo.device }
  }
  /** They meet until each is a device of its own, and all have what those write. */
  async function become(space: SpaceId, olga: Device, ...twins: Device[]) {
    await meet(space, olga, ...twins)
    for (const twin of twins) await twin.comesBack()
    await meet(space, olga, ...twins)
  }

  it('loses nothing when both copies were used and meet, and the fork is shown', async () => {
    const { olga, ed, copy, space, a, device } = await copied()
    const [one, other] = [newObject(), newObject()]
    await write(ed, space, { id: one, type: 'note', value: { title: 'by the one' } })
    await write(ed, space, { id: a, op: text('body', 6, ', one') })
    await write(copy, space, { id: other, type: 'note', value: { title: 'by the other' } })
    await write(copy, space, { id: a, op: text('body', 0, 'other, ') })
    await write(copy, space, { id: other, op: { t: 'put', at: ['title'], v: 'by the other, edited' } })
    await become(space, olga, ed, copy)
    const devices = [ed, copy].map(({ halo }) => halo.device)
    assert.equal(new Set([device, ...devices]).size, 3, 'each is a device of its own')
    const known = olga.halo.get(space)!.devicesOf(ed.halo.identity.id)
    assert.deepEqual(new Set(known), new Set([device, ...devices]))
    for (const someone of [olga, ed, copy]) {
      assert.equal(bodyOf(someone, a), 'other, before, one')
      assert.deepEqual(valueOf(someone, one), { title: 'by the one' })
      assert.deepEqual(valueOf(someone, other), { title: 'by the other, edited' })
      assert.deepEqual(someone.echo.damage, [])
      await quarantineOf(someone)
      assert.deepEqual(someone.echo.asides.forks, [{ space, device, seq: 2 }])
    }
    // It goes on as if nothing had been, after the power was gone, too.
    for (const twin of [ed, copy]) await twin.again()
    await write(ed, space, { id: other, op: { t: 'put', at: ['title'], v: 'seen by the one' } })
    await meet(space, olga, ed, copy)
    for (const someone of [olga, ed, copy]) {
      assert.deepEqual(valueOf(someone, other), { title: 'seen by the one' })
      assert.equal(bodyOf(someone, a), 'other, before, one')
    }
  })

  it('goes on as another device where the one that it was has written more, as after a restored back-up', async () => {
    const { olga, ed, copy, space, a, device } = await copied()
    await write(ed, space, { id: a, op: text('body', 6, ', one') })
    await meet(space, olga, ed)
    await become(space, olga, copy)
    assert.notEqual(copy.halo.device, device)
    await write(copy, space, { id: a, op: text('body', 0, 'other, ') })
    await meet(space, olga, ed, copy)
    await write(ed, space, { id: a, op: text('body', 0, 'still ') })
    await meet(space, olga, ed, copy)
    for (const someone of [olga, ed, copy]) {
      assert.equal(bodyOf(someone, a), 'still other, before, one')
      assert.deepEqual(someone.echo.damage, [])
    }
    assert.equal(ed.halo.device, device)
    for (const someone of [olga, ed, copy]) assert.deepEqual(someone.echo.asides.forks, [])
  })

  it('writes again only what nobody has built on', async () => {
    const { olga, ed, copy, space, a } = await copied()
    await write(ed, space, { id: a, op: text('body', 6, ', one') })
    await meet(space, olga, ed)
    await write(olga, space, { id: a, op: text('body', 11, ', olga') })
    await meet(space, olga, ed)
    await write(ed, space, { id: a, op: text('body', 17, ', two') })
    await write(copy, space, { id: a, op: text('body', 0, 'other, ') })
    await become(space, olga, ed, copy)
    for (const someone of [olga, ed, copy]) {
      assert.equal(bodyOf(someone, a), 'other, before, one, olga, two')
      assert.deepEqual(someone.echo.damage, [])
    }
  })

  it('counts on both sides where others have built on both, and all show the same, from then on and in later lives', async () => {
    const { olga, ed, copy, space, a } = await copied()
    const anna = await fresh()
    await admit(olga, space, anna, 'editor')
    await meet(space, olga, ed, anna)
    const [b, c] = [newObject(), newObject()]
    await write(ed, space, { id: b, type: 'note', value: { title: 'by the one' } })
    await write(ed, space, { id: a, op: text('body', 6, ', one') })
    await meet(space, ed, olga)
    await write(olga, space, { id: b, op: { t: 'put', at: ['title'], v: 'seen by Olga' } })
    await write(copy, space, { id: c, type: 'note', value: { title: 'by the other' } })
    await write(copy, space, { id: a, op: text('body', 0, 'other, ') })
    await write(copy, space, { id: c, op: { t: 'put', at: ['by'], v: 'the other' } })
    // Anna has not heard of anything else.
    await meet(space, copy, anna)
    await write(anna, space, { id: c, op: { t: 'put', at: ['title'], v: 'seen by Anna' } })
    const all = [olga, anna, ed, copy]
    await meet(space, ...all)
    for (const twin of [ed, copy]) await twin.comesBack()
    await meet(space, ...all)
    await meet(space, ...all)
    const check = () => {
      const bodies = all.map((someone) => bodyOf(someone, a))
      assert.equal(new Set(bodies).size, 1, bodies.join(' | '))
      assert.match(bodies[0]!, /^(At last: )?other, before, one$/)
      for (const someone of all) {
        assert.deepEqual(valueOf(someone, b), { title: 'seen by Olga' })
        assert.deepEqual(valueOf(someone, c), { title: 'seen by Anna', by: 'the other' })
      }
    }
    check()
    for (const someone of all) await someone.again()
    check()
    for (const someone of all) await someone.echo.drain()
    for (const someone of all) await someone.again()
    check()
    await write(ed, space, { id: a, op: text('body', 0, 'At last: ') })
    await meet(space, ...all)
    check()
    assert.match(bodyOf(olga, a), /^At last: /)
  })

  it('writes again what turns out to be forked in another space, after it has become another device', async () => {
    const { olga, ed, id: space } = await shared()
    const { id: second } = await olga.halo.createSpace('Garden')
    await admit(olga, second, ed, 'editor')
    const a = newObject()
    for (const one of [space, second]) await meet(one, olga, ed)
    await write(ed, second, { id: a, type: 'note', value: { body: { '@text': 'before' } } })
    await meet(second, olga, ed)
    const copy = keep(await ed.copy())
    for (const [who, i, v] of [
      [ed, 6, ', one'],
      [copy, 0, 'other, '],
    ] as const) {
      await write(who, space, { id: newObject(), type: 'note', value: {} })
      await write(who, second, { id: a, op: text('body', i, v) })
    }
    await become(space, olga, ed, copy)
    assert.equal(bodyOf(ed, a), 'before, one')
    await become(second, olga, ed, copy)
    for (const someone of [olga, ed, copy]) {
      assert.equal(bodyOf(someone, a), 'other, before, one')
      assert.deepEqual(someone.echo.damage, [])
    }
  })

  it('loses nothing, and writes nothing twice, whenever the power fails while it becomes another device', async () => {
    let writes = 0
    for (let crashed = true; crashed; writes++) {
      const { olga, ed, copy, space, a } = await copied()
      const other = newObject()
      await write(ed, space, { id: a, op: text('body', 6, ', one') })
      await write(copy, space, { id: other, type: 'note', value: { title: 'made' } })
      await write(copy, space, { id: other, op: { t: 'put', at: ['title'], v: 'edited' } })
      await write(copy, space, { id: a, op: text('body', 0, 'other, ') })
      await meet(space, olga, ed)
      copy.disk.crashAfter(writes + 1)
      let isDone = false
      void meet(space, olga, copy)
        .then(() => copy.comesBack())
        .then(() => (isDone = true))
      for (let turn = 0; turn < 5_000 && !isDone && !copy.disk.hasCrashed; turn++)
        await new Promise((resolve) => setTimeout(resolve, 2))
      crashed = copy.disk.hasCrashed
      copy.disk.crashAfter(Infinity)
      await copy.again()
      await become(space, olga, copy, ed)
      for (const someone of [olga, ed, copy]) {
        assert.equal(bodyOf(someone, a), 'other, before, one', `after ${writes} writes`)
        assert.equal(
          someone.halo.get(space)!.devicesOf(ed.halo.identity.id).length,
          3,
          `after ${writes} writes`,
        )
        assert.deepEqual(valueOf(someone, other), { title: 'edited' })
        assert.deepEqual(someone.echo.damage, [])
      }
    }
    assert.equal(writes > 5, true, 'the power failed at every write, and there are several')
  })
})

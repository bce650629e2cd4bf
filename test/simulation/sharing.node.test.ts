/** A space that several devices write in: what each shows, and what becomes of what does not count. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import type { Item } from '../../worker/protocol/rpc.js'
import type { Role } from '../../worker/protocol/rpc.js'
import { documentsOf } from './oracle.js'
import { freshDevices } from './fresh-devices.js'
import { admit, Device, meet, tell, tellLog } from './people-and-feeds.js'

const { fresh, keep } = freshDevices(500)
async function shared(role: Role = 'editor') {
  const [olga, ed] = [await fresh(), await fresh()]
  const { id } = await olga.halo.createSpace('Kitchen')
  await admit(olga, id, ed, role)
  await meet(id, olga, ed)
  return { olga, ed, id }
}
const counts = new WeakMap<object, number>()
/** One batch, durable when it resolves. */
async function write({ life }: Device, space: SpaceId, ...items: Item[]): Promise<void> {
  const n = (counts.get(life) ?? 0) + 1
  counts.set(life, n)
  life.echo.accept(life.client, n, space, items)
  await life.echo.settled()
}
const id = () => newId<ObjectId>()
const text = (at: string, i: number, v: string, n = 0) => ({ t: 'text', at: [at], i, n, v }) as const
const valueOf = ({ echo }: Device, object: ObjectId) => echo.record(object)?.value
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
    const [a, b] = [id(), id()]
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
    const a = id()
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
    const a = id()
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
    const a = id()
    await write(olga, space, { id: a, type: 'note', value: { body: { '@text': 'world' } } })
    await meet(space, olga, ed)
    await write(olga, space, { id: a, op: text('body', 0, 'hello ') })
    // Typed here, and shown; what Olga has written arrives before it is durable.
    const coming = tell(space, olga, ed)
    ed.life.echo.accept(ed.life.client, (counts.get(ed.life) ?? 0) + 1, space, [
      { id: a, op: text('body', 5, '!') },
    ])
    counts.set(ed.life, (counts.get(ed.life) ?? 0) + 1)
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
      () => ed.life.echo.accept(ed.life.client, 1, space, [{ id: id(), type: 'x', value: {} }]),
      /may read this space/,
    )
    const a = id()
    await write(olga, space, { id: a, type: 'note', value: {} })
    await olga.halo.setRole(space, ed.halo.identity.id, 'editor')
    await meet(space, olga, ed)
    assert.deepEqual(valueOf(ed, a), {})
  })

  it('takes out what was written beyond a removal, and leaves what was before it', async () => {
    const { olga, ed, id: space } = await shared()
    const [a, b] = [id(), id()]
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
    const [a, b] = [id(), id()]
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

describe('a removal that a device hears of', () => {
  async function heardOfEdFirst() {
    const { olga, ed, id: space } = await shared()
    const rita = await fresh()
    await admit(olga, space, rita, 'editor')
    await meet(space, olga, ed, rita)
    const a = id()
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
    const a = id()
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
  it('loses nothing when both copies were used and meet, and the fork is shown', async () => {
    const { olga, ed, id: space } = await shared()
    const a = id()
    await write(ed, space, { id: a, type: 'note', value: { body: { '@text': 'before' } } })
    await meet(space, olga, ed)
    const copy = keep(await ed.copy())
    await write(ed, space, { id: id(), type: 'note', value: { title: 'by the one' } })
    await write(copy, space, { id: id(), type: 'note', value: { title: 'by the other' } })
    await tell(space, ed, olga)
    await olga.echo.exchange.receive(space, await copy.echo.exchange.entriesOf(space, ed.halo.device))
    const { device } = ed.halo
    assert.deepEqual(await quarantineOf(olga), [{ space, device, entries: 2, reason: 'forked' }])
    assert.deepEqual(olga.echo.asides.forks, [{ space, device, seq: 2 }])
    assert.equal(bodyOf(olga, a), 'before')
  })
})

/** Who tabs are told made a change: a tab of the device, another device of the same identity, or another member. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { newId, type ObjectId, type SpaceId } from '../../worker/protocol/ids.js'
import type { Op } from '../../worker/protocol/operations.js'
import type { Author } from '../../worker/protocol/rpc.js'
import { freshDevices } from './fresh-devices.js'
import { admit, meet, tell, type Device } from './people-and-feeds.js'
import { RawTab } from './raw-tab.js'
import { write } from './writing.js'

const { fresh } = freshDevices(9_000)
const put = (field: string): Op => ({ t: 'put', at: [field], v: 1 })
const tabs: RawTab[] = []
after(() => tabs.forEach((tab) => tab.close()))

/** A tab of the device that shows the object. */
async function watching({ life }: Device, id: ObjectId) {
  const tab = new RawTab(life.planes)
  tabs.push(tab)
  tab.say({ t: 'load', q: 1, id })
  await tab.hears('loaded')
  /** Of the change of one field: who the tab is told made it. */
  const author = async (field: string): Promise<Author | undefined> =>
    (await tab.hears('ops', ({ ops }) => ops.some((op) => op.t === 'put' && op.at[0] === field))).from
  return author
}

/** All that one lacks of another, in one piece. */
async function tellAtOnce(space: SpaceId, from: Device, to: Device): Promise<void> {
  const all: Uint8Array[] = []
  const holdings = await to.echo.exchange.holdings(space)
  for await (const entries of from.echo.exchange.lackedBy(space, holdings)) all.push(...entries)
  await to.echo.exchange.receive(space, all)
}

async function kitchen() {
  const [olga, ed] = [await fresh(), await fresh()]
  const { id: space } = await olga.halo.createSpace('Kitchen')
  await admit(olga, space, ed, 'editor')
  const id = newId<ObjectId>()
  await write(olga, space, { id, type: 'note', value: {} })
  await meet(space, olga, ed)
  return { olga, ed, space, id }
}

describe('a tab hears', () => {
  it('which device of another member made a change, and nothing of the kind of what another tab made', async () => {
    const { olga, ed, space, id } = await kitchen()
    const author = await watching(olga, id)
    await write(ed, space, { id, op: put('his') })
    await meet(space, olga, ed)
    assert.deepEqual(await author('his'), ['member', ed.halo.device])
    await write(olga, space, { id, op: put('hers') })
    assert.equal(await author('hers'), undefined)
  })

  it('that another device of the same identity made it', async () => {
    const [computer, phone] = [await fresh(), await fresh()]
    const space = computer.halo.identity.id as string as SpaceId
    await computer.halo.admissions.admitDevice(await phone.halo.admissions.offer(computer.halo.identity.id))
    await phone.halo.admissions.become(computer.halo.admissions.entriesOf(space))
    const id = newId<ObjectId>()
    await write(computer, space, { id, type: 'note', value: {} })
    await meet(space, computer, phone)
    const author = await watching(computer, id)
    await write(phone, space, { id, op: put('there') })
    await meet(space, computer, phone)
    assert.deepEqual(await author('there'), ['device', phone.halo.device])
  })

  it('of several whose changes of one object come together, the last', async () => {
    const { olga, ed, space, id } = await kitchen()
    const zoe = await fresh()
    await admit(olga, space, zoe, 'editor')
    await meet(space, olga, ed, zoe)
    const author = await watching(olga, id)
    await write(ed, space, { id, op: put('first') })
    await tell(space, ed, zoe)
    await write(zoe, space, { id, op: put('second') })
    await tellAtOnce(space, zoe, olga)
    assert.deepEqual(await author('first'), ['member', zoe.halo.device])
    assert.deepEqual(await author('second'), ['member', zoe.halo.device])
  })

  it('of each its own, where two made changes one after the other, in one frame or not', async () => {
    const { olga, ed, space, id } = await kitchen()
    const zoe = await fresh()
    await admit(olga, space, zoe, 'editor')
    await meet(space, olga, ed, zoe)
    const author = await watching(olga, id)
    await write(ed, space, { id, op: put('first') })
    await write(zoe, space, { id, op: put('second') })
    await tell(space, ed, olga)
    await tell(space, zoe, olga)
    assert.deepEqual(await author('first'), ['member', ed.halo.device])
    assert.deepEqual(await author('second'), ['member', zoe.halo.device])
  })
})

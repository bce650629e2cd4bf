import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type DeviceId, type ObjectId, type SpaceId } from '../protocol/ids.js'
import type { Op } from '../protocol/operations.js'
import { applyItems } from './editing.js'
import type { Keeper } from './keeper.js'
import { Space } from './space.js'

function spaceWith(id: ObjectId): Space {
  const keeper = { id: 'space' as SpaceId, device: 'device' as DeviceId } as Keeper
  const space = new Space(keeper)
  const value = { body: { '@text': 'short' }, list: [1, 2] }
  applyItems(space, [{ id, type: 'note', value }], 0, () => false)
  return space
}

describe('an edit of a batch', () => {
  for (const op of [
    { t: 'text', at: ['body'], i: 6, n: 0, v: 'x' },
    { t: 'text', at: ['body'], i: 3, n: 3, v: '' },
    { t: 'list', at: ['list'], i: 1, n: 2, v: [] },
  ] satisfies Op[])
    it(`past the end of a ${op.t} is refused with its whole batch, and not acknowledged as one that changed nothing`, () => {
      const id = newId<ObjectId>()
      const space = spaceWith(id)
      const before = space.rows.get(id)!.record
      const first = { id, op: { t: 'put', at: ['title'], v: 'new' } } as const
      assert.throws(() => applyItems(space, [first, { id, op }], 1, () => false), { code: 'echo/lost-base' })
      assert.equal(space.rows.get(id)!.record, before)
    })

  it('whose target is not there any more changes nothing, and is no failure', () => {
    const id = newId<ObjectId>()
    const space = spaceWith(id)
    const op = { t: 'text', at: ['gone'], i: 3, n: 0, v: 'x' } as const
    assert.deepEqual(applyItems(space, [{ id, op }], 1, () => false).placed, [])
  })
})

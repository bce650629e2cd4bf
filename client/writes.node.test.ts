import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../worker/protocol/ids.js'
import { apply } from '../worker/protocol/operations.js'
import type { TabMessage } from '../worker/protocol/rpc.js'
import { ObjectTable } from './objects.js'
import { Writes } from './writes.js'

const at = ['text']
const space = 'space' as SpaceId

describe('edits of one text, some sent and some made while the worker changes', () => {
  it('are all there once, where they were made', () => {
    const table = new ObjectTable(newId<ClientId>())
    const sent: TabMessage[] = []
    const refused: string[] = []
    const writes = new Writes(
      table,
      (message) => sent.push(message),
      (_, error) => refused.push(error.code),
      () => undefined,
    )
    const id = newId<ObjectId>()
    const value = { text: { '@text': 'abcdef' } }
    const asStored = () => table.received([space, 'note', 'device' as DeviceId], [id, value, 1, 0, 0, false])
    asStored()
    const object = table.get(id)!
    const type = (i: number, v: string) =>
      writes.batch(() => writes.write(object, [{ t: 'text', at, i, n: 0, v }]))

    type(6, 'X')
    writes.restart(0)
    type(2, 'Y')
    asStored()
    sent.length = 0
    writes.resume(0)

    const shown = (object.view['text'] as { '@text': string })['@text']
    assert.equal(shown, 'abYcdefX')
    let worker: object = value
    for (const message of sent)
      if (message.t === 'batch')
        for (const item of message.items) if ('op' in item) worker = apply(worker as typeof value, item.op)
    assert.deepEqual(worker, { text: { '@text': 'abYcdefX' } })
    assert.deepEqual(refused, [])
  })
})

import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { HearthError } from '../worker/protocol/errors.js'
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../worker/protocol/ids.js'
import { apply } from '../worker/protocol/operations.js'
import type { TabMessage } from '../worker/protocol/rpc.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import { ObjectTable } from './objects.js'
import { Writes, type Batch } from './writes.js'

const at = ['text']
const space = 'space' as SpaceId

/** Alice's tab with one text, and a worker that the test plays. */
function alice() {
  const table = new ObjectTable(newId<ClientId>())
  const sent: TabMessage[] = []
  const refused: Batch[] = []
  const writes = new Writes(
    table,
    (message) => sent.push(message),
    (batch) => refused.push(batch),
    () => undefined,
  )
  const id = newId<ObjectId>()
  /** The worker says what there is. */
  const stored = (text: string) =>
    table.received([space, 'note', 'device' as DeviceId], [id, { text: { '@text': text } }, 1, 0, 0, false])
  stored('abcdef')
  const object = table.get(id)!
  return {
    ...{ writes, sent, refused, object, stored },
    shown: () => textOf(object.view),
    type: (i: number, v: string) => writes.batch(() => writes.write(object, [{ t: 'text', at, i, n: 0, v }])),
    bobTypes: (i: number, v: string) =>
      object.received([{ t: 'text', at, i, n: 0, v }], 0, newId<ClientId>()),
    /** What a worker with this text makes of what was sent. */
    sentTo(text: string) {
      let value: StoredRecord = { text: { '@text': text } }
      for (const message of sent)
        if (message.t === 'batch')
          for (const item of message.items) if ('op' in item) value = apply(value, item.op)
      return textOf(value)
    },
  }
}

const textOf = (value: StoredRecord) => (value['text'] as { '@text': string })['@text']

describe('edits of one text, some sent and some made while the worker changes', () => {
  it('are all there once, where they were made', () => {
    const { writes, sent, refused, type, stored, shown, sentTo } = alice()
    type(6, 'X')
    writes.restart(0)
    type(2, 'Y')
    stored('abcdef')
    sent.length = 0
    writes.resume(0)

    assert.equal(shown(), 'abYcdefX')
    assert.equal(sentTo('abcdef'), 'abYcdefX')
    assert.deepEqual(refused, [])
  })

  it('are where they were made, although the worker took what Bob typed between them with it', () => {
    const { writes, sent, refused, type, bobTypes, stored, shown, sentTo } = alice()
    type(6, 'X')
    writes.applied(1, 0, [])
    bobTypes(0, 'Bob')
    type(3, 'Y')
    writes.applied(2, 0, [])
    assert.equal(shown(), 'BobYabcdefX')
    type(11, 'Z')
    writes.restart(0)
    stored('abcdef')
    sent.length = 0
    writes.resume(0)

    assert.equal(shown(), 'YabcdefXZ')
    assert.equal(sentTo('abcdef'), 'YabcdefXZ')
    assert.deepEqual(refused, [])
  })

  it('are there once, if they were durable before the tab heard that they were applied', () => {
    const { writes, sent, type, stored, shown, sentTo } = alice()
    type(6, 'X')
    type(7, 'Y')
    writes.restart(1)
    stored('abcdefX')
    sent.length = 0
    writes.resume(1)

    assert.equal(shown(), 'abcdefXY')
    assert.equal(sentTo('abcdefX'), 'abcdefXY')
    assert.equal(writes.unsaved, 1)
  })
})

describe('edits that were applied and then taken back', () => {
  it('can be written again, each where it was made', () => {
    const { writes, refused, type, bobTypes, stored, shown } = alice()
    type(6, 'X')
    writes.applied(1, 0, [])
    type(0, 'Y')
    writes.applied(2, 0, [])
    bobTypes(8, '!')
    type(0, 'Z')
    writes.applied(3, 0, [])
    assert.equal(shown(), 'ZYabcdefX!')
    for (const n of [1, 2, 3]) writes.refused(n, new HearthError('store/quota'))
    stored('abcdef')
    assert.equal(shown(), 'abcdef')
    assert.equal(refused.length, 3)
    for (const batch of refused) writes.again(batch, space)
    assert.equal(shown(), 'ZYabcdefX')
  })

  it('leave nothing behind in memory once they are durable', () => {
    const { writes, sent, object, type } = alice()
    for (let i = 0; i < 5_000; i++) type(6 + i, 'x')
    while (sent.length < 5_000) writes.applied(sent.length, 0, [])
    writes.applied(5_000, 0, [])
    assert.equal(object.ledger?.unsaved, 5_000)
    writes.durable(5_000)
    assert.equal(object.ledger, undefined)
    assert.equal(writes.unsaved, 0)
  })
})

describe('who waits until much is durable', () => {
  it('waits as long as the worker goes on, and hears when it has said nothing for the limit', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    try {
      const { writes, type } = alice()
      for (let i = 0; i < 3; i++) type(6, 'x')
      const others = 'written after it was asked for'
      let end: unknown
      const waiting = writes.settled(undefined, 1_000).then(
        () => (end = 'durable'),
        (e: { code: string }) => (end = e.code),
      )
      const turn = async (ms: number) => {
        mock.timers.tick(ms)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await turn(900)
      writes.applied(1, 0, [])
      await turn(900)
      writes.durable(1)
      await turn(1_100)
      writes.applied(3, 0, [])
      await turn(900)
      assert.equal(end, undefined)
      type(6, others)
      await turn(900)
      writes.applied(4, 0, [])
      await turn(1_000)
      assert.equal(end, 'rpc/worker-gone')
      await waiting
    } finally {
      mock.timers.reset()
    }
  })
})

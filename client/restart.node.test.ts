import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../worker/protocol/ids.js'
import { HearthError, toWire } from '../worker/protocol/errors.js'
import type { TabMessage } from '../worker/protocol/rpc.js'
import type { StoredText } from '../worker/protocol/values.js'
import { ObjectTable } from './objects.js'
import { Query } from './query.js'
import { Writes, type Batch } from './writes.js'

const at = ['text']
const space = 'space' as SpaceId

/** A tab of which the worker is played by the test. */
function tab() {
  const table = new ObjectTable(newId<ClientId>())
  const sent: TabMessage[] = []
  const refused: Batch[] = []
  const codes: string[] = []
  const writes = new Writes(
    table,
    (message) => sent.push(message),
    (batch, { code }) => void (refused.push(batch), codes.push(code)),
    () => undefined,
  )
  const store = (id: ObjectId, text: string, order = 1) =>
    table.received([space, 'note', 'device' as DeviceId], [id, note(text), order, 0, 0, false])
  const type = (id: ObjectId, i: number, v: string) =>
    writes.batch(() => writes.write(table.get(id)!, [{ t: 'text', at, i, n: 0, v }]))
  const make = (id: ObjectId, text: string) =>
    writes.batch(() => writes.create(table.create(id, space, 'note', note(text))))
  const shown = (id: ObjectId) => (table.get(id)?.current?.value['text'] as StoredText | undefined)?.['@text']
  return { table, writes, sent, refused, codes, store, type, make, shown }
}
const note = (text: string) => ({ text: { '@text': text } })
const id = newId<ObjectId>()
const other = newId<ObjectId>()
const full = new HearthError('store/quota')

describe('while a new worker is asked what it has, Alice’s view', () => {
  it('keeps what she typed, shown as stored or not, at every step', () => {
    const { table, writes, store, type, shown } = tab()
    store(id, 'abc')
    const views: (string | undefined)[] = []
    table.listeners.add(() => views.push(shown(id)))
    type(id, 3, 'X')
    writes.applied(1, 0, [])
    type(id, 4, 'Y')
    writes.restart(0)
    // Bob’s, which was durable.
    store(id, 'Bob abc')
    table.get(id)!.received([{ t: 'text', at, i: 0, n: 0, v: '!' }], 0, newId<ClientId>())
    writes.resume(0)
    assert.equal(shown(id), '!Bob abcXY')
    for (const view of views.slice(1)) assert.match(view ?? '', /X/)
  })

  it('keeps an object that only she has', () => {
    const { table, writes, sent, make, type, shown } = tab()
    make(id, 'mine')
    writes.applied(1, 0, [[id, 1]])
    type(id, 4, '!')
    const views: (string | undefined)[] = []
    table.listeners.add(() => views.push(shown(id)))
    writes.restart(0)
    table.get(id)!.replace(undefined)
    // That worker goes, too.
    writes.restart(0)
    table.get(id)!.replace(undefined)
    sent.length = 0
    writes.resume(0)
    assert.deepEqual(new Set(views), new Set(['mine!']))
    assert.deepEqual(
      sent.map((message) => message.t === 'batch' && message.items.map((item) => 'op' in item)),
      [[false], [true]],
    )
  })
})

describe('a batch that throws while a new worker is asked', () => {
  it('leaves nothing in Alice’s view, of what is new and of what was there', () => {
    const { table, writes, codes, store, type, shown } = tab()
    store(id, 'abc')
    type(id, 3, 'X')
    writes.restart(0)
    assert.throws(() =>
      writes.batch(() => {
        writes.create(table.create(other, space, 'note', note('new')))
        writes.write(table.get(id)!, [{ t: 'text', at, i: 0, n: 0, v: 'Y' }])
        throw new Error('of the app')
      }),
    )
    assert.deepEqual([shown(other), shown(id)], [undefined, 'abcX'])
    assert.deepEqual(
      [...table.pending].map((object) => object.id),
      [id],
    )
    store(id, 'abc')
    writes.resume(0)
    assert.equal(shown(id), 'abcX')
    assert.deepEqual(codes, [])
  })
})

describe('a refusal', () => {
  it('that Alice’s tab slept through reaches her when it wakes', () => {
    const { writes, codes, store, type, shown } = tab()
    store(id, 'abc')
    store(other, 'abc')
    type(id, 3, 'X')
    type(other, 3, 'Y')
    writes.applied(2, 0, [])
    writes.restart(2, [[1, toWire(full)]])
    store(id, 'abc')
    writes.resume(2)
    assert.deepEqual(codes, ['store/quota'])
    assert.deepEqual([shown(id), shown(other)], ['abc', 'abcY'])
    assert.equal(writes.unsaved, 0)
    // Told once more, and she has begun to write again.
    type(id, 3, 'Z')
    writes.restart(2, [[1, toWire(full)]])
    store(id, 'abc')
    writes.resume(2)
    assert.deepEqual(codes, ['store/quota'])
    assert.equal(shown(id), 'abcZ')
  })

  it('of several writes on top of each other can be retried in the order in which they were made', () => {
    const { table, writes, refused, codes, make, type, shown } = tab()
    make(id, 'a')
    type(id, 1, 'b')
    type(id, 2, 'c')
    writes.applied(3, 0, [[id, 1]])
    for (const n of [1, 2, 3]) writes.refused(n, full)
    table.get(id)!.replace(undefined)
    for (const batch of refused.splice(0)) writes.again(batch, space)
    assert.equal(shown(id), 'abc')
    // There is still no room; then there is.
    writes.applied(6, 0, [[id, 1]])
    for (const n of [4, 5, 6]) writes.refused(n, full)
    table.get(id)!.replace(undefined)
    for (const batch of refused.splice(0)) writes.again(batch, space)
    assert.equal(shown(id), 'abc')
    assert.deepEqual(new Set(codes), new Set(['store/quota']))
  })

  it('of a new object takes it out of what Alice’s queries show', () => {
    const { table, writes, make } = tab()
    const open = new Map<number, Query<object>>()
    const context = { table, writes, open, send: () => undefined, next: () => 1, check: () => undefined }
    const query = new Query(context, {})
    table.listeners.add((object) => query.touched(object))
    query.subscribe(() => undefined)
    query.receive({ t: 'result', q: 1, ids: [], total: 0 })
    make(id, 'mine')
    assert.equal(query.value.length, 1)
    writes.refused(1, new HearthError('echo/unknown-space'))
    assert.equal(query.value.length, 0)
    query.close()
  })
})

/** Of the objects of a space, Hearth's own are known without going through all. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ObjectId } from '../protocol/ids.js'
import { HOST_TYPE, PASSKEY_TYPE } from '../protocol/own-types.js'
import { Row } from './row.js'
import { Rows } from './rows.js'

const row = (id: ObjectId, type: string) => new Row({ id, type, value: {} } as never, 0, 2)

describe('the objects of a space', () => {
  it('are all there, and of these Hearth’s own once more', () => {
    const rows = new Rows()
    const [note, host, passkey] = [newId<ObjectId>(), newId<ObjectId>(), newId<ObjectId>()]
    rows.set(note, row(note, 'note')).set(host, row(host, HOST_TYPE)).set(passkey, row(passkey, PASSKEY_TYPE))
    assert.deepEqual([...rows.keys()], [note, host, passkey])
    assert.deepEqual([...rows.own.keys()], [host, passkey])
    assert.equal(rows.own.get(host), rows.get(host))
  })

  it('are no longer among these when they are deleted, or are of another type', () => {
    const rows = new Rows()
    const [one, two, three] = [newId<ObjectId>(), newId<ObjectId>(), newId<ObjectId>()]
    for (const id of [one, two, three]) rows.set(id, row(id, HOST_TYPE))
    rows.delete(one)
    rows.set(two, row(two, 'note'))
    assert.deepEqual([...rows.own.keys()], [three])
    rows.clear()
    assert.deepEqual([rows.size, rows.own.size], [0, 0])
  })
})

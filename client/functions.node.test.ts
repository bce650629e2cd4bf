/** Who an app is told made a change: a tab of which the worker is played by the test. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId, type ClientId, type DeviceId, type ObjectId, type SpaceId } from '../worker/protocol/ids.js'
import type { Author } from '../worker/protocol/rpc.js'
import { on } from './functions.js'
import { rootOf } from './nodes.js'
import { ObjectTable } from './objects.js'
import { Writes } from './writes.js'

const phone = 'phone' as DeviceId
const bobs = 'Bob’s' as DeviceId

/** A note that Carol made, on Alice's computer. */
function alice() {
  const table = new ObjectTable(newId<ClientId>())
  table.device = 'computer'
  const quiet = () => undefined
  const id = newId<ObjectId>()
  const received = (title: string) =>
    table.received(['space' as SpaceId, 'note', 'Carol’s' as DeviceId], [id, { title }, 1, 0, 0, false])
  received('new')
  const object = table.get(id)!
  const { live } = rootOf(object, new Writes(table, quiet, quiet, quiet))
  const heard: string[] = []
  const stop = on(live, ({ changes, origin, by }) =>
    heard.push(`${origin} ${by}: ${changes.map(({ kind, path }) => [kind, ...path].join(' ')).join(', ')}`),
  )
  const edit = (field: string, from?: Author) =>
    object.received([{ t: 'put', at: [field], v: 1 }], 0, newId<ClientId>(), from)
  return { note: live as Record<string, unknown>, table, edit, received, heard, stop }
}
const microtask = () => Promise.resolve()

describe('a change', () => {
  it('is of this tab, another tab, another device or another member, each with the device that made it', async () => {
    const { note, edit, heard } = alice()
    note['title'] = 'mine'
    edit('a')
    edit('b', ['device', phone])
    edit('c', ['member', bobs])
    await microtask()
    assert.deepEqual(heard, [
      'here computer: set title',
      'tab computer: set a',
      'device phone: set b',
      'member Bob’s: set c',
    ])
  })

  it('is told with those before it only if the same device made them, in the same way', async () => {
    const { note, edit, heard } = alice()
    edit('a', ['member', bobs])
    edit('b', ['member', bobs])
    edit('c', ['member', 'Carol’s' as DeviceId])
    note['title'] = 'mine'
    edit('d')
    await microtask()
    assert.deepEqual(heard, [
      'member Bob’s: set a, set b',
      'member Carol’s: set c',
      'here computer: set title',
      'tab computer: set d',
    ])
  })

  it('is of this device, if the whole object is read anew', async () => {
    const { received, heard } = alice()
    received('again')
    await microtask()
    assert.deepEqual(heard, ['tab computer: replace'])
  })

  it('is of the device that this was when it was made', async () => {
    const { note, table, heard } = alice()
    note['title'] = 'mine'
    table.device = 'another'
    await microtask()
    assert.deepEqual(heard, ['here computer: set title'])
  })

  it('is not told to who has stopped meanwhile', async () => {
    const { edit, heard, stop } = alice()
    edit('a', ['device', phone])
    stop()
    await microtask()
    assert.deepEqual(heard, [])
  })
})

/** Several tabs edit the same objects at once, each on a state that is a little old. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { ObjectId } from '../../worker/protocol/ids.js'
import { isList, isText, type StoredRecord } from '../../worker/protocol/values.js'
import { Random, setting } from '../e2e/random.js'
import { Life } from './device.js'
import { Disk } from './disk.js'
import { documentsOf } from './oracle.js'
import { randomId, randomOp } from './script.js'
import { SimulatedTab } from './tab.js'

const SEED = setting('HEARTH_SEED', 41)
const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const open: SimulatedTab[] = []
function tabOf({ planes }: Life, random: Random): SimulatedTab {
  const tab = new SimulatedTab(planes, random)
  open.push(tab)
  return tab
}
// Whatever a test says: an open port would keep the process.
afterEach(() => open.splice(0).forEach((tab) => tab.close()))

/** However long the machine takes: what is edited before it is there is not edited. */
async function load(tab: SimulatedTab, id: ObjectId): Promise<void> {
  tab.load(id)
  for (let turn = 0; turn < 500 && !tab.get(id)?.current; turn++) await settle(10)
}

const isQuiet = (tabs: readonly SimulatedTab[], id: ObjectId, value: StoredRecord) =>
  tabs.every((tab) => tab.writes.unsaved === 0 && isDeepStrictEqual(tab.get(id)?.view, value))

const first: StoredRecord = {
  title: 'plain',
  notes: { '@text': 'some shared words 🙂 here' },
  list: ['a', 'b', { deep: { '@text': 'inner' }, n: 1 }, 'd', ['x', 'y']],
  count: 0,
}

for (let script = 0; script < setting('HEARTH_SCRIPTS', 6); script++) {
  test(`three tabs that edit at once, and documents, end the same (script ${script})`, async () => {
    const random = new Random(SEED + script)
    const disk = new Disk()
    const device = await Life.begin(disk, random)
    const tabs = [0, 1, 2].map(() => tabOf(device, random))
    const id = randomId(random)
    tabs[0]!.add(device.space, id, first)
    await settle(20)
    for (const tab of tabs.slice(1)) await load(tab, id)
    for (let i = 0; i < 150; i++) {
      random.pick(tabs).edit(id, (view) => randomOp(random, view))
      // Each a batch of its own, and many in one frame.
      if (random.next() < 0.7) await undefined
      if (random.next() < 0.3) await settle(random.between(0, 3))
    }
    // What is said takes as long as the machine takes; that it ends the same does not.
    for (let turn = 0; turn < 200 && !isQuiet(tabs, id, device.echo.record(id)!.value); turn++)
      await settle(50)
    const record = device.echo.record(id)!
    for (const [i, tab] of tabs.entries()) {
      assert.deepEqual(tab.refused, [], `tab ${i}`)
      assert.equal(tab.writes.unsaved, 0, `tab ${i} has unsaved edits`)
      assert.deepStrictEqual(tab.get(id)!.record!.value, record.value, `what tab ${i} has as confirmed`)
      assert.deepStrictEqual(tab.get(id)!.view, record.value, `what tab ${i} shows`)
    }
    assert.deepStrictEqual((await documentsOf(disk)).get(id)!.value, record.value, 'the document')
    device.stop()
  })
}

test('two tabs that type in one text at once lose no character, and each keeps its word whole', async () => {
  const random = new Random(SEED)
  const device = await Life.begin(new Disk(), random)
  const [a, b] = [tabOf(device, random), tabOf(device, random)]
  const id = randomId(random)
  a.add(device.space, id, { notes: { '@text': '--' }, list: [] })
  await settle(20)
  await load(b, id)
  const type = async (tab: SimulatedTab, word: string) => {
    let last = ''
    for (const letter of word) {
      tab.edit(id, (view) => {
        const text = isText(view['notes']) ? view['notes']['@text'] : ''
        const at = last ? text.indexOf(last) + last.length : text.length
        last += letter
        return { t: 'text', at: ['notes'], i: at, n: 0, v: letter }
      })
      tab.edit(id, (view) => ({
        ...{ t: 'list', at: ['list'], n: 0, v: [letter] },
        i: isList(view['list']) ? view['list'].length : 0,
      }))
      await settle(random.between(0, 3))
    }
  }
  await Promise.all([type(a, 'ABCDEFGHIJ'), type(b, 'klmnopqrst')])
  for (let turn = 0; turn < 200 && !isQuiet([a, b], id, device.echo.record(id)!.value); turn++)
    await settle(50)
  const { notes, list } = a.get(id)!.view as { notes: { '@text': string }; list: string[] }
  assert.deepStrictEqual(b.get(id)!.view, a.get(id)!.view)
  assert.match(notes['@text'], /ABCDEFGHIJ/)
  assert.match(notes['@text'], /klmnopqrst/)
  assert.equal(notes['@text'].length, 22)
  assert.equal(list.length, 20)
  device.stop()
})

test('a tab that types faster than it is heard, and one that types into it, end the same', async () => {
  const random = new Random(SEED)
  const disk = new Disk()
  const device = await Life.begin(disk, random)
  const [a, b] = [tabOf(device, random), tabOf(device, random)]
  const id = randomId(random)
  a.add(device.space, id, { notes: { '@text': '' } })
  await settle(20)
  await load(b, id)
  const keys = async (tab: SimulatedTab, count: number, letter: string, pause: number) => {
    for (let i = 0; i < count; i++) {
      tab.edit(id, (view) => {
        const { length } = (view['notes'] as { '@text': string })['@text']
        const at = random.between(Math.max(0, length - 3), length)
        const n = random.next() < 0.2 ? Math.min(random.between(0, 3), length - at) : 0
        return { t: 'text', at: ['notes'], i: at, n, v: letter }
      })
      if (random.next() < pause) await settle(random.between(0, 2))
      else await undefined
    }
  }
  await Promise.all([keys(a, 1500, 'a', 0.003), keys(b, 60, 'b', 0.5)])
  for (let turn = 0; turn < 200 && !isQuiet([a, b], id, device.echo.record(id)!.value); turn++)
    await settle(50)
  const { value } = device.echo.record(id)!
  for (const tab of [a, b]) {
    assert.deepEqual(tab.refused, [])
    assert.deepStrictEqual(tab.get(id)!.record!.value, value)
    assert.deepStrictEqual(tab.get(id)!.view, value)
    assert.equal(tab.get(id)!.ledger, undefined, 'nothing is kept of what is durable')
  }
  assert.deepStrictEqual((await documentsOf(disk)).get(id)!.value, value, 'the document')
  device.stop()
})

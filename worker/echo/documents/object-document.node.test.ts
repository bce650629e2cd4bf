import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import fc from 'fast-check'
import type { Op, Path } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import { buildCreation } from './creation.js'
import type { Incoming } from './merging.js'
import { ObjectDocument } from './object-document.js'
import { device, expected, from, intent, object, opFor, record, shuffled } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const runs = Number(process.env['RUNS'] ?? 300)

test('a document shows what apply makes of the same operations, in one flush or in many, loaded or rebuilt', () => {
  fc.assert(
    fc.property(
      record,
      fc.array(fc.array(intent, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
      (value, flushes) => {
        const creation = { id: object, type: 'note', value }
        const open = (more: object) => ObjectDocument.open({ id: object, device: device('alice'), ...more })
        const document = open({ creation })
        let model = { type: 'note', value: value as StoredRecord, gone: false }
        const all: Op[] = []
        const changes: Uint8Array[] = []
        for (const intents of flushes) {
          let changed = false
          const ops = intents.map((intent) => {
            const op = opFor(model.value, intent)
            const before = model
            model = { ...model, value: expected(model.value, op), gone: op.t === 'gone' ? op.v : model.gone }
            // To put what is there already may be a change, since a counter or a conflict may end by it.
            changed ||= model.value !== before.value || model.gone !== before.gone || op.t === 'put'
            return op
          })
          all.push(...ops)
          const made = document.edit(ops, 5)
          if (!changed) assert.deepEqual(made, [])
          changes.push(...made)
          assert.deepStrictEqual(document.materialise(), model)
        }
        const others = {
          saved: open({ saved: document.save() }),
          rebuilt: open({ creation, changes }),
          'once flushed': open({ creation }),
          'flushed one by one': open({ creation }),
        }
        others['once flushed'].edit(all, 5)
        for (const op of all) others['flushed one by one'].edit([op], 5)
        for (const [how, other] of Object.entries(others)) {
          assert.deepStrictEqual(other.materialise(), model, how)
          other.free()
        }
        document.free()
      },
    ),
    { numRuns: runs },
  )
})

test('devices that edit at once and exchange changes in any order show the same, and each edit does what it says', () => {
  const step = fc.record({
    by: fc.nat(2),
    intents: fc.array(intent, { minLength: 1, maxLength: 4 }),
    /** Whose changes the editor takes next, if any, and whether it is loaded anew. */
    other: fc.option(fc.nat(2)),
    reload: fc.boolean(),
  })
  fc.assert(
    fc.property(
      record,
      fc.array(step, { maxLength: 14 }),
      fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
      (value, steps, shuffles) => {
        const creation = { id: object, type: 'note', value }
        const devices = ['alice', 'bob', 'eve'].map((name) => ({
          name,
          document: ObjectDocument.open({ id: object, device: device(name), creation }),
          /** What it made and took, in order: what comes first never depends on what comes later. */
          has: [] as Incoming[],
        }))
        for (const { by, intents, other, reload } of steps) {
          const actor = devices[by]!
          for (const intent of intents) {
            const before = actor.document.materialise()
            const op = opFor(before.value, intent)
            actor.has.push(...from(actor.name, actor.document.edit([op], 5)))
            const after = actor.document.materialise()
            assert.deepStrictEqual(after.value, expected(before.value, op), JSON.stringify(op))
          }
          if (other !== null) {
            actor.document.merge(devices[other]!.has)
            actor.has.push(...devices[other]!.has.filter((one) => !actor.has.includes(one)))
          }
          if (reload) {
            const saved = actor.document.save()
            actor.document.free()
            actor.document = ObjectDocument.open({ id: object, device: device(actor.name), saved })
          }
        }
        const all = [...new Set(devices.flatMap(({ has }) => has))]
        devices.forEach(({ document }, i) => document.merge(shuffled(all, shuffles[i]!)))
        const [first, ...rest] = devices.map(({ document }) => document.materialise())
        for (const other of rest) assert.deepStrictEqual(other, first)
        for (const { document } of devices) {
          assert.deepEqual(document.missing, [])
          document.free()
        }
      },
    ),
    { numRuns: runs },
  )
})

test('a list with concurrent inserts, deletes and moves shows every element that nobody deleted, once', () => {
  const move = fc.record({
    by: fc.nat(2),
    t: fc.constantFrom('move', 'move', 'insert', 'delete', 'put'),
    i: fc.nat(9),
    to: fc.nat(9),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 7 }),
      fc.array(fc.array(move, { maxLength: 6 }), { maxLength: 3 }),
      (length, rounds) => {
        const creation = { id: object, type: 'list', value: { l: Array.from({ length }, (_, n) => ({ n })) } }
        const open = (name: string) => ObjectDocument.open({ id: object, device: device(name), creation })
        const names = ['alice', 'bob', 'eve']
        const documents = names.map(open)
        const alive = new Set(Array.from({ length }, (_, n) => n))
        let fresh = length
        for (const round of rounds) {
          const made = documents.map((document, by) =>
            round
              .filter((edit) => edit.by === by)
              .flatMap(({ t, i, to }) => {
                const list = document.materialise().value['l'] as { n: number }[]
                const at: Path = ['l']
                if (t === 'insert') {
                  alive.add(fresh)
                  return document.edit(
                    [{ t: 'list', at, i: i % (list.length + 1), n: 0, v: [{ n: fresh++ }] }],
                    5,
                  )
                }
                if (list.length === 0) return []
                const [source, target] = [i % list.length, to % list.length]
                const put: Op = { t: 'put', at: ['l', source, 'seen'], v: true }
                if (t === 'put') return document.edit([put], 5)
                if (t === 'move') return document.edit([{ t, at, i: source, to: target }], 5)
                alive.delete(list[source]!.n)
                return document.edit([{ t: 'list', at, i: source, n: 1, v: [] }], 5)
              }),
          )
          const all = made.flatMap((changes, by) => from(names[by]!, changes))
          for (const document of documents) document.merge(all)
          const shown = documents.map((document) => document.materialise().value['l'] as { n: number }[])
          assert.deepStrictEqual(shown[1], shown[0])
          assert.deepStrictEqual(shown[2], shown[0])
          assert.deepStrictEqual(
            shown[0]!.map(({ n }) => n).sort((a, b) => a - b),
            [...alive].sort((a, b) => a - b),
          )
        }
        for (const document of documents) document.free()
      },
    ),
    { numRuns: runs },
  )
})

test('no splice begins or ends inside a surrogate pair, not even right after one that did not', () => {
  const creation = { id: object, type: 'note', value: { t: { '@text': '😀😀' } } }
  const document = ObjectDocument.open({ id: object, device: device('alice'), creation })
  const splice = (i: number, n: number, v: string): Op => ({ t: 'text', at: ['t'], i, n, v })
  const none = [splice(1, 0, 'x'), splice(3, 0, 'x'), splice(0, 1, ''), splice(1, 2, ''), splice(2, 1, 'x')]
  assert.deepEqual(document.edit(none, 1), [])
  document.edit(
    [splice(0, 0, 'a'), splice(2, 0, 'x'), splice(3, 2, 'b'), splice(2, 0, 'x'), splice(4, 0, 'c')],
    2,
  )
  assert.deepEqual(document.materialise().value, { t: { '@text': 'a😀bc' } })
})

test('an element or field that is not there, and what is inside a link, time or text, is no target', () => {
  const link = { '@link': object }
  const value = { link, time: { '@time': 1 }, text: { '@text': 'x' }, list: ['a'], string: 's' }
  const document = ObjectDocument.open({
    id: object,
    device: device('alice'),
    creation: { id: object, type: 'note', value },
  })
  const inside = ['link', 'time', 'text', 'string', 'none'].flatMap((field): Op[] => [
    { t: 'put', at: [field, 'x'], v: 1 },
    { t: 'put', at: [field, 0], v: 1 },
    { t: 'inc', at: [field, 'x'], n: 1 },
    { t: 'list', at: [field], i: 0, n: 0, v: [1] },
  ])
  const reserved: Op[] = ['@type', '@gone', '@text'].map((key) => ({ t: 'put', at: [key], v: 'x' }))
  const outside: Op[] = [
    { t: 'put', at: ['list', 1], v: 1 },
    { t: 'del', at: ['list', 0] },
    { t: 'list', at: ['list'], i: 1, n: 1, v: [1] },
    { t: 'move', at: ['list'], i: 0, to: 1 },
    { t: 'inc', at: ['list', 1], n: 1 },
    { t: 'put', at: [], v: {} },
  ]
  assert.deepEqual(document.edit([...inside, ...reserved, ...outside], 1), [])
  assert.deepEqual(document.materialise(), { type: 'note', value, gone: false })
})

test('removal stands against concurrent edits, and restoring shows them', () => {
  const creation = { id: object, type: 'note', value: { a: 1 } }
  const open = (name: string) => ObjectDocument.open({ id: object, device: device(name), creation })
  const [alice, bob] = [open('alice'), open('bob')]
  const removal = alice.edit([{ t: 'gone', v: true }], 1)
  alice.merge(from('bob', bob.edit([{ t: 'put', at: ['a'], v: 2 }], 2)))
  bob.merge(from('alice', removal))
  const again = open('eve')
  alice.merge(from('eve', again.edit([{ t: 'gone', v: true }], 1)))
  assert.deepEqual(alice.edit([{ t: 'gone', v: true }], 2), [])
  for (const document of [alice, bob])
    assert.deepEqual(document.materialise(), { type: 'note', value: { a: 2 }, gone: true })
  alice.merge(from('bob', bob.edit([{ t: 'gone', v: false }], 3)))
  assert.equal(alice.materialise().gone, true, 'Bob did not know of the other removal')
  alice.edit([{ t: 'gone', v: false }], 4)
  assert.deepEqual(alice.materialise(), { type: 'note', value: { a: 2 }, gone: false })
})

test('creation data, and the change built from it elsewhere, are one change', () => {
  const creation = { id: object, type: 'note', value: { a: 1 } }
  const document = ObjectDocument.open({ id: object, device: device('alice'), creation })
  const heads = document.heads
  assert.deepEqual(document.merge(from('bob', [buildCreation(creation)])), {
    ops: [],
    refused: [],
    waiting: [],
  })
  assert.deepEqual(document.heads, heads)
})

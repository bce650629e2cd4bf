import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import type { Op, Path } from '../../protocol/operations.js'
import type { Stored, StoredRecord } from '../../protocol/values.js'
import { ObjectDocument } from './object-document.js'
import { device, from, object } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

/** What Alice is told of Bob's edits, each list of which is a flush, when she has made her own meanwhile. */
function told(
  value: StoredRecord,
  bobs: readonly (readonly Op[])[],
  alices: readonly Op[] = [],
): readonly Op[] {
  const creation = { id: object, type: 'note', value }
  const [alice, bob] = ['alice', 'bob'].map((name) =>
    ObjectDocument.open({ id: object, device: device(name), creation }),
  )
  alice!.edit(alices, 1)
  const changes = bobs.flatMap((ops) => bob!.edit(ops, 2))
  const { ops, refused, waiting } = alice!.merge(from('bob', changes))
  assert.deepEqual([refused, waiting], [[], []])
  alice!.free()
  bob!.free()
  return ops
}

const put = (at: Path, v: Stored): Op => ({ t: 'put', at, v })

test('what nobody sees is no operation: a value that lost, one that was there, a conversion', () => {
  const value = { a: 1, s: 'same', r: { x: 1 } }
  assert.deepEqual(told(value, [[put(['a'], 2)]], [put(['a'], 3), put(['a'], 4), put(['a'], 5)]), [])
  assert.deepEqual(told(value, [[put(['s'], 'same')]]), [])
  assert.deepEqual(
    told(value, [
      [
        { t: 'inc', at: ['a'], n: 2 },
        { t: 'inc', at: ['a'], n: -2 },
      ],
    ]),
    [],
  )
})

test('counting is told as counting, also where a number became a counter by it', () => {
  const inc = (n: number): Op => ({ t: 'inc', at: ['n'], n })
  assert.deepEqual(told({ n: 5 }, [[inc(2)]], [inc(40)]), [inc(2)])
  assert.deepEqual(told({ l: [5] }, [[{ t: 'inc', at: ['l', 0], n: 2 }]]).at(-1), {
    t: 'inc',
    at: ['l', 0],
    n: 2,
  })
})

test('a keystroke in a long text is a splice of one unit, before and after pairs as well', () => {
  const text = '😀'.repeat(50_000)
  const key = (i: number): Op => ({ t: 'text', at: ['t'], i, n: 0, v: 'x' })
  assert.deepEqual(told({ t: { '@text': text } }, [[key(50_000)]]), [key(50_000)])
  assert.deepEqual(told({ t: { '@text': text } }, [[key(50_000)]], [key(0)]), [key(50_001)])
  const remove: Op = { t: 'text', at: ['t'], i: 2, n: 2, v: '' }
  assert.deepEqual(told({ t: { '@text': text } }, [[remove]]), [remove])
})

test('a string that became text is converted, and then edited', () => {
  const splice: Op = { t: 'text', at: ['s'], i: 1, n: 0, v: 'x' }
  assert.deepEqual(told({ s: 'long' }, [[{ t: 'totext', at: ['s'] }], [splice]]), [
    { t: 'totext', at: ['s'] },
    splice,
  ])
})

test('one element of a long list is told by itself, and one that moved as a move', () => {
  const l = Array.from({ length: 10_000 }, (_, n) => ({ n }))
  const ops: Op[] = [
    { t: 'list', at: ['l'], i: 5000, n: 0, v: [{ n: -1 }] },
    { t: 'list', at: ['l'], i: 5000, n: 1, v: [] },
    put(['l', 5000, 'n'], 'new'),
    put(['l', 5000], null),
  ]
  for (const op of ops) assert.deepEqual(told({ l }, [[op]]), [op])
  const move = (i: number, to: number): Op => ({ t: 'move', at: ['l'], i, to })
  assert.deepEqual(told({ l: [1, 2, 3, 4] }, [[move(0, 3)]]), [move(0, 3)])
  assert.deepEqual(told({ l: [1, 2, 3, 4] }, [[move(3, 0)], [put(['l', 0], 'four')]]), [
    move(3, 0),
    put(['l', 0], 'four'),
  ])
})

test('removal and its end are told once, and edits inside a removed object as well', () => {
  const gone = (v: boolean): Op => ({ t: 'gone', v })
  assert.deepEqual(told({ a: 1 }, [[gone(true)]]), [gone(true)])
  assert.deepEqual(told({ a: 1 }, [[gone(true)]], [gone(true)]), [])
  assert.deepEqual(told({ a: 1 }, [[gone(true)], [gone(false)]]), [])
  assert.deepEqual(told({ a: 1 }, [[put(['a'], 2)]], [gone(true)]), [put(['a'], 2)])
})

test('a record that was replaced is told whole, and what was edited in the old one not at all', () => {
  const replaced = put(['r'], { new: [1, { '@text': 'x' }] })
  assert.deepEqual(told({ r: { x: { y: 1 } } }, [[replaced]], [put(['r', 'x', 'y'], 2)]), [replaced])
  assert.deepEqual(
    told({ r: { x: 1 } }, [[put(['r', 'x'], 2)]], [put(['r'], 'mine'), put(['r'], 'again')]),
    [],
  )
})

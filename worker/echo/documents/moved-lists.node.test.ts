import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm, load } from '@automerge/automerge/slim'
import type { ObjectId } from '../../protocol/ids.js'
import type { Op } from '../../protocol/operations.js'
import type { Stored } from '../../protocol/values.js'
import { ObjectDocument } from './object-document.js'
import { device, from } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const id = 'CCCCCCCCCCCCCCCCCCCCCC' as ObjectId
const at = ['l']
const move = (i: number, to: number): Op => ({ t: 'move', at, i, to })
const put = (i: number, v: Stored): Op => ({ t: 'put', at: [...at, i], v })
const splice = (i: number, n: number, ...v: Stored[]): Op => ({ t: 'list', at, i, n, v })

function group(...l: readonly Stored[]) {
  const open = (name: string) =>
    ObjectDocument.open({
      id,
      device: device(name),
      creation: { id, type: 'list', value: { l } },
    })
  const names = ['alice', 'bob', 'eve']
  const documents = names.map(open)
  return {
    /** Edits of Alice, Bob and Eve that none of them has seen of the others; then all have all. */
    together(...edits: Op[][]) {
      const made = edits.map((ops, i) => from(names[i]!, documents[i]!.edit(ops, 1)))
      documents.forEach((document, i) =>
        document.merge(
          made
            .filter((_, by) => by !== i)
            .reverse()
            .flat(),
        ),
      )
    },
    shows(...expected: readonly Stored[]) {
      for (const document of documents) {
        assert.deepStrictEqual(document.materialise().value, { l: expected })
        const saved = document.save()
        const again = ObjectDocument.open({ id, device: device('dave'), saved })
        assert.deepStrictEqual(again.materialise().value, { l: expected })
        again.free()
      }
    },
    /** What Automerge holds, markers included. */
    raw: () => load<{ l: unknown[] }>(documents[0]!.save()).l,
    list: () => documents.map((document) => document.materialise().value['l'] as Stored[]),
  }
}

test('two who move one element at once: it is there once, in the same place for both', () => {
  const { together, list } = group('a', 'b', 'c', 'd')
  together([move(0, 3)], [move(0, 1)])
  const [first, ...others] = list()
  assert.ok(['b,c,d,a', 'b,a,c,d'].includes(String(first)), String(first))
  for (const other of others) assert.deepEqual(other, first)
})

test('of concurrent moves of one element the greatest operation wins, wherever it moved it', () => {
  for (const [late, early] of [
    [1, 3],
    [3, 1],
  ] as const) {
    const { together, shows } = group('a', 'b', 'c', 'd')
    // More edits, so a greater Lamport count.
    together([put(1, 'x'), put(1, 'y'), put(1, 'b'), move(0, late)], [move(0, early)])
    if (late === 1) shows('b', 'a', 'c', 'd')
    else shows('b', 'c', 'd', 'a')
  }
})

test('markers do not pile up: one for a moved element, none for one that was deleted', () => {
  const { together, shows, raw } = group('a', 'b', 'c')
  together([move(0, 2)], [move(0, 1)])
  assert.equal(raw().length, 5)
  together([move(0, 1), move(1, 0), move(0, 2), move(2, 0)])
  together([], [move(0, 1), move(1, 2), move(2, 1)])
  assert.ok(raw().length <= 6)
  together([splice(0, 3, 'x')])
  assert.equal(raw().length, 1)
  shows('x')
})

test('what one edits inside an element stays with it when another moves it', () => {
  const { together, shows } = group({ n: 1 }, { n: 2 }, { n: 3 })
  together(
    [move(0, 2)],
    [{ t: 'put', at: ['l', 0, 'seen'], v: true }],
    [{ t: 'inc', at: ['l', 0, 'n'], n: 9 }],
  )
  shows({ n: 2 }, { n: 3 }, { n: 10, seen: true })
})

test('a value replaced while its element is moved shows in the new place', () => {
  const { together, shows } = group('a', 'b', 'c')
  together([move(0, 2)], [put(0, 'A')])
  shows('b', 'c', 'A')
  together([put(2, 'B'), move(2, 0)], [put(1, 'C')])
  shows('B', 'b', 'C')
  together([], [], [splice(0, 0, 'x'), move(3, 0)])
  shows('C', 'x', 'B', 'b')
})

test('who deletes an element deletes it wherever it shows', () => {
  const { together, shows } = group('a', 'b', 'c', 'd')
  together([move(0, 3)], [splice(0, 1)])
  shows('b', 'c', 'd')
  together([move(2, 0)], [move(2, 1)], [splice(2, 1)])
  shows('b', 'c')
  together([splice(0, 2, 'x')])
  shows('x')
})

test('elements inserted beside a moved one stand where they were put', () => {
  const { together, shows } = group('a', 'b', 'c')
  together([move(2, 0)])
  together([splice(1, 0, 'x')])
  shows('c', 'x', 'a', 'b')
  together([splice(0, 0, 'first'), splice(5, 0, 'last')])
  shows('first', 'c', 'x', 'a', 'b', 'last')
})

test('lists inside a moved element, and a list that replaces one with moves, have places of their own', () => {
  const { together, shows } = group(['a', 'b', 'c'], 'd')
  together([{ t: 'move', at: ['l', 0], i: 0, to: 2 }, move(0, 1), put(0, 'D')])
  together([{ t: 'put', at: ['l', 1, 2], v: 'A' }], [{ t: 'move', at: ['l', 1], i: 1, to: 0 }])
  shows('D', ['c', 'b', 'A'])
  together([put(1, ['n'])])
  shows('D', ['n'])
})

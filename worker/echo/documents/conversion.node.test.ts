import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { initializeWasm } from '@automerge/automerge/slim'
import type { ObjectId } from '../../protocol/ids.js'
import type { Op, Path } from '../../protocol/operations.js'
import type { StoredRecord } from '../../protocol/values.js'
import { ObjectDocument } from './object-document.js'
import { device, from } from './testing/edits.js'

await initializeWasm(
  readFileSync(createRequire(import.meta.url).resolve('@automerge/automerge/automerge.wasm')),
)

const id = 'BBBBBBBBBBBBBBBBBBBBBB' as ObjectId
const inc = (at: Path, n: number): Op => ({ t: 'inc', at, n })
const type = (at: Path, i: number, v: string): Op[] => [
  { t: 'totext', at },
  { t: 'text', at, i, n: 0, v },
]

/** Two devices with one object. Each `together` is edits that neither has seen of the other. */
function pair(value: StoredRecord) {
  const open = (name: string) =>
    ObjectDocument.open({
      id,
      device: device(name),
      creation: { id, type: 'shared', value },
    })
  const [alice, bob] = [open('alice'), open('bob')]
  return {
    alice,
    bob,
    together(a: readonly Op[], b: readonly Op[]): { byAlice: Uint8Array[]; byBob: Uint8Array[] } {
      const [byAlice, byBob] = [alice.edit(a, 1), bob.edit(b, 2)]
      alice.merge(from('bob', byBob))
      bob.merge(from('alice', byAlice))
      assert.deepStrictEqual(alice.materialise(), bob.materialise())
      assert.deepEqual(alice.heads, bob.heads)
      return { byAlice, byBob }
    },
    shows: (expected: StoredRecord) => assert.deepStrictEqual(alice.materialise().value, expected),
  }
}

test('two who count the same plain number at once lose nothing, and make one conversion', () => {
  const { together, shows } = pair({ n: 5 })
  const { byAlice, byBob } = together([inc(['n'], 2)], [inc(['n'], 40)])
  assert.equal(byAlice.length, 2)
  assert.deepEqual(byAlice[0], byBob[0])
  shows({ n: 47 })
  together([inc(['n'], 1)], [inc(['n'], 1)])
  shows({ n: 49 })
})

test('a field that is not set counts from 0 for both, in the root and in a record made later', () => {
  const { alice, bob, together, shows } = pair({})
  bob.merge(from('alice', alice.edit([{ t: 'put', at: ['r'], v: {} }], 1)))
  together([inc(['n'], 2), inc(['r', 'n'], 3)], [inc(['n'], 4), inc(['r', 'n'], 5)])
  shows({ n: 6, r: { n: 8 } })
})

test('counting starts again after the field was deleted', () => {
  const { together, shows } = pair({})
  for (const total of [7, 7, 7]) {
    together([inc(['n'], 3)], [inc(['n'], 4)])
    shows({ n: total })
    together([{ t: 'del', at: ['n'] }], [])
    shows({})
  }
})

test('a counted field that was overwritten is converted again, on its new value', () => {
  const { together, shows } = pair({ n: 1 })
  together([inc(['n'], 1)], [inc(['n'], 1)])
  together([{ t: 'put', at: ['n'], v: 100 }], [])
  together([inc(['n'], 10)], [inc(['n'], 20)])
  shows({ n: 130 })
  together([{ t: 'put', at: ['n'], v: 'word' }], [])
  together(type(['n'], 0, 'a'), type(['n'], 4, 'z'))
  shows({ n: { '@text': 'awordz' } })
})

test('elements of lists are converted in place, also after their value was replaced', () => {
  const { together, shows } = pair({ l: [1, 'b', 3] })
  together([inc(['l', 0], 1), ...type(['l', 1], 0, 'a')], [inc(['l', 0], 1), ...type(['l', 1], 1, 'c')])
  shows({ l: [3, { '@text': 'abc' }, 3] })
  together(
    [
      { t: 'put', at: ['l', 2], v: 10 },
      { t: 'put', at: ['l', 1], v: 's' },
    ],
    [],
  )
  together(
    [{ t: 'list', at: ['l'], i: 0, n: 0, v: ['new'] }, inc(['l', 3], 1), ...type(['l', 2], 0, 'x')],
    [inc(['l', 2], 1), ...type(['l', 1], 1, 'y')],
  )
  shows({ l: ['new', 3, { '@text': 'xsy' }, 12] })
})

test('a string longer than one turn becomes the same text on both devices', () => {
  const long = 'x' + '😀 und Äpfel, '.repeat(3000)
  const { together, shows } = pair({ s: long, empty: '' })
  const { byAlice, byBob } = together(type(['s'], 0, '<'), type(['s'], long.length, '>'))
  assert.equal(byAlice.length, 4)
  assert.deepEqual(byAlice.slice(0, 3), byBob.slice(0, 3))
  together(type(['empty'], 0, 'a'), type(['empty'], 0, 'a'))
  shows({ s: { '@text': `<${long}>` }, empty: { '@text': 'aa' } })
})

test('a value written in the same flush is converted too', () => {
  const { together, shows } = pair({})
  together(
    [{ t: 'put', at: ['n'], v: 1 }, inc(['n'], 1), { t: 'put', at: ['s'], v: 'b' }, ...type(['s'], 0, 'a')],
    [],
  )
  shows({ n: 2, s: { '@text': 'ab' } })
})

test('what two devices count beyond 2^53 together is a float, which nobody counts on', () => {
  const most = Number.MAX_SAFE_INTEGER
  const { alice, together } = pair({ n: 0, most })
  together([inc(['most'], -most)], [])
  together([inc(['n'], most)], [inc(['n'], most)])
  assert.deepStrictEqual(alice.materialise().value, { n: most * 2, most: 0 })
  assert.deepEqual(alice.edit([inc(['n'], -most)], 1), [])
})

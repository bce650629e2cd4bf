import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { apply } from '../../protocol/operations.js'
import { reorder } from './reorder.js'

const steps = (before: readonly string[], after: readonly string[]) =>
  reorder(before, after, (i) => after[i]!)

test('steps lead from one order of a list to another', () => {
  const some = fc.uniqueArray(fc.constantFrom(...'abcdefghijkl'), { maxLength: 12 })
  fc.assert(
    fc.property(some, some, (before, after) => {
      let value: { readonly l: readonly string[] } = { l: before }
      for (const step of steps(before, after)!) value = apply(value, { ...step, at: ['l'] }) as typeof value
      assert.deepEqual(value.l, after)
    }),
    { numRuns: 2000 },
  )
})

test('an element that moved is one step, in whichever direction', () => {
  assert.deepEqual(steps([...'abcdef'], [...'bcdefa']), [{ t: 'move', i: 0, to: 5 }])
  assert.deepEqual(steps([...'abcdef'], [...'fabcde']), [{ t: 'move', i: 5, to: 0 }])
  assert.deepEqual(steps([...'abc'], [...'abc']), [])
})

test('where most of a long list changed there are no steps', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `${i}`)
  assert.equal(steps(many, [...many].reverse()), undefined)
  assert.equal(steps(many, []), undefined)
  assert.equal(steps([], many), undefined)
})

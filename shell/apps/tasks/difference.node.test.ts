import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { apply, difference, rebase } from './difference.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', '😁', 'é', '🜁'), maxLength: 12 })

test('a difference turns one text into the other and splits no character', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const edit = difference(before, after)
      assert.equal(apply(before, edit), after)
      const { from, removed, inserted } = edit
      // encodeURIComponent throws on half a character.
      for (const part of [before.slice(0, from), before.slice(from, from + removed), inserted])
        encodeURIComponent(part)
    }),
  )
})

test('what Alice types stays whole, and takes nothing of what Bob typed meanwhile', () => {
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), (base, a, b) => {
      const at = (n: number) => [...base].slice(0, n % ([...base].length + 1)).join('').length
      const alice = { from: at(a), removed: 0, inserted: 'ALICE' }
      const now = apply(base, { from: at(b), removed: 0, inserted: 'BOB' })
      const both = apply(now, rebase(alice, base, now))
      assert.equal(both.replace('ALICE', ''), now)
      assert.equal(both.replace('BOB', ''), apply(base, alice))
    }),
  )
})

test('what Alice deletes is gone, and what Bob added before, after or inside stays in place or goes with it', () => {
  const alice = { from: 4, removed: 5, inserted: 'slow' }
  const base = 'the quick fox'
  assert.equal(apply('and the quick fox', rebase(alice, base, 'and the quick fox')), 'and the slow fox')
  assert.equal(apply('the quick foxes', rebase(alice, base, 'the quick foxes')), 'the slow foxes')
  assert.equal(apply('the very fox', rebase(alice, base, 'the very fox')), 'the slow fox')
})

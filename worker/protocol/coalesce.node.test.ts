import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { coalesce } from './coalesce.js'
import { apply, type Op } from './operations.js'
import type { StoredRecord } from './values.js'

const at = ['text']
const key = (i: number, n: number, v: string): Op => ({ t: 'text', at, i, n, v })
const joined = (...ops: Op[]) => {
  const all: Op[] = []
  for (const op of ops) coalesce(all, op)
  return all
}

describe('keys that a person presses one after the other', () => {
  it('are one splice: a word, and what was mistyped in it', () => {
    assert.deepEqual(joined(key(3, 0, 'h'), key(4, 0, 'o'), key(4, 1, ''), key(4, 0, 'i')), [key(3, 0, 'hi')])
  })

  it('are one splice: deleting to the left, to the right, and over both ends of a word', () => {
    assert.deepEqual(joined(key(5, 1, ''), key(4, 1, '')), [key(4, 2, '')])
    assert.deepEqual(joined(key(5, 1, ''), key(5, 1, '')), [key(5, 2, '')])
    assert.deepEqual(joined(key(5, 0, 'abc'), key(4, 6, 'x')), [key(4, 3, 'x')])
  })

  it('stay several where a cursor moved away, or another field was meant', () => {
    const here = key(5, 0, 'a')
    for (const there of [key(7, 0, 'b'), key(3, 1, ''), { ...key(6, 0, 'b'), at: ['other'] } as Op])
      assert.deepEqual(joined(here, there), [here, there])
  })

  it('do not grow without end', () => {
    const ops = joined(...Array.from({ length: 10_000 }, (_, i) => key(i, 0, 'x')))
    assert.ok(ops.length > 1 && ops.length < 10)
  })

  it('make the same text, whatever they are', () => {
    const word = fc.constantFrom('a', 'bc', 'long word', '🙂', '')
    const press = fc.record({ at: fc.nat(), n: fc.nat(4), v: word })
    const run = (start: string, presses: readonly { at: number; n: number; v: string }[]) => {
      let value: StoredRecord = { text: { '@text': start } }
      const ops: Op[] = []
      for (const { at: place, n, v } of presses) {
        const { length } = (value['text'] as { '@text': string })['@text']
        const i = place % (length + 1)
        const op = key(i, Math.min(n, length - i), v)
        const next = apply(value, op)
        // What changes nothing is never told.
        if (next === value) continue
        value = next
        coalesce(ops, op)
      }
      let again: StoredRecord = { text: { '@text': start } }
      for (const op of ops) again = apply(again, op)
      assert.deepEqual(again, value)
    }
    fc.assert(
      fc.property(fc.constantFrom('', 'some 🙂🙂 text', 'x'), fc.array(press, { maxLength: 40 }), run),
    )
  })
})

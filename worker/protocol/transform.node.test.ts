import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { apply, type Op } from './operations.js'
import { mapElement, transform, transformRuns } from './transform.js'
import type { StoredRecord } from './values.js'

const run = (value: StoredRecord, ...ops: readonly Op[]) => ops.reduce(apply, value)
const text = (v: string): StoredRecord => ({ t: { '@text': v } })
const splice = (i: number, n: number, v: string): Op => ({ t: 'text', at: ['t'], i, n, v })
const list = (i: number, n: number, ...v: string[]): Op => ({ t: 'list', at: ['l'], i, n, v })
const move = (i: number, to: number): Op => ({ t: 'move', at: ['l'], i, to })

/** Both orders of two edits made on one state, each second one mapped over the first. */
function both(value: StoredRecord, first: Op, second: Op, right: boolean): [StoredRecord, StoredRecord] {
  return [
    run(value, first, ...transform(second, first, true, right)),
    run(value, second, ...transform(first, second, false, !right)),
  ]
}

describe('an edit mapped over one that it did not know', () => {
  const edit = fc.record({
    at: fc.nat(8),
    n: fc.nat(4),
    v: fc.constantFrom('', 'x', 'yz'),
  })
  it('leads two texts to the same, whichever came first', () => {
    fc.assert(
      fc.property(edit, edit, fc.boolean(), (a, b, right) => {
        const clamp = ({ at, n, v }: typeof a) => splice(at, Math.min(n, 8 - at), v)
        const [x, y] = both(text('abcdefgh'), clamp(a), clamp(b), right)
        assert.deepEqual(x, y)
      }),
      { numRuns: 3000 },
    )
  })
  it('leads two lists to the same, whichever came first', () => {
    fc.assert(
      fc.property(edit, edit, fc.boolean(), (a, b, right) => {
        const clamp = ({ at, n, v }: typeof a) => list(at, Math.min(n, 8 - at), ...v)
        const [x, y] = both({ l: [...'abcdefgh'] }, clamp(a), clamp(b), right)
        assert.deepEqual(x, y)
      }),
      { numRuns: 3000 },
    )
  })
  it('keeps each element once where one moves and one splices', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.nat(7), edit, fc.boolean(), (from, to, e, right) => {
        const other = list(e.at, Math.min(e.n, 8 - e.at), ...e.v.toUpperCase())
        for (const { l } of both({ l: [...'01234567'] }, move(from, to), other, right)) {
          const digits = (l as string[]).filter((element) => '01234567'.includes(element))
          assert.equal(new Set(digits).size, digits.length)
        }
      }),
    )
  })
  it('keeps what one inserted inside the range that the other deleted', () => {
    assert.deepEqual(
      run(text('abcdef'), splice(3, 0, 'XY'), ...transform(splice(1, 4, ''), splice(3, 0, 'XY'), true, true)),
      text('aXYf'),
    )
  })
  it('stands right or left of what another inserted at the same place, by who they are', () => {
    const [a, b] = [splice(1, 0, 'A'), splice(1, 0, 'B')]
    assert.deepEqual(run(text('--'), a, ...transform(b, a, true, true)), text('-AB-'))
    assert.deepEqual(run(text('--'), a, ...transform(b, a, true, false)), text('-BA-'))
  })
  it('goes where its element went', () => {
    const put: Op = { t: 'put', at: ['l', 1, 'done'], v: true }
    assert.deepEqual(transform(put, list(0, 0, 'new'), true, true), [{ ...put, at: ['l', 2, 'done'] }])
    assert.deepEqual(transform(put, move(1, 3), true, true), [{ ...put, at: ['l', 3, 'done'] }])
    assert.deepEqual(transform(put, list(0, 2), true, true), [])
  })
  it('is dropped where its container was replaced', () => {
    assert.deepEqual(transform(splice(0, 1, 'x'), { t: 'put', at: ['t'], v: 'plain' }, true, true), [])
  })
  it('of two puts on one field, leaves the later', () => {
    const put = (v: number): Op => ({ t: 'put', at: ['n'], v })
    assert.deepEqual(transform(put(2), put(1), true, true), [put(2)])
    assert.deepEqual(transform(put(1), put(2), false, false), [])
  })
  it('does not touch another field with the same beginning', () => {
    assert.deepEqual(transform(splice(5, 0, 'x'), { t: 'put', at: ['title'], v: 1 }, true, true), [
      splice(5, 0, 'x'),
    ])
  })
  it('moves what another moves: the later of two moves stands', () => {
    const value = { l: [...'abcd'] }
    assert.deepEqual(run(value, move(0, 2), ...transform(move(0, 3), move(0, 2), true, true)), {
      l: [...'bcda'],
    })
  })
})

describe('runs of edits', () => {
  it('end the same on both sides', () => {
    const edits = fc.array(fc.record({ at: fc.nat(20), n: fc.nat(3), v: fc.constantFrom('', 'x', 'yz') }), {
      maxLength: 5,
    })
    const legal = (value: StoredRecord, wanted: readonly { at: number; n: number; v: string }[]) => {
      let now = value
      return wanted.map(({ at, n, v }) => {
        const length = (now['t'] as { '@text': string })['@text'].length
        const i = Math.min(at, length)
        const op = splice(i, Math.min(n, length - i), v)
        now = apply(now, op)
        return op
      })
    }
    fc.assert(
      fc.property(edits, edits, fc.boolean(), (a, b, right) => {
        const value = text('0123456789')
        const [earlier, later] = [legal(value, a), legal(value, b)]
        const [onTop, mapped] = transformRuns(earlier, later, right)
        assert.deepEqual(run(value, ...earlier, ...mapped), run(value, ...later, ...onTop))
      }),
    )
  })
})

describe('mapElement', () => {
  it('follows an element through a move past it', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => mapElement({ t: 'move', at: [], i: 0, to: 2 }, i)),
      [2, 0, 1, 3],
    )
  })
})

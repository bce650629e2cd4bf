import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { apply, type Op } from '../worker/protocol/operations.js'
import type { StoredRecord } from '../worker/protocol/values.js'
import { missingFrom } from './salvage.js'

const note = (text: string, more: StoredRecord = {}): StoredRecord => ({ text: { '@text': text }, ...more })
const typed = (i: number, v: string): Op => ({ t: 'text', at: ['text'], i, n: 0, v })
const run = (value: StoredRecord, ops: readonly Op[]) => ops.reduce(apply, value)

describe('of an object that Alice has brought back, what Bob typed and had not stored', () => {
  const cases: [what: string, base: string, mine: string, now: string, after: string][] = [
    ['is joined to what she has', 'hello', 'hello world', 'hello', 'hello world'],
    ['is not there twice if she had seen it', 'hello', 'hello world', 'hello world', 'hello world'],
    ['gets the rest of what she had seen half of', 'hello', 'hello world', 'hello wo', 'hello world'],
    ['stands beside what she typed herself', 'hello', 'hello Bob', 'Alice: hello', 'Alice: hello Bob'],
    ['is joined in several places', 'ab', '1a2b3', 'a2b', '1a2b3'],
    [
      'takes nothing of hers away',
      'hello world',
      'hell',
      'hello world, says Alice',
      'hello world, says Alice',
    ],
    ['splits no pair of surrogates', '😀', '😀😁', '😀😂', '😀😁😂'],
  ]
  for (const [what, base, mine, now, after] of cases)
    it(what, () => {
      const edits = [typed(0, '(where it was typed does not matter)')]
      const ops = missingFrom(note(now), note(mine), note(base), edits)
      assert.deepEqual(run(note(now), ops), note(after))
    })

  it('is joined to a text of many pages, which is not there twice', () => {
    const pages = Array.from({ length: 4_000 }, (_, n) => `${(n * 7919) % 4001} `).join('')
    const [base, now] = [note(pages), note(`AAA${pages}AAA`)]
    const mine = note(`BB${pages.slice(0, 9_000)}BB${pages.slice(9_000)}BB`)
    const after = run(now, missingFrom(now, mine, base, [typed(0, 'Bob ')]))
    const text = (after['text'] as { '@text': string })['@text']
    assert.equal(text.length, pages.length + 'AAABBBBBBAAA'.length)
    for (const part of [pages.slice(0, 9_000), pages.slice(9_000)]) assert.ok(text.includes(part))
  })

  it('is there once each, and all that is there stays, wherever both typed', () => {
    const places = fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 8 })
    fc.assert(
      fc.property(fc.nat(60), places, places, fc.nat(8), (length, alice, bob, shared) => {
        let next = 0x4e00
        const fresh = (count: number) => Array.from({ length: count }, () => String.fromCharCode(next++))
        const insert = (into: readonly string[], where: readonly (readonly [number, number])[]) =>
          where.reduce<string[]>(
            (list, [at, n]) => {
              const place = at % (list.length + 1)
              return [...list.slice(0, place), ...fresh(n), ...list.slice(place)]
            },
            [...into],
          )
        const base = fresh(length)
        const mine = insert(base, bob)
        // Of what Bob had typed, she may have seen the beginning.
        const own = mine.filter((one) => !base.includes(one))
        const seen = mine.filter((one) => base.includes(one) || own.indexOf(one) < shared)
        const now = insert(seen, alice)
        const notes = [now, mine, base].map((list) => note(list.join(''))) as [
          StoredRecord,
          StoredRecord,
          StoredRecord,
        ]
        const after = run(notes[0], missingFrom(...notes, [typed(0, 'x')]))
        const text = [...(after['text'] as { '@text': string })['@text']]
        assert.equal(new Set(text).size, text.length, 'something is there twice')
        assert.deepEqual(new Set(text), new Set([...now, ...own]))
        assert.deepEqual(
          text.filter((one) => now.includes(one)),
          now,
        )
      }),
    )
  })

  it('is left out where the two have next to nothing in common: nothing says where it belongs', () => {
    const other = (letter: string) =>
      note(Array.from({ length: 9_000 }, (_, n) => letter + (n % 10)).join(''))
    assert.deepEqual(missingFrom(other('a'), other('b'), note(''), [typed(0, 'b')]), [])
  })

  it('is not what he had only read: she may have taken that away since', () => {
    const [base, mine, now] = [
      note('long read', { title: 'Old' }),
      note('long read!', { title: 'Old' }),
      note(''),
    ]
    const ops = missingFrom(now, mine, base, [typed(9, '!')])
    assert.deepEqual(run(now, ops), note('!'))
  })

  it('is a field as he set it, unless somebody else has set it since', () => {
    const put = (v: string): Op => ({ t: 'put', at: ['title'], v })
    const [base, mine] = [{ title: 'a' }, { title: 'abc' }]
    const edits = [put('ab'), put('abc')]
    for (const [now, after] of [
      ['a', 'abc'],
      ['ab', 'abc'],
      ['of hers', 'of hers'],
    ] as const)
      assert.deepEqual(run({ title: now }, missingFrom({ title: now }, mine, base, edits)), { title: after })
  })

  it('is an element of a list, and a deleted field', () => {
    const [base, mine] = [{ l: ['a'], gone: 1 }, { l: ['a', 'b'] }]
    const edits: Op[] = [
      { t: 'list', at: ['l'], i: 1, n: 0, v: ['b'] },
      { t: 'del', at: ['gone'] },
    ]
    const now = { l: ['a', 'c'], gone: 1 }
    const after = run(now, missingFrom(now, mine, base, edits))
    assert.deepEqual([...(after['l'] as string[])].sort(), ['a', 'b', 'c'])
    assert.equal('gone' in after, false)
  })
})

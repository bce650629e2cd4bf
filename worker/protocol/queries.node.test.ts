import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeviceId, ObjectId } from './ids.js'
import { checkSpec, comparator, matches, type Queryable, type QuerySpec, type Where } from './queries.js'
import type { StoredRecord } from './values.js'

const object = (value: StoredRecord, order = 1): Queryable => ({
  ...{ id: `object-${order}` as ObjectId, type: 'todo', value, author: 'device' as DeviceId },
  ...{ createdAt: 1000, updatedAt: 2000, order },
})
const holds = (where: Where, value: StoredRecord) => matches({ where }, object(value))

describe('conditions', () => {
  const cases: [string, Where, StoredRecord, boolean][] = [
    ['a field that equals', { done: false }, { done: false }, true],
    ['text that equals a string', { notes: 'hi' }, { notes: { '@text': 'hi' } }, true],
    ['a missing field that equals null', { due: null }, {}, true],
    ['a missing field that does not equal false', { done: false }, {}, false],
    ['a path into a record', { 'a.b': 1 }, { a: { b: 1 } }, true],
    ['a key with a dot in it', { 'a.b': 1 }, { 'a.b': 1 }, true],
    ['a path into a list', { 'l.0.n': 1 }, { l: [{ n: 1 }] }, true],
    ['a time before another', { due: { lt: { '@time': 5 } } }, { due: { '@time': 4 } }, true],
    ['a missing time, which is before nothing', { due: { lt: { '@time': 5 } } }, {}, false],
    ['a number and a string, which have no order', { n: { gt: 1 } }, { n: '2' }, false],
    ['a range', { n: { gte: 2, lt: 4 } }, { n: 3 }, true],
    ['one of several', { n: { in: [1, 3] } }, { n: 3 }, true],
    ['a list that contains', { tags: { contains: 'x' } }, { tags: ['y', 'x'] }, true],
    ['a string that contains', { title: { contains: 'il' } }, { title: 'Milk' }, true],
    ['a string that starts with', { title: { startsWith: 'M' } }, { title: 'Milk' }, true],
    ['a field that exists', { due: { exists: true } }, { due: null }, true],
    ['a field that does not', { due: { exists: false } }, {}, true],
    ['not equal', { n: { ne: 1 } }, { n: 2 }, true],
    ['either', { or: [{ n: 1 }, { n: 2 }] }, { n: 2 }, true],
    ['neither', { or: [] }, { n: 2 }, false],
    ['not', { not: { n: 1 } }, { n: 1 }, false],
    ['all of several', { n: 1, m: 2 }, { n: 1, m: 3 }, false],
    ['a record that equals', { at: { x: 1, y: 2 } }, { at: { y: 2, x: 1 } }, true],
    ['a link that equals', { of: { '@link': 'a' as ObjectId } }, { of: { '@link': 'a' as ObjectId } }, true],
    ['keys of Object.prototype, which are no fields', { constructor: { exists: true } }, {}, false],
  ]
  for (const [name, where, value, expected] of cases)
    it(name, () => assert.equal(holds(where, value), expected))
  it('on when it was made and changed', () => {
    assert.ok(holds({ $createdAt: { lt: { '@time': 1001 } }, $updatedAt: { gte: { '@time': 2000 } } }, {}))
  })
  it('on the type', () => assert.ok(!matches({ type: 'note' }, object({}))))
})

describe('order', () => {
  const sorted = (spec: QuerySpec, ...values: StoredRecord[]) =>
    values
      .map((value, i) => object(value, i))
      .sort(comparator(spec))
      .map(({ value }) => value['n'])
  it('is that of creation without orderBy', () => assert.deepEqual(sorted({}, { n: 3 }, { n: 1 }), [3, 1]))
  it('goes by fields, ties by creation', () => {
    const spec: QuerySpec = {
      orderBy: [
        ['p', 'desc'],
        ['q', 'asc'],
      ],
    }
    assert.deepEqual(
      sorted(spec, { n: 1, p: 1, q: 2 }, { n: 2, p: 2 }, { n: 3, p: 1, q: 1 }, { n: 4, p: 1, q: 1 }),
      [2, 3, 4, 1],
    )
  })
  it('puts kinds in one order: nothing, booleans, numbers, times, strings', () => {
    const spec: QuerySpec = { orderBy: [['p', 'asc']] }
    const values: StoredRecord[] = [
      { n: 5, p: 'a' },
      { n: 4, p: { '@time': 1 } },
      { n: 3, p: 9 },
      { n: 2, p: true },
      { n: 1 },
    ]
    assert.deepEqual(sorted(spec, ...values), [1, 2, 3, 4, 5])
  })
})

describe('a query that could not be evaluated is refused', () => {
  for (const [name, spec] of Object.entries<unknown>({
    'a limit below 0': { limit: -1 },
    'an order that is neither up nor down': { orderBy: [['p', 'up']] },
    'conditions that are text': { where: 'done' },
    'or without a list': { where: { or: { a: 1 } } },
    'in without a list': { where: { a: { in: 3 } } },
  }))
    it(name, () => assert.throws(() => checkSpec(spec as QuerySpec), { code: 'echo/invalid' }))
})

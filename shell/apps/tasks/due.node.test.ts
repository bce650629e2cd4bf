import assert from 'node:assert/strict'
import { test } from 'node:test'
import { day, daysUntil, dueInWords, fromInput, toInput } from './due.js'

test('days near today have names, others a date', () => {
  assert.deepEqual(
    [-1, 0, 1].map((offset) => dueInWords(day(offset))),
    ['Yesterday', 'Today', 'Tomorrow'],
  )
  assert.match(dueInWords(day(3)), /^\p{L}+$/u)
  assert.match(dueInWords(new Date('1999-12-31T12:00:00Z')), /1999/)
})

test('a day is the same day in the field, in words and in every offset', () => {
  assert.equal(toInput(fromInput('2026-02-28')), '2026-02-28')
  assert.equal(toInput(undefined), '')
  assert.equal(fromInput(''), undefined)
  for (const offset of [-400, -2, 0, 5, 366]) assert.equal(daysUntil(day(offset)), offset)
})

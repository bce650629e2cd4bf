/** What a device says of how far another one is. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ASK_MS, RoundTrip } from './round-trip.js'

function trip() {
  let time = 1_000
  const told: (number | undefined)[] = []
  const one = new RoundTrip(() => time)
  one.onTold = () => told.push(one.toldMs)
  const pass = (ms: number) => (time += ms)
  /** An answer that takes so long, `ms` milliseconds after the last one. */
  const answer = (took: number, ms = 500) => {
    pass(ms)
    const number = one.ask()
    pass(took)
    one.answered(number)
  }
  return { one, told, pass, answer }
}

describe('the way to another device and back', () => {
  it('is not known before a ping was answered, and is told then', () => {
    const { one, told, answer } = trip()
    assert.equal(one.toldMs, undefined)
    answer(40)
    assert.deepEqual(told, [40])
  })

  it('is not told again while nobody would see a difference, nor for what happened once', () => {
    const { told, answer } = trip()
    answer(40)
    for (const ms of [44, 36, 47, 41, 70, 39]) answer(ms)
    assert.deepEqual(told, [40])
  })

  it('is told when it is another one, and not at once again', () => {
    const { one, told, answer } = trip()
    answer(40)
    for (let n = 0; n < 40; n++) answer(200, 100)
    assert.ok(told.length >= 3 && told.length <= 9, told.join())
    assert.ok(one.toldMs! > 150 && one.toldMs! <= 200, told.join())
  })

  it('of a millisecond or two is not told for each of them', () => {
    const { told, answer } = trip()
    answer(1)
    for (let n = 0; n < 100; n++) answer(n % 3)
    assert.deepEqual(told, [1])
  })

  it('counts no answer to what was not asked, or was asked before', () => {
    const { one, told, pass } = trip()
    const first = one.ask()
    pass(300)
    const second = one.ask()
    one.answered(first)
    one.answered(77)
    pass(20)
    one.answered(second)
    one.answered(second)
    assert.deepEqual(told, [20])
  })

  it('is asked for at the beginning, and then from time to time', () => {
    const { one, pass } = trip()
    assert.ok(one.isDue)
    one.ask()
    pass(ASK_MS - 1)
    assert.ok(!one.isDue)
    pass(1)
    assert.ok(one.isDue)
  })
})

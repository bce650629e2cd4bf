/** What is counted: messages, bytes on their way, bytes that wait, and who is where. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RELAY_WINDOW } from '../../worker/protocol/signal.js'
import { bytesOf } from '../testing/device.js'
import { Backlog, type Waiting } from './backlog.js'
import { Bucket } from './bucket.js'
import { Flow } from './flow.js'
import { Queue } from './queue.js'
import { keyOf, Topics } from './topics.js'

test('a bucket gives what it has at once, and then at its pace', () => {
  const bucket = new Bucket(10, 100, 0)
  assert.equal(bucket.take(10, 0), 0)
  assert.equal(bucket.take(1, 0), 10)
  assert.equal(bucket.take(4, 10), 40)
  assert.equal(bucket.take(0, 50), 0)
  // It does not gather more than it holds.
  assert.equal(bucket.take(11, 100_000), 10)
})

test('whoever sends by credit alone never goes beyond the window, and is told of every byte', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: RELAY_WINDOW / 2 }), { maxLength: 60 })
  fc.assert(
    fc.property(sizes, fc.array(fc.boolean(), { maxLength: 60 }), (frames, turns) => {
      const flow = new Flow(true)
      const waiting: number[] = []
      let free = RELAY_WINDOW
      const release = () => (free += flow.release(waiting.shift()!))
      for (const [n, frame] of frames.entries()) {
        if (turns[n] && waiting.length > 0) release()
        // It can always go on in the end: what is told is never withheld while nothing waits.
        while (frame > free) release()
        free -= frame
        waiting.push(frame)
        assert.equal(flow.take(frame), true)
      }
      while (waiting.length > 0) release()
      assert.equal(free, RELAY_WINDOW)
    }),
  )
})

test('a byte more than the window is too much, unless the peer has been somebody else', () => {
  const strict = new Flow(true)
  assert.equal(strict.take(RELAY_WINDOW), true)
  assert.equal(strict.take(1), false)
  const lenient = new Flow(false)
  assert.equal(lenient.take(RELAY_WINDOW + 1), true)
})

test('nobody is told of what a peer that has left did not take', () => {
  const flow = new Flow(true)
  flow.take(10)
  flow.end()
  assert.equal(flow.release(10), 0)
})

test('whoever keeps more than its share waiting is given up; of many, who keeps most', () => {
  const gone: string[] = []
  const backlog = new Backlog(10, 25)
  const waiter = (name: string) => ({ waiting: 0, giveUp: () => void gone.push(name) })
  const wait = (who: Waiting & { waiting: number }, bytes: number) => {
    who.waiting += bytes
    backlog.change(who, bytes)
  }
  const [alice, bob, carol] = [waiter('alice'), waiter('bob'), waiter('carol')]
  wait(alice, 9)
  wait(bob, 10)
  wait(carol, 6)
  assert.deepEqual(gone, [])
  wait(carol, 1)
  assert.deepEqual(gone, ['bob'])
  wait(bob, -10)
  wait(alice, 2)
  assert.deepEqual(gone, ['bob', 'alice'])
  wait(alice, -11)
  assert.equal(backlog.total, 7)
})

test('a topic is there as long as somebody is, and who has left is remembered', () => {
  const topics = new Topics<string>()
  const [one, two] = [keyOf(bytesOf(16, 1)), keyOf(bytesOf(16, 2))]
  topics.put('t', { who: 'alice', peer: bytesOf(16, 1), hint: bytesOf(0, 0) })
  topics.put('t', { who: 'alice', peer: bytesOf(16, 1), hint: bytesOf(1, 0) })
  topics.put('t', { who: 'bob', peer: bytesOf(16, 2), hint: bytesOf(0, 0) })
  assert.deepEqual([topics.size, topics.count, topics.at('t').get(one)?.hint.length], [2, 1, 1])
  topics.remove('t', one)
  topics.remove('t', one)
  assert.deepEqual([topics.size, topics.hasLeft('t', one), topics.hasLeft('t', two)], [1, true, false])
  topics.remove('t', two)
  assert.deepEqual([topics.size, topics.count, topics.at('t').size], [0, 0, 0])
})

test('a queue gives what it was given, in order, however long it gets', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.nat(3_000)), { maxLength: 8 }), (turns) => {
      const queue = new Queue<number>()
      const model: number[] = []
      let n = 0
      for (const [pushes, shifts] of turns) {
        for (let i = 0; i < pushes; i++, n++) {
          queue.push(n)
          model.push(n)
        }
        assert.deepEqual(
          Array.from({ length: shifts }, () => queue.shift()),
          Array.from({ length: shifts }, (_, i) => model[i]),
        )
        model.splice(0, shifts)
      }
    }),
    { numRuns: 30 },
  )
})

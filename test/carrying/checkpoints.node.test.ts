/** Two devices, or a device and a KUBE, of which one has a checkpoint that the other lacks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HearthError } from '../../worker/protocol/errors.js'
import type { DeviceId } from '../../worker/protocol/ids.js'
import { AGAIN_MS, ANSWER_MS, WORTH_ENTRIES } from '../../worker/mesh/checkpoints/offering.js'
import { PIECE_MS } from '../../worker/mesh/checkpoints/taking.js'
import { Box, checkpoint, device, entry } from './box.js'
import { alone, pair, quiet } from './pair.js'

const [olga, ed] = [device(1), device(2)]
const upTo = (feed: DeviceId, seq: number) => new Map([[feed, seq]])

/** Olga has so many entries, and a checkpoint of all but some; whoever comes in would rather have that. */
function typed(entries = 1_000, after = 5) {
  const one = new Box().has(olga, entries)
  one.checkpoint = checkpoint(1, upTo(olga, entries - after))
  const two = new Box()
  two.wish = 'instead'
  return { one, two }
}

describe('who has nothing', () => {
  it('is given the checkpoint in place of the entries that it stands for, and then those that came after it', async () => {
    const { one, two } = typed()
    const { time, a, b } = pair(one, two)
    await quiet()
    assert.deepEqual(two.done, ['begin', 'end'])
    assert.deepEqual(
      two.came.map(([, seq]) => seq),
      [996, 997, 998, 999, 1_000],
    )
    await time.pass(1_000)
    assert.ok(a.replicating.isLevel)
    assert.ok(b.replicating.hasCaughtUp)
    assert.equal(a.count('offer'), 1)
  })

  it('is given entries where there are few of them', async () => {
    const { one, two } = typed(WORTH_ENTRIES + 4)
    const { a } = pair(one, two)
    await quiet()
    assert.equal(two.positions.get(olga), WORTH_ENTRIES + 4)
    assert.equal(a.count('offer'), 0)
  })

  it('is given what is written while the pieces come', async () => {
    const { one, two } = typed()
    const { a } = pair(one, two)
    a.hears = (message) => {
      if (message[0] === 'piece' && message[3] === 1) {
        one.has(olga, 1_001)
        a.replicating.appended([{ feed: olga, seq: 1_001, id: 'h', bytes: entry(olga, 1_001) }], true)
      }
      return true
    }
    await quiet()
    assert.equal(two.positions.get(olga), 1_001)
    assert.equal(two.came[0]![1], 996)
  })

  it('is given entries when it does not answer, and the checkpoint if it asks for it later', async () => {
    const { one, two } = typed()
    const { time, a, b } = pair(one, two)
    let isDeaf = true
    a.hears = ([name]) => name !== 'offer' || !isDeaf
    await time.pass(ANSWER_MS - 1)
    assert.equal(two.came.length, 0)
    await time.pass(1)
    assert.equal(two.positions.get(olga), 1_000)
    isDeaf = false
    two.positions.clear()
    await time.pass(AGAIN_MS)
    b.replicating.again()
    await time.pass(1_000)
    assert.deepEqual(two.done, ['begin', 'end'])
  })

  it('is given entries when what it was offered is no good', async () => {
    const { one, two } = typed()
    two.isWilling = false
    const { a } = pair(one, two)
    await quiet()
    assert.equal(two.positions.get(olga), 1_000)
    assert.equal(a.count('offer'), 1)
  })

  it('may say twice what it has before it hears of the offer: no entries go', async () => {
    const { one, two } = typed()
    const { b } = pair(one, two)
    void b.send(['have', one.ref, [...two.heads], [], null, 'instead'])
    await quiet()
    assert.equal(two.came.length, 5)
  })

  it('answers to who asks for entries by name when the offer was answered', async () => {
    const { one, two } = typed()
    const { time, a, b } = pair(one, two)
    a.hears = ([name]) => name !== 'offer'
    await quiet()
    void b.send(['want', one.ref, [one.heads[0]!]])
    await quiet()
    assert.equal(a.count('entries'), 0)
    await time.pass(ANSWER_MS)
    assert.ok(two.came.some(([feed, seq]) => feed === olga && seq === 1))
  })
})

describe('who lacks entries that are here only as a checkpoint', () => {
  const some = () => {
    const one = new Box().has(olga, 1_000, 991).has(ed, 20)
    one.checkpoint = checkpoint(1, upTo(olga, 990))
    return { one, two: new Box().has(olga, 700).has(ed, 10) }
  }

  it('is given that, and what came after it', async () => {
    const { one, two } = some()
    pair(one, two)
    await quiet()
    assert.deepEqual(two.done, ['begin', 'end'])
    assert.equal(two.positions.get(olga), 1_000)
    assert.equal(two.came.filter(([feed]) => feed === olga).length, 10)
  })

  it('is given entries of other feeds meanwhile', async () => {
    const { one, two } = some()
    const { a } = pair(one, two)
    a.hears = ([name]) => name !== 'piece'
    await quiet()
    assert.equal(two.positions.get(ed), 20)
    one.has(ed, 21)
    a.replicating.appended([{ feed: ed, seq: 21, id: 'h', bytes: entry(ed, 21) }], true)
    await quiet()
    assert.equal(two.positions.get(ed), 21)
    assert.equal(two.positions.get(olga), 700)
  })

  it('is sent none that it could not place, if it does not want it', async () => {
    const { one, two } = some()
    two.isWilling = false
    const { time, a } = pair(one, two)
    await time.pass(AGAIN_MS - 1_000)
    assert.deepEqual([two.came.filter(([feed]) => feed === olga).length, two.positions.get(ed)], [0, 20])
    // It may want it when it knows more of who is in.
    two.isWilling = true
    await time.pass(1_000)
    assert.equal(two.positions.get(olga), 1_000)
    assert.equal(a.count('offer'), 2)
  })

  it('is given what comes after it, when it has it from somebody else', async () => {
    const { one, two } = some()
    const { time, a, b } = pair(one, two)
    a.hears = ([name]) => name !== 'offer'
    await time.pass(ANSWER_MS)
    two.has(olga, 995)
    b.replicating.checkpointed()
    await time.pass(1_000)
    assert.equal(two.positions.get(olga), 1_000)
  })

  it('is given it when it is made while both are there', async () => {
    const one = new Box().has(olga, 1_000)
    const two = new Box().has(olga, 700)
    const { time, a } = pair(one, two)
    a.hears = ([name]) => name !== 'entries'
    await quiet()
    a.hears = () => true
    one.checkpoint = checkpoint(1, upTo(olga, 990))
    one.has(olga, 1_000, 991)
    a.replicating.checkpointed()
    await quiet()
    // What was sent counts as there until it says otherwise.
    assert.equal(two.positions.get(olga), 700)
    void a.other.send(['have', one.ref, [...two.heads], [[olga, 700, null, []]], null, 'gaps'])
    await time.pass(1_000)
    assert.equal(two.positions.get(olga), 1_000)
  })
})

describe('a KUBE, which keeps the latest one', () => {
  const kube = () => {
    const { one, two } = typed()
    two.wish = 'latest'
    return { one, two }
  }

  it('is given all entries, and then the checkpoint', async () => {
    const { one, two } = kube()
    const { time, a } = pair(one, two)
    await time.pass(1_000)
    assert.equal(two.came.length, 1_000)
    assert.equal(two.checkpoint?.id, one.checkpoint!.id)
    assert.ok(a.names().indexOf('offer') > a.names().lastIndexOf('entries'))
  })

  it('is offered one that it could not take ever more seldom, and takes it once it can, though nothing is written', async () => {
    const { one, two } = kube()
    two.isWilling = false
    const { time, a } = pair(one, two)
    await time.pass(6 * AGAIN_MS)
    assert.equal(a.count('offer'), 3)
    two.isWilling = true
    await time.pass(2 * AGAIN_MS)
    assert.equal(two.checkpoint?.id, one.checkpoint!.id)
    await time.pass(100 * AGAIN_MS)
    assert.equal(a.count('offer'), 4)
  })

  it('is given the next one as soon as that is there', async () => {
    const { one, two } = kube()
    const { time, a } = pair(one, two)
    await time.pass(1_000)
    one.checkpoint = checkpoint(2, upTo(olga, 1_000))
    a.replicating.checkpointed()
    await time.pass(1_000)
    assert.equal(two.checkpoint?.id, one.checkpoint.id)
  })

  it('is given the next one also where that is made while it takes the one before', async () => {
    const { one, two } = kube()
    const { time, a } = pair(one, two)
    let isMade = false
    a.hears = ([name]) => {
      if (name === 'piece' && !isMade) {
        isMade = true
        // It stays as it was for whoever asks for the rest of it.
        const before = one.checkpoint!
        const next = checkpoint(2, upTo(olga, 1_000))
        const { piece } = one
        one.piece = async (id, n) => (id === before.id ? before.bytes[n] : piece.call(one, id, n))
        one.checkpoint = next
        a.replicating.checkpointed()
      }
      return true
    }
    await time.pass(1_000)
    assert.equal(two.checkpoint?.id, one.checkpoint!.id)
  })

  it('is filled by a checkpoint where there is nothing else', async () => {
    const { one, two } = kube()
    one.has(olga, 1_000, 996)
    pair(one, two)
    await quiet()
    assert.deepEqual([two.positions.get(olga), two.came.length], [1_000, 5])
  })
})

describe('what comes to nothing', () => {
  it('is given up when no piece comes any more, and is there for others at once', async () => {
    const { one, two } = typed()
    const { time, a, b } = pair(one, two)
    a.hears = (message) => message[0] !== 'piece' || message[3] < 1
    await time.pass(2 * PIECE_MS)
    assert.deepEqual(two.done, ['begin', 'stop'])
    assert.equal(b.names().at(-1), 'held')
    assert.equal(two.positions.get(olga), 1_000)
  })

  it('is given up when the session ends', async () => {
    const { one, two } = typed()
    const { a, b } = pair(one, two)
    a.hears = ([name]) => name !== 'piece'
    await quiet()
    b.replicating.end()
    assert.deepEqual(two.done, ['begin', 'stop'])
  })

  it('is given up before it is begun, when the session ends while it waits for its turn', async () => {
    const { one, two } = typed()
    let done!: () => void
    two.turn = new Promise((resolve) => (done = resolve))
    const { b } = pair(one, two)
    await quiet()
    b.replicating.end()
    done()
    await quiet()
    assert.deepEqual(two.done, ['begin', 'stop'])
    assert.equal(b.count('fetch'), 0)
  })

  it('is offered anew as what there is now, when another one has taken its place', async () => {
    const { one, two } = typed()
    const { a } = pair(one, two)
    a.hears = (message) => {
      if (message[0] === 'piece' && message[3] === 0) one.checkpoint = checkpoint(2, upTo(olga, 999))
      return true
    }
    await quiet()
    assert.deepEqual(two.done, ['begin', 'stop', 'begin', 'end'])
    assert.deepEqual([two.checkpoint?.id, two.came.length], [one.checkpoint!.id, 1])
  })

  it('is made way for: a piece that comes after the offer of the next one ends nothing', async () => {
    const box = new Box()
    box.wish = 'latest'
    const [before, next] = [checkpoint(1, upTo(olga, 995)), checkpoint(2, upTo(olga, 1_000))]
    const { say, side } = alone(box)
    await say('offer', box.ref, before.head)
    await say('piece', box.ref, before.id, 0, before.bytes[0]!)
    await say('offer', box.ref, next.head)
    await say('piece', box.ref, before.id, 1, before.bytes[1]!)
    for (const [n, bytes] of next.bytes.entries()) await say('piece', box.ref, next.id, n, bytes)
    assert.deepEqual(box.done, ['begin', 'stop', 'begin', 'end'])
    assert.equal(side.count('fetch'), 2)
  })

  it('is tried again while the store fails, and no piece is asked for twice', async () => {
    const { one, two } = typed()
    let fails = 4
    two.disk = async () => {
      if (fails-- > 0) throw new HearthError('store/failed', { reason: 'the disk' })
    }
    const { time, a } = pair(one, two)
    await time.pass(60_000)
    assert.deepEqual(two.done, ['begin', 'end'])
    assert.equal(a.count('piece'), 3)
  })
})

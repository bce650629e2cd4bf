/** What somebody between two devices, or one of the two, tries with a session. The link is in memory, and Mallory's. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Lane, Message } from '../../worker/protocol/wire.js'
import { CHUNK_BYTES, FRAME_COST, LANE_WINDOW, WIRE_VERSION } from '../../worker/protocol/wire.js'
import { answer, call } from '../../worker/mesh/handshaking.js'
import { Inbox, Outbox } from '../../worker/mesh/lanes.js'
import { decodeWire, encodeWire } from '../../worker/mesh/wire-codec.js'
import { Session } from '../../worker/mesh/session.js'
import { setting } from '../e2e/random.js'
import { Clock, turns, until } from './mallory/clock.js'
import { line, platformAt, staticKey, topic, two, type End } from './mallory/line.js'

const ref = new Uint8Array(32).fill(9)
const malformed = { code: 'mesh/malformed' }

/** Alice calls Bob, and both say what came of it. */
async function handshake({
  ends = line(),
  topics = [topic, topic] as const,
  psks = [undefined, undefined] as readonly (Uint8Array | undefined)[],
  isKnown = true,
}): Promise<readonly [string, string]> {
  const clock = new Clock()
  const platform = platformAt(clock)
  const [a, b] = [staticKey(), staticKey()]
  const [one, two] = psks
  const results = Promise.allSettled([
    call(
      platform,
      ends[0],
      { own: a, topic: topics[0], ...(one && { psk: one }) },
      isKnown ? b.publicKey : undefined,
    ),
    answer(platform, ends[1], { own: b, topic: topics[1], ...(two && { psk: two }) }),
  ])
  await Promise.race([results, turns(300).then(() => clock.pass(12_000))])
  const said = (await results).map((one) =>
    one.status === 'fulfilled' ? 'agreed' : (one.reason as { code: string }).code,
  )
  clock.stop()
  return said as [string, string]
}

describe('a handshake', () => {
  const psk = new Uint8Array(32).fill(3)
  const first = (change: (frame: Uint8Array) => Uint8Array) => {
    const ends = line()
    ends[0].hand = (frame, n) => [n === 1 ? change(frame) : frame]
    return ends
  }
  const agrees = async (of: Parameters<typeof handshake>[0]) => (await handshake(of)).includes('agreed')

  it('agrees where nobody interferes', async () => {
    assert.deepEqual(await handshake({}), ['agreed', 'agreed'])
    assert.deepEqual(await handshake({ isKnown: false }), ['agreed', 'agreed'])
    assert.deepEqual(await handshake({ psks: [psk, psk] }), ['agreed', 'agreed'])
  })
  it('is not made another one by changing its first bytes', async () => {
    for (let pattern = 0; pattern < 4; pattern++) {
      const changed = (frame: Uint8Array) => Uint8Array.of(frame[0]!, pattern, ...frame.subarray(2))
      if (pattern !== 1) assert.equal(await agrees({ ends: first(changed) }), false, `IK as ${pattern}`)
      if (pattern !== 0)
        assert.equal(await agrees({ ends: first(changed), isKnown: false }), false, `XX as ${pattern}`)
    }
    const older = (frame: Uint8Array) => Uint8Array.of(WIRE_VERSION - 1, ...frame.subarray(1))
    assert.deepEqual(await handshake({ ends: first(older) }), ['mesh/version', 'mesh/version'])
  })
  it('of an invitation is not done without its secret, nor by another one', async () => {
    assert.equal(await agrees({ psks: [undefined, psk], isKnown: false }), false)
    assert.equal(await agrees({ psks: [undefined, psk] }), false)
    assert.equal(await agrees({ psks: [psk, undefined] }), false)
    // Whoever answers has heard from the caller by then; the caller hears of it in what comes next.
    assert.notEqual((await handshake({ psks: [psk, new Uint8Array(32).fill(4)] }))[1], 'agreed')
  })
  it('at one topic is not passed off as one at another', async () => {
    for (const isKnown of [true, false])
      assert.equal(await agrees({ topics: [topic, new Uint8Array(32).fill(8)], isKnown }), false)
  })
  it('through a KUBE is not passed off as a direct one', async () => {
    assert.equal(await agrees({ ends: line(['direct', 'relayed']) }), false)
  })
  it('sent back to whoever sends it comes to nothing', async () => {
    const ends = line()
    ends[0].other = ends[0]
    assert.equal((await handshake({ ends, isKnown: false }))[0] === 'agreed', false)
  })
  it('does not keep all that comes before it is done', async () => {
    const clock = new Clock()
    const [, bob] = line()
    const answered = answer(platformAt(clock), bob, { own: staticKey(), topic })
    answered.catch(() => undefined)
    bob.take(Uint8Array.of(WIRE_VERSION, 1, ...new Uint8Array(96)))
    for (let n = 0; n < 40; n++) bob.take(new Uint8Array(60_000))
    await assert.rejects(answered)
    const came = line()[0]
    const small = answer(platformAt(clock), came, { own: staticKey(), topic })
    small.catch(() => undefined)
    // Nothing has come that could be answered: the first frame is awaited.
    came.take(Uint8Array.of(WIRE_VERSION, 0, ...new Uint8Array(32).fill(9)))
    for (let n = 0; n < 100_000 && came.isOpen; n++) came.take(Uint8Array.of(1, 2))
    await assert.rejects(small, { code: 'mesh/malformed' })
    clock.stop()
  })
})

describe('frames of a session', () => {
  const said = async (change: (bob: End, frames: Uint8Array[]) => void, isEnd = true) => {
    using both = await two()
    const { alice, bob, ends } = both
    const heard: Message[] = []
    bob.listen((message) => void heard.push(message))
    const kept: Uint8Array[] = []
    ends[0].hand = (frame) => {
      kept.push(frame)
      return []
    }
    for (let n = 0; n < 3; n++) await alice.send(['denied', 'x', n])
    await until('all sent', () => kept.length === 3)
    change(ends[1], kept)
    await until('worked through', () => (isEnd ? !bob.isOpen : heard.length === 3))
    return { heard: heard.map(([, , n]) => n), isOpen: bob.isOpen }
  }
  it('come in order, and each once', async () => {
    const all = await said((bob, frames) => frames.forEach((one) => bob.take(one)), false)
    assert.deepEqual(all, { heard: [0, 1, 2], isOpen: true })
  })
  for (const [what, order, heard] of [
    ['lost', [0, 2], [0]],
    ['reordered', [0, 2, 1], [0]],
    ['repeated', [0, 0, 1], [0]],
  ] as const)
    it(`that are ${what} end it, and nothing is heard from there on`, async () => {
      const result = await said((bob, frames) => order.forEach((n) => bob.take(frames[n]!)))
      assert.deepEqual(result, { heard, isOpen: false })
    })
  it('that are changed, cut or sent back end it', async () => {
    for (const change of [
      (frame: Uint8Array) => frame.map((byte, n) => (n === 3 ? byte ^ 1 : byte)),
      (frame: Uint8Array) => frame.subarray(0, -1),
      () => new Uint8Array(),
    ])
      assert.deepEqual(await said((bob, [a]) => bob.take(change(a!))), { heard: [], isOpen: false })
    using both = await two()
    both.ends[0].hand = (frame) => {
      both.ends[0].take(frame)
      return []
    }
    both.alice.listen(() => assert.fail('heard itself'))
    void both.alice.send(['lack', ref])
    await until('closed', () => !both.alice.isOpen)
  })
  it('that are garbage, however many, end it at once and are not kept', async () => {
    const count = setting('HEARTH_GARBAGE', 20_000)
    using both = await two()
    using carol = await two()
    const garbage = crypto.getRandomValues(new Uint8Array(2_000))
    for (let n = 0; n < 50; n++) both.ends[1].take(garbage)
    // Those that came in one turn, before any could be opened, are bounded.
    const opening = (both.bob as unknown as { unopened: number }).unopened
    for (let n = 50; n < count; n++) {
      // A link that is closed gives nothing on; here somebody goes on all the same.
      both.ends[1].isOpen = true
      both.ends[1].take(garbage)
      if (n % 10_000 === 0) await turns(1)
    }
    await until('closed', () => !both.bob.isOpen)
    const kept = (both.bob as unknown as { unopened: number }).unopened
    assert.ok(opening <= 50 * 2_256 && kept <= (16 << 20) + 2_256, `${kept} bytes`)
    // Others are not harmed.
    const heard: Message[] = []
    carol.bob.listen((message) => void heard.push(message))
    await carol.alice.send(['lack', ref])
    await until('heard', () => heard.length === 1)
  })
})

describe('a peer', () => {
  const frameOf = (lane: number, part: Uint8Array, ends: boolean) =>
    Uint8Array.of(lane | (ends ? 0x80 : 0), ...part)

  it('has no more kept than a window of each lane', () => {
    for (const lane of [0, 1]) {
      const inbox = new Inbox()
      const part = frameOf(lane, new Uint8Array(CHUNK_BYTES), false)
      let taken = 0
      const flood = () => {
        for (; taken < 1_000; taken++) inbox.take(part)
      }
      assert.throws(flood, malformed)
      assert.ok(taken * CHUNK_BYTES <= LANE_WINDOW[(['control', 'bulk'] as const)[lane]!])
    }
  })
  it('has no message of frames of nothing, without end', () => {
    for (const part of [new Uint8Array(), new Uint8Array(1)]) {
      const inbox = new Inbox()
      let taken = 0
      const flood = () => {
        for (; taken < 100_000; taken++) inbox.take(frameOf(1, part, false))
      }
      assert.throws(flood, malformed)
      assert.ok(taken <= LANE_WINDOW.bulk / FRAME_COST)
    }
  })
  it('is sent no more than a window, whatever it grants', () => {
    const outbox = new Outbox()
    for (let n = 0; n < 100; n++) outbox.granted('control', 0xffffffff)
    void outbox.add(new Uint8Array(4 << 20), 'control')
    let sent = 0
    for (let plain = outbox.next(); plain; plain = outbox.next()) sent += plain.length
    assert.ok(sent <= LANE_WINDOW.control, `${sent} bytes`)
  })
  it('that says what is no message is left', async () => {
    const evil: readonly (readonly [string, Uint8Array])[] = [
      ['nothing', new Uint8Array()],
      ['null', Uint8Array.of(0xf6)],
      ['no name', Uint8Array.of(0x81, 0x01)],
      ['an unknown name', Uint8Array.of(0x81, 0x63, 0x66, 0x6f, 0x6f)],
      ['a name that every object has', encodeWire(['constructor'] as never)],
      ['a list that is said to be long', Uint8Array.of(0x9b, 0, 0, 0, 1, 0, 0, 0, 0)],
      [
        'bytes that are said to be many',
        Uint8Array.of(0x82, 0x64, 0x6c, 0x61, 0x63, 0x6b, 0x5b, 0, 0, 0, 1, 0, 0, 0, 0),
      ],
      ['lists in lists', new Uint8Array(900_000).fill(0x81)],
      ['a list without an end', Uint8Array.of(0x9f, 0x64, 0x70, 0x69, 0x6e, 0x67, 0xff)],
      ['something after it', Uint8Array.of(...encodeWire(['ping', 1]), 0)],
      [
        'more entries than may be',
        encodeWire(['log', ref, Array.from({ length: 1025 }, () => new Uint8Array(1))]),
      ],
      ['a count beyond all', encodeWire(['denied', 'x', 2 ** 60] as never)],
    ]
    for (const [what, bytes] of evil) {
      assert.throws(() => decodeWire(bytes, 'control'), malformed, what)
      using both = await two()
      // Whoever has the keys can say anything.
      const plain = (both.alice as unknown as { outbox: Outbox }).outbox
      void plain.add(bytes, 'control')
      void both.alice.send(['ping', 1])
      await until(`left, for ${what}`, () => !both.bob.isOpen)
    }
  })
  it('is not sent pings that it does not take', async () => {
    using both = await two(true)
    const { alice, bob, clock } = both
    bob.listen(() => new Promise(() => undefined))
    // Fills the lane, and nothing of it is ever worked through.
    const long: Message = ['denied', 'x'.repeat(60), 0]
    for (let n = 0; n < 4_000; n++) void alice.send(long)
    await turns(100)
    const queue = () => queued(alice, 'control').length
    const before = queue()
    const heardAt = () => (alice as unknown as { heardAt: number }).heardAt
    for (let n = 0; n < 12; n++) {
      // It is there, and says so.
      const last = heardAt()
      await bob.send(['ping', n])
      await until('heard', () => heardAt() > last)
      await clock.pass(3_000, 1_500)
    }
    assert.ok(alice.isOpen)
    assert.equal(queue(), before)
  })
  it('is not sent answers to pings that it does not take', async () => {
    using both = await two(true)
    const { alice, bob } = both
    alice.listen(() => undefined)
    bob.listen(() => new Promise(() => undefined))
    const long: Message = ['denied', 'x'.repeat(60), 0]
    for (let n = 0; n < 4_000; n++) void alice.send(long)
    await turns(100)
    const queue = () => queued(alice, 'control').length
    const before = queue()
    const ping = alice.roundTrip
    for (let n = 0; n < 500; n++) await bob.send(['ping', n])
    // The last of what he says is heard after all of it.
    await bob.send(['pong', ping.ask()])
    await until('heard', () => ping.toldMs !== undefined)
    assert.ok(queue() <= before + 1, `${queue() - before} answers wait`)
  })
})

const queued = (session: Session, lane: Lane) =>
  (session as unknown as { outbox: { queues: Record<Lane, { bytes: Uint8Array }[]> } }).outbox.queues[lane]

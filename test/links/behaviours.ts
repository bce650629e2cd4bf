/**
 * What every link promises, and a session on it: written once, and tried on whatever carries frames. Those who run it are
 * `memory.node.test.ts`, `relay.node.test.ts`, and `links.e2e.ts` and `nat-links.e2e.ts` of `test/e2e`.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { x25519 } from '@noble/curves/ed25519.js'
import { answer, call } from '../../worker/mesh/handshaking.js'
import type { Link } from '../../worker/mesh/link.js'
import type { StaticKey } from '../../worker/mesh/platform.js'
import { Session } from '../../worker/mesh/session.js'
import type { HearthError } from '../../worker/protocol/errors.js'
import { MAX_FRAME_BYTES } from '../../worker/protocol/signal.js'
import { LANE_WINDOW, LIVENESS, type Message } from '../../worker/protocol/wire.js'
import { Random } from '../e2e/random.js'
import { done, type Hand, type LinkWorld, type Pair } from './world.js'

/** The other side knows by then that a link was closed, in milliseconds. */
const CLOSED_MS = 2_000
/** All that was sent is there by then, in milliseconds. */
const ARRIVED_MS = 60_000
/** A machine that is busy is late by so much, in milliseconds. */
const LATE_MS = 2_500

/** @param name of what carries frames @param skip why it cannot be tried here @param more what else is promised there */
export function behaviours(
  name: string,
  open: () => Promise<LinkWorld>,
  skip: string | false = false,
  more: Behaviours = {},
): void {
  describe(`a link ${name}`, () => {
    let world: LinkWorld
    if (!skip) before(async () => void (world = await open()))
    if (!skip) after(() => world?.end())

    const promises = (what: string, run: (pair: Pair, world: LinkWorld) => Promise<void>) =>
      void it(what, { skip }, async () => {
        const pair = await world.pair()
        try {
          await run(pair, world)
        } finally {
          await pair.end()
        }
      })
    for (const [what, run] of Object.entries(ofLinks)) promises(what, run)
    for (const [what, run] of Object.entries({ ...ofSessions, ...more })) promises(what, run)
    for (const [what, hand] of Object.entries(spoilt))
      promises(`lets nothing get past a session when ${what}`, (pair, world) =>
        letsNothingPast(pair, world, hand()),
      )
  })
}

export type Behaviours = Readonly<Record<string, (pair: Pair, world: LinkWorld) => Promise<void>>>

const ofLinks: Behaviours = {
  async 'brings frames in order, whole and once, both ways at once'({ ends: [one, two] }, world) {
    const random = new Random(7)
    const lengths = () => random.pick([2, 3, 17, 100, 1_000, 16_384, 32_785, random.between(2, 65_000)])
    const [out, back] = [frames(120, lengths), frames(120, lengths)]
    const [there, here] = [collect(two), collect(one)]
    sendAll(one, out)
    sendAll(two, back)
    await world.until(() => there.length >= out.length && here.length >= back.length, ARRIVED_MS)
    // There may be more on its way, which there is not to be.
    await world.until(() => false, 200)
    assertSame(there, out)
    assertSame(here, back)
  },

  async 'brings frames that are as long as any may be'({ ends: [one, two] }, world) {
    const sent = frames(40, () => MAX_FRAME_BYTES)
    const there = collect(two)
    sendAll(one, sent)
    await world.until(() => there.length >= sent.length, ARRIVED_MS)
    assertSame(there, sent)
  },

  async 'keeps what comes before anybody is there to take it'({ ends: [one, two] }, world) {
    const sent = frames(10, (n) => 1_000 * (n + 1))
    sendAll(one, sent.slice(0, 6))
    await world.until(() => false, 500)
    const there = collect(two)
    sendAll(one, sent.slice(6))
    await world.until(() => there.length >= sent.length, ARRIVED_MS)
    assertSame(there, sent)
  },

  async 'has no more on its way than it has room for, and as much room again when that has arrived'(
    { ends: [one, two] },
    world,
  ) {
    const there = collect(two)
    const most = one.room
    const sent: Uint8Array[] = []
    while (one.room >= 16_384 && sent.length < 10_000) {
      const [frame] = frames(1, () => 16_384) as [Uint8Array]
      frame[0] = sent.length
      const before = one.room
      one.send(frame)
      assert.equal(one.room, before - frame.length)
      sent.push(frame)
    }
    assert.ok(sent.length > 1 && sent.length < 10_000, `${sent.length} frames`)
    // There is no room for it, and nobody keeps it.
    one.send(new Uint8Array(one.room + 2))
    assert.ok(await world.until(() => one.room === most, ARRIVED_MS), `room for ${one.room} of ${most}`)
    const last = Uint8Array.of(7, 7, 7)
    one.send(last)
    await world.until(() => there.length > sent.length, ARRIVED_MS)
    assertSame(there, [...sent, last])
  },

  async 'tells the other side that it was closed, once, and brings nothing after it'(
    { ends: [one, two] },
    world,
  ) {
    const there = collect(two)
    const closed = { one: 0, two: 0 }
    one.onClosed = () => closed.one++
    two.onClosed = () => closed.two++
    const sent = frames(5, () => 100)
    sendAll(one, sent)
    await world.until(() => there.length === sent.length, ARRIVED_MS)
    one.close()
    assert.ok(!one.isOpen)
    one.send(Uint8Array.of(1, 2, 3))
    one.close()
    assert.ok(await world.until(() => !two.isOpen, CLOSED_MS), 'the other side does not know')
    two.send(Uint8Array.of(1, 2, 3))
    await world.until(() => false, 200)
    assertSame(there, sent)
    assert.deepEqual(closed, { one: 1, two: 1 })
  },
}

const ofSessions: Behaviours = {
  async 'has who sends wait for who reads slowly, and loses nothing'(pair, world) {
    const { olga, ed } = await sessions(pair, world)
    const size = 512 << 10
    const count = (1.25 * LANE_WINDOW.bulk) / size
    let isSlow = true
    const worked: (() => void)[] = []
    const there: number[] = []
    ed.listen((message) => {
      there.push(numberOf(message))
      return isSlow ? new Promise((resolve) => worked.push(resolve)) : undefined
    })
    let taken = 0
    for (let n = 0; n < count; n++) void olga.send(numbered(n, size), 'bulk').then(() => taken++)
    await world.until(() => there.length > 0, ARRIVED_MS)
    let last = 0
    // Until nothing more comes.
    while (there.length > last) {
      last = there.length
      await world.until(() => there.length > last, LATE_MS)
    }
    assert.ok(last > 0 && last <= LANE_WINDOW.bulk / size, `${last} messages of ${count} were read`)
    assert.ok(taken <= LANE_WINDOW.bulk / size, `${taken} messages of ${count} were taken`)
    assert.ok(olga.isOpen && ed.isOpen)
    isSlow = false
    for (const done of worked) done()
    await world.until(() => there.length >= count && taken >= count, ARRIVED_MS)
    assert.deepEqual(
      there,
      Array.from({ length: count }, (_, n) => n),
    )
    assert.equal(taken, count)
  },

  async 'is known to stand still, on both sides, when it does, and not before'(pair, world) {
    const { olga, ed, ends } = await sessions(pair, world)
    const { silenceMs } = LIVENESS[pair.ends[0].kind]
    // By pings alone.
    await world.until(() => false, silenceMs + 1_000)
    assert.deepEqual(ends, {})
    assert.ok(olga.isOpen && ed.isOpen)
    pair.freeze()
    await world.until(() => !olga.isOpen && !ed.isOpen, silenceMs + LATE_MS)
    assert.deepEqual(ends, { olga: 'mesh/timeout', ed: 'mesh/timeout' })
  },
}

/** By what becomes of frames. */
const spoilt: Readonly<Record<string, () => Hand>> = {
  'a bit is another': () => atFifth((frame) => [changed(frame)]),
  'one is cut': () => atFifth((frame) => [frame.subarray(0, frame.length - 1)]),
  'one is longer': () => atFifth((frame) => [Uint8Array.of(...frame, 0)]),
  'one is lost': () => atFifth(() => []),
  'one comes twice': () => atFifth((frame) => [frame, frame]),
  'one is made up': () => atFifth((frame) => [frames(1, () => frame.length)[0]!, frame]),
  'two change places': () => {
    let held: Uint8Array | undefined
    let n = 0
    return (frame) => {
      if (++n === 5) return ((held = frame), [])
      return n === 6 ? [frame, held!] : [frame]
    }
  },
}

async function letsNothingPast(pair: Pair, world: LinkWorld, hand: Hand): Promise<void> {
  const { olga, ed } = await sessions(pair, world)
  const there: Message[] = []
  ed.listen((message) => void there.push(message))
  pair.meddle(hand)
  const sent = Array.from({ length: 20 }, (_, n) => numbered(n, 1_000))
  for (const message of sent) void olga.send(message)
  const isOver = () => !olga.isOpen && !ed.isOpen
  assert.ok(await world.until(isOver, CLOSED_MS), 'a session goes on')
  assert.ok(there.length < sent.length)
  assert.deepEqual(there, sent.slice(0, there.length))
}

const atFifth = (hand: Hand): Hand => {
  let n = 0
  return (frame) => (++n === 5 ? hand(frame) : [frame])
}

function changed(frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  copy[copy.length >> 1]! ^= 1
  return copy
}

/** Olga, at the first end, has called Ed. */
export async function sessions({ ends: [one, two] }: Pair, world: LinkWorld) {
  const platform = { ...world.platform, socket: () => assert.fail('no sockets here') }
  const [own, theirs] = [staticKey(), staticKey()]
  const topic = new Uint8Array(32).fill(7)
  const [calling, answering] = await done(
    world,
    Promise.all([
      call(platform, one, { own, topic }, theirs.publicKey),
      answer(platform, two, { own: theirs, topic }),
    ]),
  )
  /** Why they have ended, as a code. */
  const ends: Record<string, string> = {}
  const [olga, ed] = [new Session(platform, one, calling), new Session(platform, two, answering)]
  olga.onClosed = ({ code }: HearthError) => (ends['olga'] = code)
  ed.onClosed = ({ code }: HearthError) => (ends['ed'] = code)
  return { olga, ed, ends }
}

function staticKey(): StaticKey {
  const { secretKey, publicKey } = x25519.keygen()
  return { publicKey, agree: async (theirs) => x25519.getSharedSecret(secretKey, theirs) }
}

/** As much of it as is wanted, each unlike the others. */
function frames(count: number, lengthOf: (n: number) => number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => {
    const random = new Random(n + 1)
    const frame = new Uint8Array(lengthOf(n))
    for (let at = 0; at < frame.length; at++) frame[at] = random.next() * 256
    return frame
  })
}

function collect(link: Link): Uint8Array[] {
  const there: Uint8Array[] = []
  link.onFrame = (frame) => void there.push(frame.slice())
  return there
}

/** As there is room. */
function sendAll(link: Link, frames: readonly Uint8Array[]): void {
  const rest = [...frames]
  const pump = () => {
    while (rest[0] && link.room >= rest[0].length) link.send(rest.shift()!)
  }
  link.onRoom = pump
  pump()
}

function assertSame(there: readonly Uint8Array[], sent: readonly Uint8Array[]): void {
  assert.equal(there.length, sent.length, `${there.length} frames of ${sent.length}`)
  const at = there.findIndex((frame, n) => Buffer.compare(frame, sent[n]!) !== 0)
  assert.equal(at, -1, `frame ${at} is another`)
}

/** A message that is known again. */
function numbered(n: number, size: number): Message {
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, n)
  return ['entries', new Uint8Array(32), [bytes]]
}

function numberOf(message: Message): number {
  assert.equal(message[0], 'entries')
  const [bytes] = message[2] as readonly Uint8Array[]
  return new DataView(bytes!.buffer, bytes!.byteOffset).getUint32(0)
}

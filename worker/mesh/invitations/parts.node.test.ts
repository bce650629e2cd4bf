/** Logs that are longer than a message: they arrive whole, and neither side keeps more than it has to. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../../test/attacks/mallory/clock.js'
import { two } from '../../../test/attacks/mallory/line.js'
import { MAX_LOG_BYTES, MAX_LOG_ENTRIES, MAX_PROOF_BYTES } from '../../protocol/wire.js'
import { ANSWER_MS, Conversation, LOGS_MS } from './conversation.js'
import { Allowance, hearWith, sayWith } from './parts.js'

const tooLarge = { code: 'halo/log-too-large' }
const entriesOf = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, n) => new Uint8Array(bytes).fill(n))

async function talking() {
  const both = await two()
  for (const end of both.ends) end.room = 1 << 30
  const [host, guest] = [new Conversation(both.clock, both.alice), new Conversation(both.clock, both.bob)]
  return { ...both, host, guest, [Symbol.dispose]: () => both[Symbol.dispose]() }
}

describe('a log in a conversation', () => {
  for (const [what, log] of [
    ['has nothing in it', []],
    ['fits into a message', entriesOf(3, 9)],
    ['has many entries', entriesOf(3_000, 20)],
    ['has large entries', entriesOf(60, 250_000)],
  ] as const)
    it(`arrives as it is, if it ${what}`, async () => {
      using all = await talking()
      const { host, guest } = all
      const [heard] = await Promise.all([
        hearWith(guest, LOGS_MS, Allowance.ofLogs(), 'admitted'),
        sayWith(host, LOGS_MS, Allowance.ofLogs(), log, (last) => ['admitted', last, 0]),
      ])
      assert.deepEqual(heard.entries, log)
    })

  it('that is too long is not begun', async () => {
    using all = await talking()
    const { host, ends } = all
    const before = ends[0].sent.length
    for (const [allowance, log] of [
      [Allowance.ofLogs(), entriesOf(MAX_LOG_ENTRIES + 1, 1)],
      [Allowance.ofLogs(), Array.from({ length: (MAX_LOG_BYTES >> 18) + 1 }, () => new Uint8Array(1 << 18))],
      [Allowance.ofProof(), entriesOf((MAX_PROOF_BYTES >> 18) + 1, 1 << 18)],
    ] as const)
      await assert.rejects(
        sayWith(host, LOGS_MS, allowance, log, (last) => ['admitted', last, 0]),
        tooLarge,
      )
    assert.equal(ends[0].sent.length, before)
  })

  it('that goes on for too long is not listened to any more', async () => {
    using all = await talking()
    const { alice, guest } = all
    const heard = assert.rejects(hearWith(guest, LOGS_MS, Allowance.ofProof(), 'introduce'), tooLarge)
    for (let n = 0; n < 20; n++) void alice.send(['part', [new Uint8Array(1 << 18)]], 'bulk')
    await heard
  })

  it('is one for all logs together', () => {
    const allowance = Allowance.ofProof()
    const half = [new Uint8Array(MAX_PROOF_BYTES / 2)]
    allowance.spend(half)
    allowance.spend(half)
    assert.throws(() => allowance.spend([new Uint8Array(1)]), tooLarge)
  })

  it('that the other side does not take is given up', async () => {
    using all = await talking()
    const { host, clock, bob, ends } = all
    bob.listen(() => new Promise(() => undefined))
    const said = sayWith(host, LOGS_MS, Allowance.ofLogs(), entriesOf(60, 250_000), (last) => [
      ...(['admitted', last, 0] as const),
    ])
    const late = assert.rejects(said, { code: 'mesh/timeout' })
    await until('as much as there is room for', () => ends[0].sent.length > 300)
    await clock.pass(ANSWER_MS + 1_000, 1_000)
    await late
  })
})

/** Devices that are there and do nothing, but for saying so: two and two of them at a topic. */
import { randomBytes } from 'node:crypto'
import { QUIET_MS, TOPIC_BYTES } from '../../worker/protocol/signal.js'
import { Visitor } from '../keeping/visitor.js'
import { Member } from './member.js'

/** Who come at the same time: a KUBE knows no more than 128 who have not said who they are. */
const AT_ONCE = 32
const BEAT_MS = 100
/** Each says something so often, as devices do: a little more often than it must. */
const SAID_MS = QUIET_MS - 1_000

export class Idle {
  readonly members: Member[] = []
  readonly #visitors: Visitor[] = []
  /** How many were hung up on. */
  gone = 0
  #beat: NodeJS.Timeout | undefined
  #next = 0

  constructor(private readonly url: string) {}

  async enter(count: number): Promise<void> {
    this.#beat ??= setInterval(() => this.#say(), BEAT_MS)
    const topics = Array.from({ length: Math.ceil(count / 2) }, () => randomBytes(TOPIC_BYTES))
    await atOnce(count, async (n) => {
      const member = await Member.enter(this.url)
      await member.announce(topics[n >> 1]!)
      member.onGone = () => this.gone++
      this.members.push(member)
    })
  }

  /** Those who have a session with the KUBE itself, as devices do whose spaces it keeps, and no more. */
  visit(count: number): Promise<void> {
    return atOnce(count, async () => void this.#visitors.push(await Visitor.enter(this.url)))
  }

  /** How many sessions are there. */
  get sessions(): number {
    return this.#visitors.filter(({ session }) => session.isOpen).length
  }

  leave(): void {
    clearInterval(this.#beat)
    for (const visitor of this.#visitors) visitor.leave()
    for (const member of this.members) {
      member.onGone = () => undefined
      member.leave()
    }
  }

  /** Not all at once: devices that came at different times do not. */
  #say(): void {
    const { length } = this.members
    const until = this.#next + Math.ceil((length * BEAT_MS) / SAID_MS)
    for (; this.#next < until && length > 0; this.#next++) this.members[this.#next % length]!.say(['ping'])
  }
}

async function atOnce(count: number, come: (n: number) => Promise<void>): Promise<void> {
  let begun = 0
  const next = async () => {
    for (let n = begun++; n < count; n = begun++) await come(n)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}

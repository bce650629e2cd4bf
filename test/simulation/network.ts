/**
 * Between devices, until there is a network: what they say of a space is carried late and in any order, or twice, or
 * not at all, and some of it is spoilt on the way. Each asks by what it holds, and is answered by what it lacks.
 */
import type { Holding } from '../../worker/echo/exchange.js'
import type { DeviceId, SpaceId } from '../../worker/protocol/ids.js'
import type { Random } from '../e2e/random.js'
import type { Device } from './people-and-feeds.js'

/** Of what is said, how much is lost, comes twice, or is spoilt. */
const LOST = 0.2
const TWICE = 0.1
const SPOILT = 0.05
/** Entries in one answer, at most. */
const MOST = 20

type Message =
  | { readonly t: 'holds'; readonly feeds: ReadonlyMap<DeviceId, Holding>; wanted: readonly string[] }
  | { readonly t: 'log' | 'feed'; readonly entries: readonly Uint8Array[] }

interface Letter {
  readonly from: Device
  readonly to: Device
  readonly message: Message
}

export class Network {
  private waiting: Letter[] = []
  /** Those on one side of a wall; nothing passes it. */
  private apart: ReadonlySet<Device> = new Set()

  constructor(
    private readonly space: SpaceId,
    private readonly random: Random,
  ) {}

  /** From here on these hear each other and nobody else, and nor do the others. */
  part(...devices: Device[]): void {
    this.apart = new Set(devices)
  }

  /** `from` says who is in, as it knows it, and what it holds. */
  async ask(from: Device, to: Device): Promise<void> {
    if (!from.halo.get(this.space)) return
    this.send({ from, to, message: { t: 'log', entries: from.halo.admissions.entriesOf(this.space) } })
    const { exchange } = from.echo
    const [feeds, wanted] = [await exchange.holdings(this.space), await exchange.wanted(this.space)]
    await exchange.durable()
    this.send({ from, to, message: { t: 'holds', feeds, wanted } })
  }

  /** Some of what is on its way arrives. @param most letters */
  async carry(most: number): Promise<void> {
    for (let i = 0; i < most && this.waiting.length > 0; i++) {
      const [letter] = this.waiting.splice(this.random.between(0, this.waiting.length - 1), 1)
      await this.arrive(letter!)
    }
  }

  private send(letter: Letter): void {
    const { random } = this
    if (random.next() < LOST || this.apart.has(letter.from) !== this.apart.has(letter.to)) return
    this.waiting.push(letter)
    if (random.next() < TWICE) this.waiting.push(letter)
  }

  private async arrive({ from, to, message }: Letter): Promise<void> {
    const { space, random } = this
    // It has left meanwhile, or was removed.
    if (!to.halo.get(space)) return
    if (message.t === 'holds') {
      const { exchange } = to.echo
      const answer = (entries: readonly Uint8Array[]) =>
        this.send({ from: to, to: from, message: { t: 'feed', entries: entries.slice(0, MOST) } })
      for await (const entries of exchange.lackedBy(space, message.feeds)) answer(entries)
      const named = await exchange.entriesNamed(space, message.wanted)
      if (named.length > 0) answer(named)
      return
    }
    const entries = random.next() < SPOILT ? this.spoil(message.entries) : message.entries
    if (message.t === 'feed') await to.echo.exchange.receive(space, entries)
    // What is spoilt, or came before what it builds on, is told again.
    else await to.halo.admissions.receive(space, entries).catch(() => 0)
  }

  private spoil(entries: readonly Uint8Array[]): Uint8Array[] {
    const spoilt = entries.map((entry) => entry.slice())
    const entry = this.random.pick(spoilt)
    const at = this.random.between(0, entry.length - 1)
    entry[at] = entry[at]! ^ (1 << this.random.between(0, 7))
    return spoilt
  }
}

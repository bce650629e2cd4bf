/** Two sides of one space, what they say to each other, and a time that passes when a test says so. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Lane, Message, Wire } from '../../worker/protocol/wire.js'
import { Replicating } from '../../worker/mesh/replicating.js'
import { decodeWire, encodeWire } from '../../worker/mesh/wire-codec.js'
import type { Box } from './box.js'

export class Time {
  private at = 1_000_000
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now = (): number => this.at

  later = (run: () => void, ms: number): (() => void) => {
    const timer = { at: this.at + ms, run }
    this.timers.add(timer)
    return () => void this.timers.delete(timer)
  }

  /** What is due meanwhile runs, each at its time, and what follows from it. */
  async pass(ms: number): Promise<void> {
    const end = this.at + ms
    await quiet()
    for (;;) {
      const [next] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.at = Math.max(this.at, next.at)
      this.timers.delete(next)
      next.run()
      await quiet()
    }
    this.at = end
  }
}

/** What waits for nothing but its turn has had it. */
export async function quiet(): Promise<void> {
  for (let n = 0; n < 60; n++) await turn()
}

export class Side {
  other!: Side
  replicating!: Replicating
  /** What it has said. */
  readonly said: Wire[] = []
  /** What of it the other one hears. */
  hears: (message: Wire) => boolean = () => true
  /** Whether it takes what is on `bulk`. */
  takesBulk = true
  private last: Promise<void> = Promise.resolve()

  constructor(readonly box: Box) {}

  /** One message after the other; each is as it comes out of bytes. */
  send = (message: Message, lane: Lane = 'control'): Promise<void> => {
    const one = decodeWire(encodeWire(message), lane) as Wire
    this.said.push(one)
    if (lane === 'bulk' && !this.takesBulk) return new Promise(() => undefined)
    return (this.last = this.last.then(async () => {
      await turn()
      if (this.hears(one)) void this.other.replicating.take(one)
    }))
  }

  names(): string[] {
    return this.said.map(([name]) => name)
  }

  count(name: Wire[0]): number {
    return this.said.filter(([t]) => t === name).length
  }
}

/** One side, and somebody at the other end who says by hand what they like. */
export function alone(box: Box, time = new Time(), side = new Side(box)) {
  const end = new Side(box)
  side.other = end
  end.other = side
  const replicating = new Replicating(time, side, box, { held: () => undefined })
  side.replicating ??= replicating
  end.replicating = { take: () => undefined } as never
  const say = async (...message: Wire): Promise<void> => {
    void replicating.take(
      decodeWire(encodeWire(message), message[0] === 'piece' ? 'bulk' : 'control') as Wire,
    )
    await quiet()
  }
  return { time, side, say, replicating }
}

export function pair(one: Box, two: Box) {
  const time = new Time()
  const [a, b] = [new Side(one), new Side(two)]
  a.other = b
  b.other = a
  for (const side of [a, b])
    side.replicating = new Replicating(time, side, side.box, { held: () => undefined })
  return { time, a, b }
}

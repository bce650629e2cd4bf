/** Two honest devices that send to each other through the KUBE, as devices that share a space do. */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { TOPIC_BYTES } from '../../worker/protocol/signal.js'
import { Member } from './member.js'

/** About as much as an entry of one edit, in bytes. */
export const FRAME_BYTES = 500
/** What has not come back by then is no round trip, in milliseconds. */
const LONGEST_MS = 30_000

export class Pair {
  private constructor(
    private readonly topic: Uint8Array,
    private readonly near: Member,
    private readonly far: Member,
  ) {}

  static async meet(url: string): Promise<Pair> {
    const topic = randomBytes(TOPIC_BYTES)
    const [near, far] = [await Member.enter(url), await Member.enter(url)]
    await near.announce(topic)
    await far.announce(topic)
    far.onHeard = (message) => {
      if (message[0] === 'from') far.say(['send', topic, near.peer, message[3]])
    }
    return new Pair(topic, near, far)
  }

  /** @returns in milliseconds; one after the other */
  async roundTrip(): Promise<number> {
    const { near, far, topic } = this
    const began = performance.now()
    const back = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Nothing is back in ${LONGEST_MS} ms.`)), LONGEST_MS)
      for (const one of [near, far]) one.onGone = () => reject(one.gone)
      near.onHeard = (message) => {
        if (message[0] !== 'from') return
        clearTimeout(late)
        resolve()
      }
    })
    near.say(['send', topic, far.peer, Buffer.alloc(FRAME_BYTES, 1)])
    await back
    return performance.now() - began
  }

  /** @param everyMs from one to the next @returns of each, in milliseconds */
  async roundTrips(isOver: () => boolean, everyMs: number): Promise<number[]> {
    const times: number[] = []
    for (; !isOver(); await pause(everyMs)) times.push(await this.roundTrip())
    return times
  }

  leave(): void {
    this.near.onGone = this.far.onGone = () => undefined
    this.near.leave()
    this.far.leave()
  }
}

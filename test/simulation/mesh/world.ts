/**
 * The time of a simulated world: it stands still while anything is being worked on, and then goes to whatever is due next. So waits
 * keep their proportions, however slow the machine is, and hours pass in seconds. Nothing in it is computed in other threads, and all that
 * chance decides is from the seed: a seed repeats every message, byte for byte.
 */
import { createHash } from 'node:crypto'
import { platform as kubePlatform } from '../../../kube/platform.js'
import { Random } from '../../e2e/random.js'
import { chanceFrom } from '../replay/chance.js'
import { channelsBy } from '../replay/channel.js'
import { putInPlace } from '../replay/webcrypto.js'

/** Beyond it, browsers and Node run a timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** Rests between two looks at how long it has worked: each look asks the system. */
const RESTS_A_LOOK = 256

interface Timer {
  readonly at: number
  /** Of those that are due together, the order is by chance. */
  readonly luck: number
  readonly run: () => void
}

export class World {
  /** Milliseconds since it began. */
  time = 0
  /** What nobody has caught. */
  readonly faults: unknown[] = []
  /** What is on its way in turns of Node's event loop: no time passes meanwhile. */
  readonly turns = { underway: 0 }
  /** Whoever computes by it has imported no key so far: what a world before has done takes nothing from the turns of this one. */
  readonly subtle = Object.create(crypto.subtle) as SubtleCrypto
  private readonly said = createHash('sha256')
  private readonly loads: (() => Promise<void>)[] = []
  private rests = 0
  private timers: Timer[] = []
  private readonly ends: number
  private readonly caught = (e: unknown) => void this.faults.push(e)

  /** @param limitMs of the processor's time, after which it ends by failing: others may be at work on the machine */
  constructor(
    readonly random: Random,
    readonly limitMs = 60_000,
  ) {
    this.ends = workedMs() + limitMs
    putInPlace()
    Object.assign(kubePlatform, { subtle: this.subtle })
    channelsBy(this.turns)
    chanceFrom(new Random(random.between(1, 2 ** 30)))
    process.on('unhandledRejection', this.caught)
    process.on('uncaughtException', this.caught)
  }

  close(): void {
    chanceFrom(undefined)
    channelsBy(undefined)
    this.timers = []
    process.off('unhandledRejection', this.caught)
    process.off('uncaughtException', this.caught)
  }

  /** As `setTimeout`. @returns calls it off */
  later(run: () => void, ms: number): () => void {
    const wait = ms >= 1 && ms <= LONGEST_TIMER_MS ? ms : 1
    return this.at(this.time + wait, run)
  }

  /** At that time, and not in the order of anything else that is due then. */
  at(at: number, run: () => void): () => void {
    const timer: Timer = { at, luck: this.random.next(), run }
    let i = this.timers.length
    while (i > 0 && isBefore(timer, this.timers[i - 1]!)) i--
    this.timers.splice(i, 0, timer)
    return () => {
      const at = this.timers.indexOf(timer)
      if (at >= 0) this.timers.splice(at, 1)
    }
  }

  /** Anything that two runs of a seed must have in common, in this order. */
  note(what: string | Uint8Array): void {
    this.said.update(what)
  }

  /** A digest of everything that was noted so far. */
  get digest(): string {
    return this.said.copy().digest('hex')
  }

  /**
   * For code that is loaded when it is first used, in real time: it is, when nothing else is going on.
   * @param isOn whether it can still end: who has lost power waits for ever
   */
  loading<T>(load: () => Promise<T>, isOn: () => boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      this.loads.push(async () => {
        let isUnderway = isOn()
        const ended = () => void (isUnderway = false)
        if (isUnderway) load().then(resolve, reject).finally(ended)
        while (isUnderway && isOn()) await turn()
      })
    })
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.later(resolve, ms))
  }

  /** Time passes until this is so. @returns false if it is not after so many milliseconds */
  async until(is: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.time + mostMs
    await this.rest()
    while (!is()) {
      const [next] = this.timers
      if (!next || next.at > end) {
        this.time = end
        return is()
      }
      await this.turn()
    }
    return true
  }

  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms)
  }

  /** Time passes until it is done. @throws as that does, or that it takes longer */
  async done<T>(work: Promise<T>, mostMs = 120_000, what = 'something'): Promise<T> {
    let isDone = false
    const ended = () => void (isDone = true)
    work.then(ended, ended)
    if (!(await this.until(() => isDone, mostMs))) throw new Error(`${what} takes more than ${mostMs} ms`)
    return work
  }

  private async turn(): Promise<void> {
    this.time = Math.max(this.time, this.timers[0]!.at)
    while (this.timers[0] && this.timers[0].at <= this.time) {
      const { run } = this.timers.shift()!
      try {
        run()
      } catch (e) {
        this.faults.push(e)
      }
    }
    await this.rest()
  }

  /** All that is being worked on is done: it goes on in microtasks, and these end before Node's next turn. */
  private async rest(): Promise<void> {
    for (let load: (() => Promise<void>) | undefined; ;) {
      await turn()
      if (this.turns.underway > 0) continue
      if (!(load = this.loads.shift())) break
      await load()
    }
    if (++this.rests % RESTS_A_LOOK === 0 && workedMs() > this.ends)
      throw new Error(`it has not ended after ${this.limitMs / 1000} s`)
    if (this.faults.length > 0) throw this.faults[0]
  }
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const isBefore = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.luck < b.luck)

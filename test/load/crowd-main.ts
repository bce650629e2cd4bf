/** A process of its own for those who are many: `Crowd` tells it what to do, and asks how it goes. */
import { pour } from './garbage.js'
import { openBare } from './bare-pair.js'
import { Idle } from './idle.js'
import { Slow } from './slow.js'

const [url = ''] = process.argv.slice(2)
const idle = new Idle(url)
const slow = new Slow(url)

const jobs = {
  idle: (count: number) => idle.enter(count),
  sessions: (count: number) => idle.visit(count),
  /** Connections to something that is no KUBE. */
  bare: (count: number) => openBare(url, count),
  slow: (count: number) => slow.enter(count),
  pour: (frames: number) => pour(url, frames),
  async state() {
    const { members, gone, sessions } = idle
    return {
      ...{ idle: members.length - gone, idleGone: gone, sessions },
      ...{ slowGone: slow.gone, sent: slow.sent },
    }
  },
  async leave() {
    idle.leave()
    slow.leave()
  },
}
export type Jobs = typeof jobs

export interface Asked {
  readonly n: number
  readonly job: keyof Jobs
  readonly count: number
}
export interface Answered {
  readonly n: number
  readonly value?: unknown
  readonly failed?: string
}

process.on('message', ({ n, job, count }: Asked) => {
  const answer = (answered: Omit<Answered, 'n'>) => process.send!({ n, ...answered })
  jobs[job](count).then(
    (value) => answer({ value }),
    (e: Error) => answer({ failed: e.stack ?? e.message }),
  )
})
process.on('disconnect', () => process.exit())

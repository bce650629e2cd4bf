/** Two people in two browsers on one machine, who share a space by a KUBE: what the rows about them have in common. */
import { startServer, type RunningServer } from '../../kube/server.js'
import { Person } from '../e2e/person.js'
import { dist, folder } from '../e2e/site.js'
import type { LaunchOptions } from '../engines/engine.js'

export interface Two {
  readonly server: RunningServer
  readonly olga: Person
  readonly ed: Person
}

export async function withTwo(run: (two: Two) => Promise<void>, options: LaunchOptions = {}): Promise<void> {
  const server = await startServer({ dist, apps: [folder('../e2e/pages/alpha')] })
  const page = `${server.url}/apps/alpha/`
  const olga = await Person.with('chromium', 'Olga', page, options)
  const ed = await Person.with('chromium', 'Ed', page, options)
  try {
    await run({ server, olga, ed })
  } finally {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
  }
}

/** Both are in a space where what Olga sets in `ping` Ed shows again in `pong`. */
export async function answering(olga: Person, ed: Person): Promise<string> {
  const space = await olga.createSpace('Bench')
  await olga.add(space, 'ping', '')
  await olga.add(space, 'pong', '')
  await ed.join(await olga.invite(space))
  await ed.run(async (id) => {
    const one = window.home.getSpace(id)!
    const todos = one.query('todo')
    await todos.ready
    const named = (title: string) => todos.value.find((todo) => todo['title'] === title)!
    hearth.on(named('ping'), () => (named('pong')['n'] = named('ping')['n']))
  }, space)
  return space
}

/** @returns of each answer that Olga has seen, half of what it took, in milliseconds: so no clocks are compared */
export const echoes = (olga: Person, space: string, count: number): Promise<number[]> =>
  olga.run(
    async ({ space, count }) => {
      const one = window.home.getSpace(space)!
      const todos = one.query('todo')
      await todos.ready
      const [ping, pong] = ['ping', 'pong'].map((title) =>
        todos.value.find((todo) => todo['title'] === title)!,
      )
      const times: number[] = []
      const before = (ping!['n'] as number | undefined) ?? 0
      for (let n = before + 1; n <= before + count; n++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        const heard = new Promise<void>((resolve) => {
          const stop = hearth.on(pong!, () => {
            if (pong!['n'] !== n) return
            stop()
            resolve()
          })
        })
        const began = performance.now()
        ping!['n'] = n
        await heard
        times.push((performance.now() - began) / 2)
      }
      return times
    },
    { space, count },
  )

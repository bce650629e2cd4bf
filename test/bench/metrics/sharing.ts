/** Two people in two browsers on one machine, through a KUBE: how soon one sees what the other does, and how long it takes to come in. */
import { RELAYED } from '../../e2e/pair.js'
import type { Person } from '../../e2e/person.js'
import type { EnginePage } from '../../engines/engine.js'
import { bareRelay } from '../remote/bare-relay.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'
import { answering, echoes, withTwo } from '../two.js'

const ECHOES = 300
/** Beside three times the floor, in milliseconds. */
const MORE_MS = 4
const INITIAL_MS = 5_000
const JOIN_MS = 2_000
const CHUNK = 1_000

/** An edit of Olga's on Ed's screen: half of what it takes until she sees his answer, so that no clocks are compared. */
export async function relayLatency(run: Run): Promise<void> {
  const count = run.quick ? ECHOES / 3 : ECHOES
  for (let rep = 0; rep < run.reps; rep++)
    await withTwo(async ({ olga, ed }) => {
      const floor = quantile(await rawEchoes(olga, ed, count), 0.5)
      const space = await answering(olga, ed)
      const times = await echoes(olga, space, count)
      const spec: RowSpec = {
        metric: 'relay-latency p50',
        unit: 'ms',
        budget: { of: 'most', limit: Math.round((3 * floor + MORE_MS) * 100) / 100 },
      }
      run.add(spec, { system: 'floor' }, floor)
      run.add(spec, { system: 'hearth' }, quantile(times, 0.5))
      run.add({ metric: 'relay-latency p99', unit: 'ms' }, { system: 'hearth' }, quantile(times, 0.99))
    }, RELAYED)
}

async function rawEchoes(olga: Person, ed: Person, count: number): Promise<number[]> {
  const relay = await bareRelay()
  const pages = await Promise.all([olga, ed].map((person) => person.visit(relay.url)))
  const [near, far] = pages as [EnginePage, EnginePage]
  const url = relay.url.replace('http', 'ws')
  try {
    await far.evaluate(
      (url) =>
        new Promise<void>((resolve) => {
          const socket = new WebSocket(url)
          socket.binaryType = 'arraybuffer'
          socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => socket.send(data)
          socket.onopen = () => resolve()
        }),
      url,
    )
    return await near.evaluate(
      async ({ url, count }) => {
        const socket = new WebSocket(url)
        socket.binaryType = 'arraybuffer'
        await new Promise((resolve) => (socket.onopen = resolve))
        const times: number[] = []
        for (let n = 0; n < count; n++) {
          await new Promise((resolve) => setTimeout(resolve, 10))
          const heard = new Promise((resolve) => (socket.onmessage = resolve))
          const began = performance.now()
          // About as much as an entry of one edit.
          socket.send(new Uint8Array(500))
          await heard
          times.push((performance.now() - began) / 2)
        }
        socket.close()
        return times
      },
      { url, count },
    )
  } finally {
    for (const page of pages) await page.close()
    await relay.close()
  }
}

/** From `join` until so much can be read. */
export async function joining(run: Run): Promise<void> {
  const objects = run.quick ? 1_000 : 10_000
  const jobs: readonly (readonly [RowSpec, number])[] = [
    [{ metric: 'join, first object', unit: 'ms', budget: { of: 'most', limit: JOIN_MS } }, 10],
    [
      {
        metric: `peer-initial ${objects.toLocaleString('en')}`,
        unit: 'ms',
        budget: { of: 'most', limit: (INITIAL_MS * objects) / 10_000 + (run.quick ? JOIN_MS : 0) },
      },
      objects,
    ],
  ]
  for (let rep = 0; rep < run.reps; rep++)
    await withTwo(async ({ olga, ed }) => {
      for (const [spec, count] of jobs) {
        const space = await olga.createSpace(`Of ${count}`)
        await fill(olga, space, count)
        const told = await olga.invite(space)
        run.add(spec, { system: 'hearth' }, await timeToRead(ed, told, count))
      }
    })
}

const fill = (olga: Person, space: string, count: number) =>
  olga.run(
    async ({ space, count, chunk }) => {
      const one = window.home.getSpace(space)!
      for (let n = 0; n < count; n += chunk) {
        one.batch(() => {
          for (let i = n; i < Math.min(n + chunk, count); i++)
            one.add('todo', {
              title: `Note ${i}: what was said on that morning`.slice(0, 40),
              done: false,
              created: i,
            })
        })
        await one.flush()
      }
    },
    { space, count, chunk: CHUNK },
  )

const timeToRead = (ed: Person, told: { link: string; code: string | null }, count: number) =>
  ed.run(
    async ({ link, code, count }) => {
      const began = performance.now()
      const space = await window.home.join(link, { code: code! })
      const todos = space.query('todo')
      await new Promise<void>((resolve) => {
        todos.subscribe((all) => {
          if (all.length >= count && all.every(({ title }) => (title as string).length > 0)) resolve()
        })
      })
      return performance.now() - began
    },
    { ...told, count },
  )

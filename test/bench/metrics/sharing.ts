/** Two people in two browsers on one machine, through a KUBE: how soon one sees what the other does, and how long it takes to come in. */
import { startServer, type RunningServer } from '../../../kube/server.js'
import { Person } from '../../e2e/person.js'
import type { EnginePage, LaunchOptions } from '../../engines/engine.js'
import { dist, folder } from '../../e2e/site.js'
import { bareRelay } from '../remote/bare-relay.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'

const ECHOES = 300
/** Beside three times the floor, in milliseconds. */
const MORE_MS = 4
const INITIAL_MS = 5_000
const JOIN_MS = 2_000
const CHUNK = 1_000

type Two = (server: RunningServer, olga: Person, ed: Person) => Promise<void>

/** They have no other way to each other than the KUBE. */
const RELAYED: LaunchOptions = { scripts: ['delete globalThis.RTCPeerConnection'] }

async function withTwo(run: Two, options: LaunchOptions = {}): Promise<void> {
  const server = await startServer({ dist, apps: [folder('pages/alpha')] })
  const page = `${server.url}/apps/alpha/`
  const olga = await Person.with('chromium', 'Olga', page, options)
  const ed = await Person.with('chromium', 'Ed', page, options)
  try {
    await run(server, olga, ed)
  } finally {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
  }
}

/** An edit of Olga's on Ed's screen: half of what it takes until she sees his answer, so that no clocks are compared. */
export async function relayLatency(run: Run): Promise<void> {
  const count = run.quick ? ECHOES / 3 : ECHOES
  for (let rep = 0; rep < run.reps; rep++)
    await withTwo(async (_, olga, ed) => {
      const floor = quantile(await rawEchoes(olga, ed, count), 0.5)
      const space = await olga.createSpace('Bench')
      await olga.add(space, 'ping', '')
      await olga.add(space, 'pong', '')
      await ed.join(await olga.invite(space))
      await answer(ed, space)
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

/** Ed shows again, in `pong`, what he sees in `ping`. */
const answer = (ed: Person, space: string) =>
  ed.run(async (id) => {
    const one = window.home.getSpace(id)!
    const todos = one.query('todo')
    await todos.ready
    const named = (title: string) => todos.value.find((todo) => todo['title'] === title)!
    hearth.on(named('ping'), () => (named('pong')['n'] = named('ping')['n']))
  }, space)

const echoes = (olga: Person, space: string, count: number) =>
  olga.run(
    async ({ space, count }) => {
      const one = window.home.getSpace(space)!
      const todos = one.query('todo')
      await todos.ready
      const [ping, pong] = ['ping', 'pong'].map((title) =>
        todos.value.find((todo) => todo['title'] === title)!,
      )
      const times: number[] = []
      for (let n = 1; n <= count; n++) {
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
    await withTwo(async (_, olga, ed) => {
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

/** A text that was typed with an entry for each edit: what it takes on the disk, and to come in. */
export async function textGrowth(run: Run): Promise<void> {
  const sizes = [2_000, 20_000]
  const times: number[] = []
  for (const size of sizes)
    await withTwo(async (_, olga, ed) => {
      const space = await olga.createSpace('Text')
      const before = await used(olga)
      await olga.run(
        async ({ space, size }) => {
          const one = window.home.getSpace(space)!
          const note = one.add('todo', { title: 'A text', text: hearth.text('') })
          for (let n = 0; n < size; n++) {
            hearth.splice(note, 'text', n, 0, 'abcdefgh '[n % 9])
            await one.flush()
          }
        },
        { space, size },
      )
      const kilobytes = ((await used(olga)) - before) / 1000
      run.add(
        { metric: `text-growth ${size.toLocaleString('en')}, stored`, unit: 'kB' },
        { system: 'hearth' },
        kilobytes,
      )
      const told = await olga.invite(space)
      const ms = await ed.run(
        async ({ link, code, size }) => {
          const began = performance.now()
          const space = await window.home.join(link, { code: code! })
          const todos = space.query('todo')
          await new Promise<void>((resolve) => {
            todos.subscribe(([note]) => {
              if (String(note?.['text'] ?? '').length === size) resolve()
              else if (note) hearth.on(note, () => String(note['text']).length === size && resolve())
            })
          })
          return performance.now() - began
        },
        { ...told, size },
      )
      times.push(ms)
      run.add(
        { metric: `text-growth ${size.toLocaleString('en')}, to join`, unit: 'ms' },
        { system: 'hearth' },
        ms,
      )
    })
}

/** Bytes of the entries alone cannot be told from a page: what the browser says that the origin uses. */
const used = (person: Person) =>
  person.run(async () => (await navigator.storage.estimate()).usage ?? 0, undefined)

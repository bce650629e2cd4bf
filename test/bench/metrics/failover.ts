/**
 * The tab that holds a direct link goes: how late the edits are that are made meanwhile, in another tab of the same device and on the
 * other device. Both write all the time; of each trial that edit counts which took longest, of those that were made from when the tab
 * begins to go until a moment after both devices know. What comes later is no failover.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { startServer } from '../../../kube/server.js'
import { areDirect, hostOf } from '../../e2e/linked.js'
import { Person } from '../../e2e/person.js'
import { dist, folder } from '../../e2e/site.js'
import { until } from '../../e2e/wait.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'

const TRIALS = 50
/** Edits still count that were made so long after both devices knew, in milliseconds. */
const AFTER_MS = 200
/** Before the tab goes, both write for so long, in milliseconds. */
const BEFORE_MS = 500
/** Between two edits of one side, in milliseconds. */
const BETWEEN_MS = 40
/** The longest that an edit may take, in milliseconds: then the run has failed. */
const LONGEST_MS = 20_000

/** How it goes, and how late an edit may be at p95, in milliseconds. */
const ways: Readonly<Record<string, readonly [limit: number, go: (host: Person) => Promise<unknown>]>> = {
  closed: [300, (host) => host.closeTab()],
  crashed: [500, (host) => host.crashTab()],
  frozen: [3_000, (host) => host.freezeTab()],
}

export async function failover(run: Run): Promise<void> {
  const server = await startServer({ dist, apps: [folder('../e2e/pages/alpha')] })
  const page = `${server.url}/apps/alpha/`
  const [olga, ed] = [await Person.withHiddenTabs('Olga', page), await Person.with('chromium', 'Ed', page)]
  try {
    const space = await olga.createSpace('Bench')
    await olga.add(space, 'Olga', '')
    await olga.add(space, 'Ed', '')
    await ed.join(await olga.invite(space))
    let tabs: readonly Person[] = [olga]
    for (const [how, [limit, go]] of Object.entries(ways)) {
      const row: RowSpec = {
        metric: `failover, host tab ${how}, p95 of ${TRIALS}`,
        unit: 'ms',
        budget: { of: 'most', limit },
      }
      const times: number[] = []
      for (let trial = 0; trial < TRIALS; trial++) {
        const other = await tabs[0]!.tab()
        await areDirect([other, ed], LONGEST_MS)
        const host = await hostOf([...tabs, other])
        const rest = [...tabs, other].find((tab) => tab !== host)!
        times.push(await latest(rest, ed, space, () => go(host)))
        await host.closeTab()
        tabs = [rest]
      }
      run.add(row, { system: 'hearth' }, quantile(times, 0.95))
      run.add(
        { metric: `failover, host tab ${how}, p50`, unit: 'ms' },
        { system: 'hearth' },
        quantile(times, 0.5),
      )
    }
  } finally {
    await Promise.allSettled([olga.leave(), ed.leave()])
    await server.close()
  }
}

/** When an edit was made, or first seen, by its number; in milliseconds since 1970: both browsers have the clock of one machine. */
type Times = readonly number[]
interface Noted {
  readonly made: Times
  readonly seen: Times
  /** When the tab was first told that the device has no direct link, in milliseconds since 1970. */
  readonly leftAt?: number
}

/** @returns of the edits while the tab goes, what the one took that took longest until it was seen, in milliseconds */
async function latest(olga: Person, ed: Person, space: string, go: () => Promise<unknown>): Promise<number> {
  const people = [olga, ed] as const
  for (const person of people) await begin(person, space)
  await Promise.all(
    people.map((person) => write(person, space, person === olga ? ['Olga', 'Ed'] : ['Ed', 'Olga'])),
  )
  await pause(BEFORE_MS)
  const from = Date.now()
  await go()
  const leftAt = await until(
    'both to know',
    async () => {
      const [hers, his] = await Promise.all(people.map(left))
      return hers && his && Math.max(hers, his)
    },
    LONGEST_MS,
  )
  await pause(AFTER_MS)
  const counts = await Promise.all(people.map(stop))
  const [hers, his] = await Promise.all([noted(olga, counts[1]!), noted(ed, counts[0]!)])
  const isMeanwhile = (at: number) => at >= from && at <= leftAt + AFTER_MS
  const delays = (made: Times, seen: Times) =>
    made.flatMap((at, n) => (isMeanwhile(at) ? [seen[n]! - at] : []))
  return Math.max(...delays(hers.made, his.seen), ...delays(his.made, hers.seen))
}

/** Both begin at 0, and know it of each other. */
const begin = (person: Person, space: string) =>
  person.run(async (space) => {
    const todos = window.home.getSpace(space)!.query('todo')
    await todos.ready
    for (const todo of todos.value) todo['n'] = 0
    for (const end = Date.now() + 5_000; todos.value.some(({ n }) => n !== 0);)
      if (Date.now() > end) throw new Error('They do not begin.')
      else await new Promise((resolve) => setTimeout(resolve, 20))
    todos.close()
  }, space)

/** Sets `n` of what has one's own title, again and again, and notes what comes of the other's. */
const write = (person: Person, space: string, titles: readonly [own: string, other: string]) =>
  person.run(
    async ({ space, titles, between }) => {
      const todos = window.home.getSpace(space)!.query('todo')
      await todos.ready
      const [own, other] = titles.map((title) => todos.value.find((todo) => todo['title'] === title)!)
      const noted = { made: [] as number[], seen: [] as number[], leftAt: undefined as number | undefined }
      const stopLooking = hearth.on(other!, () => {
        while (noted.seen.length < (other!['n'] as number)) noted.seen.push(Date.now())
      })
      const stopLinks = window.home.status.subscribe(({ links }) => {
        if (links.every(({ kind }) => kind !== 'direct')) noted.leftAt ??= Date.now()
      })
      const writing = setInterval(() => {
        noted.made.push(Date.now())
        own!['n'] = noted.made.length
      }, between)
      Object.assign(window, {
        noted,
        stopWriting: () => {
          clearInterval(writing)
          stopLinks()
          return noted.made.length
        },
        stopLooking,
      })
    },
    { space, titles, between: BETWEEN_MS },
  )

const stop = (person: Person) =>
  person.run(() => (window as unknown as { stopWriting(): number }).stopWriting(), undefined)

const left = (person: Person) =>
  person.run(() => (window as unknown as { noted: Noted }).noted.leftAt ?? null, undefined)

/** @param count of the other's edits */
const noted = (person: Person, count: number) =>
  person.run(
    async ({ count, most }) => {
      const { noted, stopLooking } = window as unknown as { noted: Noted; stopLooking(): void }
      for (const end = Date.now() + most; noted.seen.length < count && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 20))
      stopLooking()
      if (noted.seen.length < count) throw new Error(`${noted.seen.length} of ${count} edits were seen.`)
      return noted
    },
    { count, most: LONGEST_MS },
  )

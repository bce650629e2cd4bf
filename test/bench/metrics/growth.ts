/**
 * How figures grow with the number of notes stored: each at four sizes, and the slope on log-log axes. Neither
 * a keystroke nor opening a view of 50 may grow.
 */
import { Arena } from '../arena.js'
import { settledMemory } from '../memory.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { median, slope } from '../stats.js'
import type { SystemName } from '../systems.js'
import { attach } from './attach.js'
import { latencies } from './latency.js'

const SIZES = [100, 1_000, 10_000, 100_000]
const LIMIT = 50
const COUNT = 100
/** What is left of a slope of 0 when times of milliseconds are measured. */
const FLAT = 0.1

type Figure =
  | 'view of 50, cold'
  | 'view of 50, warm'
  | 'keystroke, tab to tab'
  | 'one write, durable'
  | 'all, cold'
  | 'all, warm'
  | 'memory of worker and one tab of 50'
const flat: ReadonlySet<Figure> = new Set([
  'view of 50, cold',
  'view of 50, warm',
  'keystroke, tab to tab',
  'one write, durable',
])

type Found = Record<Figure, number>

export async function growth(run: Run): Promise<void> {
  const sizes = run.quick ? SIZES.slice(0, -1) : SIZES
  /** Each value of a figure, with the size that it was measured at. */
  const found = new Map<SystemName, Map<Figure, [number, number][]>>()
  for (const size of sizes)
    await run.alternate(size, { rows: [], systems: ['floor', 'hearth'] }, async (arena) => {
      const figures = await measure(run, arena, size)
      for (const [name, value] of Object.entries(figures) as [Figure, number][]) {
        run.add(rowAt(name, size), arena, value)
        const points = found.get(arena.system) ?? new Map<Figure, [number, number][]>()
        found.set(arena.system, points)
        points.set(name, [...(points.get(name) ?? []), [size, value]])
      }
    })
  for (const [system, figures] of found)
    for (const [name, points] of figures) run.add(slopeOf(name), { system }, slope(medians(points)))
}

/** One point for each size: one bad value in a few does not bend the line. */
function medians(points: readonly (readonly [number, number])[]): [number, number][] {
  const sizes = [...new Set(points.map(([size]) => size))]
  return sizes.map((size) => [size, median(points.flatMap(([at, value]) => (at === size ? [value] : [])))])
}

async function measure(run: Run, arena: Arena, size: number): Promise<Found> {
  const fresh = async () => {
    await arena.stop()
    await arena.start()
  }
  await arena.browser.newTab(run.server.urlOf('blank'))
  const empty = await settledMemory(arena)
  await fresh()
  const viewCold = await attach(arena, size, LIMIT)
  const memory = (await settledMemory(arena)) - empty
  const viewWarm = median([
    await attach(arena, size, LIMIT),
    await attach(arena, size, LIMIT),
    await attach(arena, size, LIMIT),
  ])
  const [one, other] = arena.browser.context.pages().slice(-2)
  const keystroke = median(await latencies(one!, other!, 'grown', COUNT))
  const write = await one!.evaluate((count) => window.bench.writes(count), COUNT)
  await fresh()
  const allCold = await attach(arena, size)
  const allWarm = await attach(arena, size)
  return {
    'view of 50, cold': viewCold,
    'view of 50, warm': viewWarm,
    'keystroke, tab to tab': keystroke,
    'one write, durable': median(write),
    'all, cold': allCold,
    'all, warm': allWarm,
    'memory of worker and one tab of 50': memory,
  }
}

function rowAt(name: Figure, size: number): RowSpec {
  const memory = name.startsWith('memory')
  return {
    metric: `growth: ${name}, of ${size.toLocaleString('en')}`,
    unit: memory ? 'MB' : 'ms',
    series: { figure: name, at: size },
    ...(memory && size === 100_000 && { budget: { of: 'most', limit: 200 } }),
  }
}

const slopeOf = (name: Figure): RowSpec => ({
  metric: `growth: ${name}, slope`,
  unit: 'slope',
  series: { figure: name, at: 'slope' },
  ...(flat.has(name) && { budget: { of: 'most', limit: FLAT } }),
})

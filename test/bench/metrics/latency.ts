/** One field of one note, from the tab that sets it to the tab that shows it. */
import type { Page } from 'playwright-core'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'

const COUNT = 300
/** After a change was heard of, until the next one: each is alone. */
const PAUSE_MS = 6

const p50: RowSpec = { metric: 'tab-latency p50', unit: 'ms', budget: { of: 'ratio', limit: 1.6 } }
const p99: RowSpec = { metric: 'tab-latency p99', unit: 'ms', budget: { of: 'ratio', limit: 2 } }

export async function tabLatency(run: Run): Promise<void> {
  await run.alternate(1_000, { rows: [p50, p99] }, async (arena) => {
    const one = await arena.tab()
    const other = await arena.tab()
    const count = run.quick ? COUNT / 3 : COUNT
    await latencies(one, other, 'warming', COUNT / 3)
    // Both ways: a difference between the clocks of the two tabs cancels out.
    const there = await latencies(one, other, 'there', count)
    const back = await latencies(other, one, 'back', count)
    const times = [...there, ...back]
    run.add(p50, arena, quantile(times, 0.5))
    run.add(p99, arena, quantile(times, 0.99))
  })
}

export async function latencies(from: Page, to: Page, name: string, count: number): Promise<number[]> {
  const heard = to.evaluate(([name, count]) => window.bench.hear(name, count), [name, count] as const)
  const said = await from.evaluate(([name, count, pause]) => window.bench.say(name, count, pause), [
    name,
    count,
    PAUSE_MS,
  ] as const)
  return (await heard).map((time, n) => time - said[n]!)
}

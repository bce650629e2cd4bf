/** The worker is ended; until a write made after that in each tab has reached all the others. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { Arena } from '../arena.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'
import { stopAfter } from '../stopped.js'
import { endWorkers } from '../workers.js'

const TABS = 3
const PAUSE_MS = 600
/** A tab that is not live again by then never will be. */
const LIVE_MS = 30_000

const p50: RowSpec = { metric: 'worker-recover p50', unit: 'ms' }
const p95: RowSpec = { metric: 'worker-recover p95', unit: 'ms', budget: { of: 'most', limit: 700 } }

/** Of those that have a worker. */
export async function workerRecover(run: Run): Promise<void> {
  const ends = run.quick ? 4 : 10
  const systems = run.systems.filter((system) => system !== 'floor')
  await run.alternate(1_000, { rows: [p50, p95], systems, about: 'worker' }, async (arena) => {
    const tabs: Page[] = []
    for (let n = 0; n < TABS; n++) tabs.push(await arena.tab())
    const times: number[] = []
    for (let end = 0; end < ends; end++) {
      await sleep(PAUSE_MS)
      times.push(await recovery(arena, tabs, `alive ${end}`))
    }
    run.add(p50, arena, quantile(times, 0.5))
    run.add(p95, arena, quantile(times, 0.95))
  })
}

/** @param word no title yet */
async function recovery(arena: Arena, tabs: readonly Page[], word: string): Promise<number> {
  const begun = (arena.begun = performance.now())
  await endWorkers(arena.browser)
  const live = tabs.map((tab, mine) =>
    tab.evaluate(([mine, tabs, word]) => window.bench.probe(mine, tabs, word), [mine, TABS, word] as const),
  )
  const times = await stopAfter(LIVE_MS, () => begun, Promise.all(live))
  return Math.max(...times) - (performance.timeOrigin + begun)
}

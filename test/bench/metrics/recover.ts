/** The worker is ended; until a write made after that in each tab has reached all the others. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { quantile } from '../stats.js'
import { endWorkers } from '../workers.js'

const TABS = 3
const PAUSE_MS = 600

const p50: RowSpec = { metric: 'worker-recover p50', unit: 'ms' }
const p95: RowSpec = { metric: 'worker-recover p95', unit: 'ms', budget: { of: 'most', limit: 700 } }

/** Of Hearth alone: none of the others comes back. */
export async function workerRecover(run: Run): Promise<void> {
  const ends = run.quick ? 4 : 10
  await run.alternate(
    1_000,
    async (arena) => {
      const tabs = []
      for (let n = 0; n < TABS; n++) tabs.push(await arena.tab())
      const times: number[] = []
      for (let end = 0; end < ends; end++) {
        await sleep(PAUSE_MS)
        const began = performance.timeOrigin + performance.now()
        await endWorkers(arena.browser)
        const live = tabs.map((tab, mine) =>
          tab.evaluate(([mine, tabs, word]) => window.bench.probe(mine, tabs, word), [
            mine,
            TABS,
            `alive ${end}`,
          ] as const),
        )
        times.push(Math.max(...(await Promise.all(live))) - began)
      }
      run.add(p50, arena, quantile(times, 0.5))
      run.add(p95, arena, quantile(times, 0.95))
    },
    ['hearth'],
  )
}

/** How long until a tab can read everything, from navigation. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from '../arena.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import { median } from '../stats.js'

/** Tabs opened in each repetition; the median counts. */
const TABS = 3
/** Between two of them, in milliseconds: what a tab does when it is there is not to be charged to the next one. */
const REST_MS = 1_000

const warm: RowSpec = {
  metric: 'attach-warm 1,000',
  unit: 'ms',
  budget: { of: 'ratio', limit: 1.4 },
}
const cold = (notes: number): RowSpec => ({
  metric: `attach-cold ${notes.toLocaleString('en')}`,
  unit: 'ms',
  budget: { of: 'ratio', limit: 1.3 },
})

/** @throws Error if the tab shows another number of notes */
export async function attach(arena: Arena, notes: number, limit?: number): Promise<number> {
  arena.begun = performance.now()
  const page = await arena.tab(limit)
  const { ms, size } = await page.evaluate(() => window.bench.readable())
  const wanted = Math.min(notes, limit ?? notes)
  if (size !== wanted) throw new Error(`${arena.system} showed ${size} of ${wanted} notes.`)
  return ms
}

/** A further tab, while one is open. */
export async function attachWarm(run: Run): Promise<void> {
  const notes = 1_000
  await run.alternate(notes, { rows: [warm] }, async (arena) => {
    await arena.tab()
    const times: number[] = []
    for (let n = 0; n < TABS; n++) {
      await sleep(REST_MS)
      times.push(await attach(arena, notes))
    }
    run.add(warm, arena, median(times))
  })
}

/** The first tab after the browser was started. */
export async function attachCold(run: Run): Promise<void> {
  for (const notes of run.quick ? [1_000] : [10_000, 1_000])
    await run.alternate(notes, { rows: [cold(notes)] }, async (arena) =>
      run.add(cold(notes), arena, await attach(arena, notes)),
    )
}

/** What each further tab costs, while one is open that shows the same. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from '../arena.js'
import { settledMemory } from '../memory.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'
import type { SystemName } from '../systems.js'

const NOTES = 10_000
const TABS = 4
const QUICK = { notes: 2_000, tabs: 2 }
/** A worker goes on for a moment after it has opened; later tabs are not to be charged for that, or credited. */
const REST_MS = 4_000

const all = (notes: number): RowSpec => ({
  metric: `tab-memory ${notes.toLocaleString('en')} shown`,
  unit: 'MB',
  budget: { of: 'ratio', limit: 1.15 },
})
/** Against an empty tab. */
const some: RowSpec = {
  metric: 'tab-memory 50 shown (to an empty tab)',
  unit: 'MB',
  budget: { of: 'extra', limit: 1.5 },
}

export async function tabMemory(run: Run): Promise<void> {
  const { notes, tabs } = run.quick ? QUICK : { notes: NOTES, tabs: TABS }
  const few: readonly SystemName[] = run.quick ? [] : ['blank', 'hearth']
  const systems: readonly SystemName[] = run.quick ? run.systems : [...run.systems, 'blank']
  const plan = { rows: [all(notes)], systems }
  await run.alternate(notes, plan, async (arena) => {
    if (arena.system !== 'blank') run.add(all(notes), arena, await furtherTab(arena, tabs))
    if (!few.includes(arena.system)) return
    // The same browser again, from the start.
    await arena.stop()
    await arena.start()
    run.add(some, arena, await furtherTab(arena, tabs, 50))
  })
}

async function furtherTab(arena: Arena, tabs: number, limit?: number): Promise<number> {
  await arena.tab(limit)
  await sleep(REST_MS)
  const before = await settledMemory(arena)
  for (let n = 0; n < tabs; n++) await arena.tab(limit)
  return ((await settledMemory(arena)) - before) / tabs
}

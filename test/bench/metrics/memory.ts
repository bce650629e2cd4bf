/** What each further tab costs, while one is open that shows the same. */
import type { Arena } from '../arena.js'
import { settledMemory } from '../memory.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const NOTES = 10_000
const TABS = 4

const all: RowSpec = {
  metric: 'tab-memory 10,000 shown',
  unit: 'MB',
  budget: { of: 'ratio', limit: 1.15 },
}
/** Against an empty tab. */
const some: RowSpec = {
  metric: 'tab-memory 50 shown (to an empty tab)',
  unit: 'MB',
  budget: { of: 'extra', limit: 1.5 },
}

export async function tabMemory(run: Run): Promise<void> {
  const few = ['blank', 'hearth'] as const
  const plan = { rows: [all], systems: [...run.systems, 'blank'] } as const
  await run.alternate(NOTES, plan, async (arena) => {
    if (arena.system !== 'blank') run.add(all, arena, await furtherTab(arena))
    if (!few.some((name) => name === arena.system)) return
    // The same browser again, from the start.
    await arena.stop()
    await arena.start()
    run.add(some, arena, await furtherTab(arena, 50))
  })
}

async function furtherTab(arena: Arena, limit?: number): Promise<number> {
  await arena.tab(limit)
  const before = await settledMemory(arena)
  for (let n = 0; n < TABS; n++) await arena.tab(limit)
  return ((await settledMemory(arena)) - before) / TABS
}

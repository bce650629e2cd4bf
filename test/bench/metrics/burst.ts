/** Many notes made in one turn: until the other tab has read them all, and until all are durable. */
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const COUNT = 5_000

const seen: RowSpec = {
  metric: 'create-burst 5,000, seen',
  unit: 'ms',
  budget: { of: 'ratio', limit: 4 },
}
const durable: RowSpec = {
  metric: 'create-burst 5,000, durable',
  unit: 'ms',
  budget: { of: 'ratio', limit: 2.5 },
}

export async function createBurst(run: Run): Promise<void> {
  await run.alternateAnew({ rows: [seen, durable] }, async (arena) => {
    const writer = await arena.tab()
    const reader = await arena.tab()
    const shown = reader.evaluate((count) => window.bench.seen(count), COUNT)
    arena.begun = performance.now()
    const burst = await writer.evaluate((count) => window.bench.burst(count), COUNT)
    run.add(seen, arena, (await shown) - burst.began)
    run.add(durable, arena, burst.durable - burst.began)
  })
}

/**
 * Acknowledged writes lost when the browser is killed. A killed browser does not test syncing, for the system still
 * has what it wrote: that is tested with a disk that loses power (test/simulation) and by asking the store for
 * what it asks IndexedDB (worker/platform).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../e2e/wait.js'
import { Arena } from '../arena.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const KILLS = { hearth: 100, other: 10, quick: 3 }
const LONGEST_MS = 600

export async function durability(run: Run): Promise<void> {
  const row = spec(run.quick)
  await run.each({ rows: [row] }, async (system) => {
    const kills = run.quick ? KILLS.quick : system === 'hearth' ? KILLS.hearth : KILLS.other
    const arena = await Arena.open(run.server, system, 0)
    try {
      await arena.start()
      const lost = await lostIn(arena, kills)
      run.add(row, arena, lost)
    } finally {
      await arena.close()
    }
  })
}

const spec = (quick: boolean): RowSpec => ({
  metric: `durability, writes lost in ${quick ? KILLS.quick : KILLS.hearth} kills`,
  unit: 'writes',
  budget: { of: 'most', limit: 0 },
})

async function lostIn(arena: Arena, kills: number): Promise<number> {
  /** The number of the last acknowledged edit, by name of a note. */
  const acknowledged = new Map<string, number>()
  let count = 0
  const lost = new Set<string>()
  for (let kill = 0; kill < kills; kill++) {
    const page = await arena.tab()
    const before = count
    await page.exposeFunction('acknowledge', (name: string, edit: number) => {
      acknowledged.set(name, edit)
      count++
    })
    let failure: unknown
    page.evaluate((name) => window.bench.writeForEver(name), `${kill}`).catch((cause) => (failure = cause))
    await until('an acknowledged write', () => {
      if (failure) throw failure
      return count > before
    })
    await sleep(Math.random() * LONGEST_MS)
    await arena.browser.kill()
    await arena.browser.relaunch()

    const reader = await arena.tab()
    const found = new Map(
      (await reader.evaluate(() => window.bench.titles())).map((title) => {
        const [name = '', edit] = title.split(' ')
        return [name, Number(edit)]
      }),
    )
    for (const [name, edit] of acknowledged) if (!((found.get(name) ?? -1) >= edit)) lost.add(name)
    await reader.close()
  }
  console.error(`${arena.system}: ${kills} kills, ${count} writes acknowledged, ${lost.size} lost`)
  return lost.size
}

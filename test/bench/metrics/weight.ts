/** All scripts and wasm that a tab loads for a system, compressed as well as brotli can; not what the worker loads. */
import { brotliCompressSync } from 'node:zlib'
import type { Response } from 'playwright-core'
import { Arena } from '../arena.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const weight: RowSpec = { metric: 'tab-weight, brotli', unit: 'kB', budget: { of: 'most', limit: 10 } }

export async function tabWeight(run: Run): Promise<void> {
  const systems = run.quick ? (['hearth'] as const) : run.systems
  await run.each({ rows: [weight], systems }, async (system) => {
    const arena = await Arena.open(run.server, system, 0)
    try {
      await arena.start()
      const loaded: Promise<number>[] = []
      arena.browser.context.on('response', (response) => {
        if (counts(response, arena))
          loaded.push(response.body().then((body) => brotliCompressSync(body).length))
      })
      await arena.tab()
      const bytes = (await Promise.all(loaded)).reduce((sum, size) => sum + size, 0)
      if (bytes === 0) throw new Error(`${system} loaded no script.`)
      run.add(weight, arena, bytes / 1000)
    } finally {
      await arena.close()
    }
  })
}

/** The bench's own scripts are not the system's; Hearth comes with the script tag, the others as their page's own. */
function counts(response: Response, { system }: Arena): boolean {
  const { pathname } = new URL(response.url())
  if (!/\.(m?js|wasm)$/.test(pathname) || pathname.endsWith('/page.js')) return false
  return !(system === 'hearth' && pathname.endsWith('/system.js'))
}

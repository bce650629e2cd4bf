/**
 * Ed's device comes back to a space that only a KUBE still has: Olga has written 10,000 entries meanwhile, an object in each, and is gone. From when
 * his page is opened until each of them can be read.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { RELAYED } from '../../e2e/pair.js'
import { Person } from '../../e2e/person.js'
import { folder } from '../../e2e/site.js'
import { withKube } from '../kube.js'
import type { RowSpec } from '../rows.js'
import type { Run } from '../run.js'

const ENTRIES = 10_000
const BUDGET_MS = 5_000
/** The longest that all may take to be kept, in milliseconds. */
const KEPT_MS = 120_000
/** Until the worker of a page that was closed is gone, in milliseconds. */
const GONE_MS = 1_000

export async function kubeCatchup(run: Run): Promise<void> {
  const entries = run.quick ? ENTRIES / 5 : ENTRIES
  const row: RowSpec = {
    metric: `kube-catchup ${entries.toLocaleString('en')} entries`,
    unit: 'ms',
    budget: { of: 'most', limit: (BUDGET_MS * entries) / ENTRIES },
  }
  for (let rep = 0; rep < run.reps; rep++)
    await withKube({ HEARTH_APPS: folder('../e2e/pages/alpha') }, async ({ url }) => {
      const page = `${url.replace('127.0.0.1', 'localhost')}/apps/alpha/`
      const olga = await Person.with('chromium', 'Olga', page, RELAYED)
      const ed = await Person.with('chromium', 'Ed', page, RELAYED)
      try {
        const space = await olga.createSpace('Of much')
        await olga.run((id) => window.home.getSpace(id)!.addHost(), space)
        await ed.join(await olga.invite(space))
        await ed.run((id) => window.home.getSpace(id)!.synced(), space)
        await ed.closeTab()
        await write(olga, space, entries)
        await olga.leave()
        await pause(GONE_MS)
        await ed.open()
        run.add(row, { system: 'hearth' }, await readable(ed, space, entries))
      } finally {
        await Promise.allSettled([olga.leave(), ed.leave()])
      }
    })
}

const write = (olga: Person, space: string, count: number) =>
  olga.run(
    async ({ space, count, timeoutMs }) => {
      const one = window.home.getSpace(space)!
      for (let n = 0; n < count; n++) {
        one.add('todo', { title: `Note ${n}: what was said on that morning`, done: false, created: n })
        await one.flush()
      }
      await one.synced({ timeoutMs })
    },
    { space, count, timeoutMs: KEPT_MS },
  )

/** @returns from when the page was navigated to, in milliseconds */
const readable = (ed: Person, space: string, count: number) =>
  ed.run(
    ({ space, count }) =>
      new Promise<number>((resolve) =>
        window.home
          .getSpace(space)!
          .query('todo')
          .subscribe((all) => {
            if (all.length === count && all.every(({ title }) => (title as string).length > 0))
              resolve(performance.now())
          }),
      ),
    { space, count },
  )

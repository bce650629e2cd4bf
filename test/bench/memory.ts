/**
 * Memory of a browser: the proportional set size of all its processes, so that what they share counts once. Without
 * pages of files: those are the browser's own program, of which there is one on a machine; what of it counts for this
 * browser changes by tens of MB whenever another one starts or ends.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from './arena.js'
import { collectInWorkers } from './workers.js'

/** After collecting, until freed pages are given back. */
const SETTLE_MS = 1_500

/** In MB (10^6 bytes), after collecting garbage in every tab and worker. */
export async function settledMemory(arena: Arena): Promise<number> {
  for (let time = 0; time < 2; time++) {
    for (const page of arena.browser.context.pages()) {
      const session = await page.context().newCDPSession(page)
      await session.send('HeapProfiler.collectGarbage')
      await session.detach()
    }
    await collectInWorkers(arena.browser)
  }
  await sleep(SETTLE_MS)
  return treeOf(arena.browser.profile).reduce((sum, pid) => sum + pssOf(pid), 0) / 1e6
}

/** The browser on this profile and all that it started. */
function treeOf(profile: string): string[] {
  const parents = new Map<string, string>()
  const tree = new Set<string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    parents.set(pid, /^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '')
    if (read(`/proc/${pid}/cmdline`).includes(`--user-data-dir=${profile}\0`)) tree.add(pid)
  }
  for (let size = 0; size !== tree.size;) {
    size = tree.size
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid)
  }
  return [...tree]
}

function pssOf(pid: string): number {
  const parts = read(`/proc/${pid}/smaps_rollup`).matchAll(/^Pss_(?:Anon|Shmem):\s*(\d+) kB/gm)
  return [...parts].reduce((sum, [, kB]) => sum + Number(kB) * 1024, 0)
}

/** Empty for a process that has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Each fault: what must be so before a cycle, how it strikes, and what is expected of it. */
import { randomBytes } from 'node:crypto'
import type { Random } from '../e2e/random.js'
import { until, within } from '../e2e/wait.js'
import { Chromium, type ChromiumPage } from '../engines/chromium.js'
import type { Arena } from './arena.js'
import type { FaultName, Load } from './plan.js'
import { newer, older } from './skew.js'
import { pause, type Tab } from './tab.js'

/** A cycle, as a fault sees it. */
export interface Scene {
  readonly arena: Arena
  readonly load: Load
  readonly random: Random
  /** Whether the worker's patience with a frozen tab is to run out. */
  readonly long: boolean
  /** Those that are open, or opening, oldest first. The first one has started the worker. */
  readonly tabs: readonly Tab[]
  /** Of these, those that were open when the fault struck. */
  readonly wereOpen: ReadonlySet<Tab>
  /** Begins to load one more, with the client that is deployed or an older one. */
  open(client?: 'older'): Promise<Tab>
  /** As many tabs as there were, in a browser that has just been started. */
  reopen(): Promise<readonly Tab[]>
  /** Every open tab, or each of these, writes and sees the others' writes within the limit, counted from then. */
  live(since: number, tabs?: readonly Tab[]): Promise<void>
  /** It cannot be told whether tabs that live through it have another worker afterwards. */
  changesWorker(): void
  /** Something else than liveness that must be so. */
  expect(what: string, holds: boolean): void
}

export interface Fault {
  /** Releases are deployed there. */
  readonly skew?: true
  /** There is no service worker, which would take room of its own. */
  readonly alone?: true
  /** Tabs are hidden while others are shown, as they are for a person. */
  readonly plain?: true
  /** What tabs may say instead of being live. */
  readonly allowed?: readonly string[]
  /** Whether tabs that live through it have another worker afterwards. */
  readonly worker: 'same' | 'another' | 'either'
  prepare?(arena: Arena): Promise<void> | void
  /** @returns milliseconds since 1970: tabs have from then on to be live again */
  strike(scene: Scene): Promise<number>
  /** After tabs were live, or had said why not; before they settle. */
  mend?(scene: Scene): Promise<void>
}

/** A tab is live again, or says why not, within so many milliseconds. */
export const LIMIT_MS = 3_000

/** A worker is known to be gone so long after its process, in milliseconds. */
const AFTER_MS = 200

const now = () => Date.now()

/** Characters that no compression makes small. */
const CHUNK = randomBytes(600_000).toString('base64')
/** Room that is left before a store is filled, in bytes; a worker's first write needs 4.6 MB of it for a moment. */
const ROOM = 8_000_000
/** Longer than a worker's patience with a tab that does not answer, in milliseconds. */
const LONG_MS = 36_000

const killBrowser: Fault = {
  worker: 'either',
  async strike({ arena, reopen }) {
    await arena.killBrowser()
    const tabs = await reopen()
    // How long a browser takes to start, and to load pages, is its own.
    await Promise.all(tabs.map((tab) => within('pages to load', tab.loaded)))
    return now()
  },
}

const crashTab: Fault = {
  worker: 'same',
  async strike({ arena, tabs, changesWorker }) {
    const since = now()
    const before = await arena.engine.worker()
    await arena.crash(tabs.at(-1)!)
    // Of tabs that open at once, the last one may have been the first; its worker is known to be gone a moment later.
    await pause(AFTER_MS)
    if ((await arena.engine.worker()) !== before) changesWorker()
    return since
  },
}

const crashCreator: Fault = {
  worker: 'another',
  async strike({ arena, tabs, reopen }) {
    const since = now()
    await arena.crashWorker(tabs)
    if (arena.tabs.length > 0) return since
    // Where its end was seen late, the others were taken for the first one, and have crashed as well.
    await reopen()
    return now()
  },
}

/** The worker has lived where the first tab did, and may go with it, or be started again without a word. */
const closeCreator: Fault = {
  worker: 'either',
  async strike({ arena, tabs }) {
    const since = now()
    await within('its page to load', tabs[0]!.loaded)
    await arena.close(tabs[0]!)
    return since
  },
}

const freezeTab: Fault = {
  plain: true,
  worker: 'same',
  async strike({ tabs, random, long, live, expect }) {
    const tab = random.pick(tabs)
    // A page that is frozen before it has come is the browser's own affair, and is not waited for so long.
    if (long) await within('the page to load', tab.loaded)
    const since = now()
    const thaw = await (tab.page as ChromiumPage).freeze()
    // One that is opening has no agent yet that could tell.
    const beats = () => tab.page.evaluate(() => window.agent?.beats() ?? 0)
    await pause(50)
    const before = await beats()
    // The others are not held up by it.
    await live(
      since,
      tabs.filter((one) => one !== tab),
    )
    await pause(long ? LONG_MS : random.between(200, 1500))
    expect('a frozen tab stands still', (await beats()) - before <= 1)
    const thawed = now()
    await thaw()
    return thawed
  },
}

const endWorker: Fault = {
  worker: 'another',
  async strike({ arena }) {
    await arena.chromium.endWorker()
    return now()
  },
}

const newerBuild: Fault = {
  skew: true,
  worker: 'another',
  prepare: (arena) => arena.skew.deploy(older),
  async strike({ arena, open }) {
    arena.skew.deploy(newer)
    const tab = await open()
    await within('the newer page to load', tab.loaded)
    // How long a browser takes to make a tab, and to ask for its page, is its own.
    return tab.page.evaluate(() => {
      const [{ responseStart }] = performance.getEntriesByType('navigation') as [PerformanceNavigationTiming]
      return Math.round(performance.timeOrigin + responseStart)
    })
  },
  mend: ({ arena, expect }) => buildIs(arena, newer, expect),
}

const olderBuild: Fault = {
  skew: true,
  worker: 'same',
  prepare: (arena) => arena.skew.deploy(newer),
  async strike({ open }) {
    const since = now()
    await within('the older tab to open', (await open('older')).opened)
    return since
  },
  mend: ({ arena, expect }) => buildIs(arena, newer, expect),
}

async function buildIs(arena: Arena, build: string, expect: Scene['expect']): Promise<void> {
  const builds = () => Promise.all(arena.tabs.map((tab) => tab.build()))
  const all = until('the build', async () => (await builds()).every((one) => one === build), LIMIT_MS)
  if (!(await all.catch(() => false)))
    expect(`every tab has the worker of ${build}, not of ${(await builds()).join(', ')}`, false)
}

const closeLast: Fault = {
  worker: 'either',
  async strike({ arena, tabs, random, open }) {
    const [last] = tabs
    await within('the tab to open', last!.opened)
    await arena.close(...tabs.slice(1))
    const flushed = random.next() < 0.5
    await last!.page.evaluate(async (flushed) => {
      window.agent.burst()
      if (flushed) await window.agent.flush()
    }, flushed)
    await arena.close(last!)
    const since = now()
    await open()
    await open()
    return since
  },
}

const storageFull: Fault = {
  alone: true,
  allowed: ['store/quota'],
  worker: 'same',
  async prepare(arena) {
    // Chromium asks for the room that is left at most every 30 s: a new browser asks at once.
    await arena.killBrowser()
    await arena.chromium.limit(ROOM, arena.blank)
  },
  async strike({ tabs, expect }) {
    const [tab] = tabs
    await within('the tab to open', tab!.opened)
    const code = await tab!.page.evaluate((chunk) => window.agent.fill(chunk), CHUNK)
    expect(`a full store says so (it said "${code}")`, code === 'store/quota')
    return now()
  },
  mend: ({ arena }) => arena.chromium.limit(undefined, arena.blank),
}

const storageCleared: Fault = {
  allowed: ['store/cleared'],
  worker: 'another',
  async strike({ arena }) {
    const since = now()
    await arena.clear()
    return since
  },
  async mend({ tabs, wereOpen, expect }) {
    for (const tab of tabs)
      if (wereOpen.has(tab))
        expect('a tab says that the store was cleared', (await tab.rejected()).includes('store/cleared'))
  },
}

const connectionLost: Fault = {
  worker: 'another',
  async strike({ arena, random }) {
    // Ending Chromium's storage service does nothing: IndexedDB is in its browser process.
    return arena.engine instanceof Chromium && random.next() < 0.5
      ? arena.engine.forceClose()
      : upgradeElsewhere(arena)
  },
}

/** Another connection asks for a higher version, and gives up once ours has let go. */
async function upgradeElsewhere(arena: Arena): Promise<number> {
  const page = await arena.blankTab()
  const since = now()
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const request = indexedDB.open('hearth', 1000)
        request.onupgradeneeded = () => request.transaction!.abort()
        request.onerror = () => resolve()
      }),
  )
  await page.close()
  return since
}

export const faults: Readonly<Record<FaultName, Fault>> = {
  'kill-browser': killBrowser,
  'crash-tab': crashTab,
  'crash-creator': crashCreator,
  'close-creator': closeCreator,
  'freeze-tab': freezeTab,
  'end-worker': endWorker,
  'newer-build': newerBuild,
  'older-build': olderBuild,
  'close-last': closeLast,
  'storage-full': storageFull,
  'storage-cleared': storageCleared,
  'connection-lost': connectionLost,
}

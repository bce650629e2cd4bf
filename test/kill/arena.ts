/** Where cycles of one fault take place: a server, a browser with a profile, and the tabs that are open. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CDPSession } from 'playwright-core'
import { Releases, type Release } from '../e2e/releases.js'
import { Stage } from '../e2e/stage.js'
import { until } from '../e2e/wait.js'
import type { AgentOptions } from './agent.js'
import type { TabEvents } from './tab.js'
import { Tab } from './tab.js'

/** Where releases follow one another, nothing may be served from what a browser has kept. */
const NO_SERVICE_WORKER =
  "navigator.serviceWorker.register = () => Promise.reject(new Error('left out of this test'))"

/** Timers of hidden tabs go on: what is timed here is the data plane. */
const FLAGS = ['--disable-background-timer-throttling', '--disable-renderer-backgrounding']

export interface ArenaOptions {
  /** Releases are deployed there; none is at first. */
  readonly skew?: boolean | undefined
  /** There is no service worker. */
  readonly alone?: boolean | undefined
  /** Tabs are hidden while others are shown. */
  readonly plain?: boolean | undefined
}

export class Arena {
  /** All that were opened and not closed, in the order in which they were opened. */
  tabs: Tab[] = []
  private kept: CDPSession | undefined

  private constructor(
    private readonly stage: Stage,
    private readonly releases: Releases | undefined,
    private readonly alone: boolean,
  ) {}

  static async open({ skew = false, alone = skew, plain = false }: ArenaOptions): Promise<Arena> {
    const releases = skew ? new Releases() : undefined
    const stage = await (releases ? Stage.of(releases.dist, ...FLAGS) : Stage.set(...FLAGS))
    const arena = new Arena(stage, releases, alone)
    if (plain) {
      stage.browser.plain = true
      await arena.killBrowser()
    }
    return arena
  }

  get url(): string {
    return this.stage.server.url
  }

  /** At once and whole: pages may be loading. */
  deploy(release: Release): void {
    const { releases } = this
    for (const name of ['hearth.js', 'hearth/worker.js']) {
      const place = join(releases!.dist, name)
      writeFileSync(`${place}.new`, releases!.file(name, release))
      renameSync(`${place}.new`, place)
    }
  }

  /** Begins to load a tab. */
  async tab(options: AgentOptions, events: TabEvents): Promise<Tab> {
    const page = await this.stage.browser.context.newPage()
    if (this.alone) await page.addInitScript(NO_SERVICE_WORKER)
    const tab = new Tab(page, `${this.url}/apps/alpha/`, options, events)
    this.tabs.push(tab)
    return tab
  }

  /** Runs `open` while pages get the `hearth.js` of this release, whatever is deployed. */
  async withClient<T>(release: Release, open: () => Promise<T>): Promise<T> {
    const { context } = this.stage.browser
    const route = (url: URL) => url.pathname === '/hearth.js'
    const body = this.releases!.file('hearth.js', release)
    await context.route(route, (request) =>
      request.fulfill({ contentType: 'text/javascript; charset=utf-8', body }),
    )
    try {
      return await open()
    } finally {
      await context.unroute(route)
    }
  }

  /** Of this origin, without Hearth. */
  blankTab() {
    return this.stage.browser.newTab(`${this.url}/apps/alpha/blank.html`)
  }

  /** A page of the browser's own. */
  async innerPage(url: string) {
    const page = await this.stage.browser.context.newPage()
    await page.goto(url)
    return page
  }

  async close(...tabs: readonly Tab[]): Promise<void> {
    this.tabs = this.tabs.filter((tab) => !tabs.includes(tab))
    await Promise.all(tabs.map((tab) => tab.close()))
  }

  /** A tab that has crashed is there no more, though its frame may be. */
  forget(tab: Tab): void {
    this.tabs = this.tabs.filter((one) => one !== tab)
    void tab.page.close().catch(() => undefined)
  }

  /** Closes all tabs, and waits until the worker has gone with them. */
  async empty(): Promise<void> {
    await this.close(...this.tabs)
    await until('the worker to go with its tabs', async () => (await this.workers()).length === 0)
  }

  async killBrowser(): Promise<void> {
    this.tabs = []
    this.kept = undefined
    await this.stage.browser.kill()
    await this.stage.browser.relaunch()
  }

  clear(): Promise<void> {
    return this.stage.browser.clear(this.url)
  }

  /** Ends the worker as a crash would: no tab is told, and no debugger is attached that could hold the next one back. */
  async endWorker(): Promise<void> {
    const devtools = await this.stage.browser.devtools()
    const targetId = await until('a worker to end', async () => (await this.workers(devtools))[0])
    await devtools.send('Target.closeTarget', { targetId })
    await devtools.detach()
  }

  /** Whoever opened a tab first has started the worker by then, however the machine takes turns. */
  async workerStarted(): Promise<void> {
    await until('a worker to start', async () => (await this.workers()).length > 0)
  }

  private async workers(given?: CDPSession): Promise<string[]> {
    const devtools = given ?? (await this.stage.browser.devtools())
    const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
    if (!given) await devtools.detach()
    return targetInfos.map(({ targetId }) => targetId)
  }

  /** Bytes that this origin may use beyond those it uses now; undefined lifts the limit. */
  async limit(more: number | undefined): Promise<void> {
    const { context } = this.stage.browser
    const session = (this.kept ??= await context.newCDPSession(context.pages()[0]!))
    const origin = this.url
    if (more === undefined) return void (await session.send('Storage.overrideQuotaForOrigin', { origin }))
    // After a start Chromium counts a database only once it was opened.
    const page = await this.blankTab()
    await page.evaluate(openOnce)
    await page.close()
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin })
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + more })
  }

  async end(): Promise<void> {
    // Errors of pages are told cycle by cycle.
    this.stage.browser.errors.length = 0
    try {
      await this.stage.end()
    } finally {
      this.releases?.remove()
    }
  }
}

/** Opens the database if it is there, and closes it; runs in a page. */
async function openOnce(): Promise<void> {
  if (!(await indexedDB.databases()).some(({ name }) => name === 'hearth')) return
  await new Promise<void>((resolve) => {
    const request = indexedDB.open('hearth')
    request.onsuccess = () => {
      request.result.close()
      resolve()
    }
  })
}

/** How busy the machine is: what waits for a processor, on average over the last minute. */
export const load = (): string => readFileSync(join('/proc', 'loadavg'), 'utf8').split(' ')[0]!

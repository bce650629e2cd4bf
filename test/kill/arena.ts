/** Where cycles of one fault take place: a server, a browser with a profile, and the tabs that are open. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer, type RunningServer } from '../../kube/server.js'
import { dist, folder } from '../e2e/site.js'
import { until, within } from '../e2e/wait.js'
import { Chromium } from '../engines/chromium.js'
import type { Engine, EngineName, EnginePage } from '../engines/engine.js'
import { launchEngine } from '../engines/launch.js'
import type { AgentOptions } from './agent.js'
import { Skew } from './skew.js'
import { Tab, type TabEvents } from './tab.js'

/** Where releases follow one another, nothing may be served from what a browser has kept. */
const NO_SERVICE_WORKER =
  "navigator.serviceWorker.register = () => Promise.reject(new Error('left out of this test'))"

export interface ArenaOptions {
  /** Releases are deployed there; none is at first. */
  readonly skew?: boolean | undefined
  /** There is no service worker. */
  readonly alone?: boolean | undefined
  /** Tabs are hidden while others are shown; in Chromium. */
  readonly plain?: boolean | undefined
}

export class Arena {
  /** All that were opened and not closed, in the order in which they were opened. */
  tabs: Tab[] = []

  private constructor(
    readonly engine: Engine,
    private readonly server: RunningServer,
    private readonly releases: Skew | undefined,
  ) {}

  static async open(name: EngineName, options: ArenaOptions): Promise<Arena> {
    const { skew = false, alone = skew, plain = false } = options
    const releases = skew ? new Skew() : undefined
    const apps = [folder('pages/alpha'), ...(releases ? [releases.olderApp] : [])]
    const server = await startServer({ dist: releases?.dist ?? dist, apps })
    try {
      const arena = new Arena(
        await launchEngine(name, { scripts: alone ? [NO_SERVICE_WORKER] : [] }),
        server,
        releases,
      )
      if (plain) {
        arena.chromium.hideTabs()
        await arena.killBrowser()
      }
      return arena
    } catch (cause) {
      await server.close()
      releases?.remove()
      throw cause
    }
  }

  /** What only Chromium can do. */
  get chromium(): Chromium {
    if (!(this.engine instanceof Chromium)) throw new Error('Only Chromium can do that.')
    return this.engine
  }

  get url(): string {
    return this.server.url
  }

  /** A page of this origin, without Hearth. */
  get blank(): string {
    return `${this.url}/apps/alpha/blank.html`
  }

  /** The releases that are deployed, one after the other. */
  get skew(): Skew {
    if (!this.releases) throw new Error('There is one release only.')
    return this.releases
  }

  /** Begins to load a tab, with the client that is deployed or an older one. */
  async tab(
    options: AgentOptions,
    events: TabEvents,
    client: 'deployed' | 'older' = 'deployed',
  ): Promise<Tab> {
    const url = `${this.url}/apps/${client === 'older' ? this.skew.olderName : 'alpha'}/`
    const newPage = (events: Parameters<Engine['newPage']>[0]) => this.engine.newPage(events)
    const tab = await within('an empty tab', Tab.open(newPage, url, options, events))
    this.tabs.push(tab)
    return tab
  }

  async blankTab(): Promise<EnginePage> {
    const page = await this.engine.newPage()
    await within('a page without Hearth', page.goto(this.blank))
    return page
  }

  async close(...tabs: readonly Tab[]): Promise<void> {
    this.tabs = this.tabs.filter((tab) => !tabs.includes(tab))
    await Promise.all(tabs.map((tab) => tab.close()))
  }

  async crash(tab: Tab): Promise<void> {
    await tab.crash()
    this.forgetGone()
  }

  /** @param tabs those that may have started the worker, the likeliest first */
  async crashWorker(tabs: readonly Tab[]): Promise<void> {
    const crash = this.engine.crashWorker(tabs.map(({ page }) => page))
    await within('the process of the worker to be gone', crash)
    this.forgetGone()
  }

  /** A tab that has crashed is there no more, though its frame may be. */
  private forgetGone(): void {
    const gone = this.tabs.filter((tab) => tab.page.isGone)
    this.tabs = this.tabs.filter((tab) => !tab.page.isGone)
    for (const tab of gone) void tab.page.close().catch(() => undefined)
  }

  /** Closes all tabs, and waits until the worker has gone with them. */
  async empty(): Promise<void> {
    await this.close(...this.tabs)
    await until('the worker to go with its tabs', () => this.engine.isIdle(this.blank))
  }

  async killBrowser(): Promise<void> {
    this.tabs = []
    await this.engine.kill()
    await this.engine.relaunch()
  }

  clear(): Promise<void> {
    return within('what is stored to be cleared', this.engine.clear(this.url))
  }

  async end(): Promise<void> {
    try {
      await this.engine.close()
      await this.server.close()
    } finally {
      this.releases?.remove()
    }
  }
}

/** How busy the machine is: what waits for a processor, on average over the last minute. */
export const load = (): string => readFileSync(join('/proc', 'loadavg'), 'utf8').split(' ')[0]!

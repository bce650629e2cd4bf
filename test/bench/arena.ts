/** One system in a browser of its own, on a profile that is kept from start to start. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Browser } from '../e2e/browser.js'
import { until, within } from '../e2e/wait.js'
import type { BenchServer } from './server.js'
import type { SystemName } from './systems.js'
import type {} from './page/page.js'

/** Code is compiled once and for all after the second visit; what is written a little later is written by then. */
const VISITS = 2
const SETTLE_MS = 1_500
/** The longest that making the notes may take. */
const PREPARE_MS = 240_000

export class Arena {
  /** When what is measured began, for one that is stopped before its end; on the clock of `performance.now`. */
  begun: number | undefined
  private running = true

  private constructor(
    readonly system: SystemName,
    readonly browser: Browser,
    private readonly url: string,
  ) {}

  /** A new profile with so many notes in it, visited twice, and running. */
  static async open(server: BenchServer, system: SystemName, notes: number): Promise<Arena> {
    const browser = await Browser.launch()
    const arena = new Arena(system, browser, server.urlOf(system))
    try {
      await within('a profile to be ready', arena.prepare(notes), PREPARE_MS)
    } catch (cause) {
      await arena.close()
      throw cause
    }
    return arena
  }

  private async prepare(notes: number): Promise<void> {
    for (let visit = 0; visit < VISITS; visit++) {
      const tab = await this.tab()
      if (visit === 0 && notes > 0 && this.system !== 'blank') {
        await tab.evaluate((count) => window.bench.seed(count), notes)
        await sleep(SETTLE_MS)
      }
      // Once for a profile, and not in the middle of a measurement: a release of 5 MB is fetched and kept.
      if (visit === 0 && this.system === 'hearth')
        await tab.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
      await this.stop()
      await this.start()
    }
  }

  /** A tab that shows the notes: all of them, or `limit`. */
  async tab(limit?: number): Promise<Page> {
    const page = await this.browser.newTab(limit === undefined ? this.url : `${this.url}?limit=${limit}`)
    if (this.system !== 'blank') await page.evaluate(() => window.bench.readable())
    return page
  }

  /** Ends the browser as a person does; everything it was about to write is written. */
  async stop(): Promise<void> {
    if (!this.running) return
    this.running = false
    // Answers before it ends, or not at all.
    await (await this.browser.devtools()).send('Browser.close').catch(() => undefined)
    await until('the browser to let go of its profile', () => !this.holdsProfile(), 30_000)
    await this.browser.kill()
  }

  private holdsProfile(): boolean {
    return lstatSync(join(this.browser.profile, 'SingletonLock'), { throwIfNoEntry: false }) !== undefined
  }

  async start(): Promise<void> {
    if (this.running) return
    await this.browser.relaunch()
    this.running = true
  }

  async close(): Promise<void> {
    await this.browser.close()
    const failures = this.browser.errors.filter((text) => !/Failed to fetch/.test(text))
    if (failures.length > 0)
      console.warn(`${this.system}: errors on the console:\n  ${failures.join('\n  ')}`)
  }
}

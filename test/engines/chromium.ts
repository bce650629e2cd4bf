/** Chromium: `Browser` of the end-to-end tests, and what its debugging protocol can do beyond the other engines. */
import type { CDPSession, Page } from 'playwright-core'
import { Browser } from '../e2e/browser.js'
import { until, within } from '../e2e/wait.js'
import {
  NAMING,
  nothing,
  type Engine,
  type EnginePage,
  type LaunchOptions,
  type PageEvents,
} from './engine.js'

/** Timers of hidden tabs go on: what is timed is the data plane. */
const FLAGS = ['--disable-background-timer-throttling', '--disable-renderer-backgrounding']

/** A worker is known to be gone so long after its process at the latest, unless the machine is slow, in milliseconds. */
const GONE_MS = 400

export class Chromium implements Engine {
  private kept: CDPSession | undefined

  private constructor(
    private readonly browser: Browser,
    private readonly scripts: readonly string[],
  ) {}

  static async launch({ scripts = [], flags = [], netns }: LaunchOptions): Promise<Chromium> {
    const all = [...FLAGS, ...flags]
    const browser = await (netns === undefined ? Browser.launch(...all) : Browser.launchIn(netns, ...all))
    return new Chromium(browser, [NAMING, ...scripts])
  }

  async newPage(events: PageEvents = nothing): Promise<ChromiumPage> {
    const page = await this.browser.context.newPage()
    page.on('pageerror', (error) => events.failed(error.stack ?? String(error)))
    page.on('console', (message) => events.said(message.text()))
    for (const script of this.scripts) await page.addInitScript(script)
    return new ChromiumPage(page)
  }

  /** From the next launch on tabs are hidden while others are shown. */
  hideTabs(): void {
    this.browser.plain = true
  }

  kill(): Promise<void> {
    this.kept = undefined
    return this.browser.kill()
  }

  relaunch(): Promise<void> {
    return this.browser.relaunch()
  }

  async crashWorker(pages: readonly EnginePage[]): Promise<void> {
    const worker = await this.worker()
    for (const page of pages) {
      await page.crash()
      // Of tabs that open at once any may have been the first, and the worker lives where that one does.
      const gone = async () => (await this.worker()) !== worker
      if (worker === undefined || (await until('the worker to be gone', gone, GONE_MS).catch(() => false)))
        return
    }
  }

  async worker(): Promise<string | undefined> {
    const devtools = await this.browser.devtools()
    const [worker] = await workersOf(devtools)
    await devtools.detach()
    return worker
  }

  clear(url: string): Promise<void> {
    return this.browser.clear(url)
  }

  async isIdle(): Promise<boolean> {
    return (await this.worker()) === undefined
  }

  /** Ends the worker as a crash would: no tab is told, and no debugger is attached that could hold the next one back. */
  async endWorker(): Promise<void> {
    const devtools = await this.browser.devtools()
    const targetId = await until('a worker to end', async () => (await workersOf(devtools))[0])
    await devtools.send('Target.closeTarget', { targetId })
    await devtools.detach()
  }

  /** Closes the connection to a database without a question, as it does when the disk fails it. @returns when */
  async forceClose(): Promise<number> {
    const page = await this.browser.context.newPage()
    await page.goto('chrome://indexeddb-internals')
    await page.getByText('Force close').first().click()
    const since = Date.now()
    await page.close()
    return since
  }

  /**
   * @param more bytes that the origin may use beyond those it uses now; undefined lifts the limit
   * @param blank a page of the origin without Hearth
   */
  async limit(more: number | undefined, blank: string): Promise<void> {
    const { context } = this.browser
    const session = (this.kept ??= await context.newCDPSession(context.pages()[0]!))
    const { origin } = new URL(blank)
    if (more === undefined) return void (await session.send('Storage.overrideQuotaForOrigin', { origin }))
    // After a start Chromium counts a database only once it was opened.
    const page = await this.newPage()
    await page.goto(blank)
    await page.evaluate(openOnce)
    await page.close()
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin })
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + more })
  }

  /** As with a device in airplane mode: its workers of today have no network, and hear that they have none. @returns ends it */
  async goOffline(): Promise<() => Promise<void>> {
    const devtools = await this.browser.devtools()
    const set = async (offline: boolean) => {
      const throughput = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
      for (const worker of workers) {
        await worker('Network.enable', {})
        await worker('Network.emulateNetworkConditions', { offline, ...throughput })
      }
    }
    const workers = await Promise.all((await workersOf(devtools)).map((id) => talkTo(devtools, id)))
    await set(true)
    return async () => {
      await set(false)
      await devtools.detach()
    }
  }

  /** Its workers hear what they hear when it comes into another network. */
  async changeNetwork(): Promise<void> {
    const devtools = await this.browser.devtools()
    const expression = `navigator.connection.dispatchEvent(new Event('change'))`
    for (const id of await workersOf(devtools))
      await (
        await talkTo(devtools, id)
      )('Runtime.evaluate', { expression })
    await devtools.detach()
  }

  /** Its processes stand still, as those of a machine that sleeps. @returns wakes it */
  sleep(): () => void {
    return this.browser.sleep()
  }

  close(): Promise<void> {
    return this.browser.close()
  }
}

export class ChromiumPage implements EnginePage {
  isGone = false

  constructor(private readonly page: Page) {}

  goto(url: string): Promise<unknown> {
    return this.page.goto(url, { timeout: 30_000 })
  }

  evaluate<R, A>(code: (arg: A) => R | Promise<R>, arg?: A): Promise<R> {
    return this.page.evaluate(code as (arg: unknown) => R | Promise<R>, arg)
  }

  close(): Promise<void> {
    return this.page.close()
  }

  async crash(): Promise<void> {
    // The process of a blank page is left behind by the first navigation, and takes nothing with it.
    await until('the page to arrive', () => this.page.url() !== 'about:blank')
    const crashed = this.page.waitForEvent('crash')
    const devtools = await this.devtools()
    // It is never answered: who would answer is gone.
    devtools.send('Page.crash').catch(() => undefined)
    await within('the tab to crash', crashed)
    this.isGone = true
  }

  /** A function of that name, there, which runs `run` here: in order, and without an answer. */
  expose(name: string, run: (text: string) => void): Promise<unknown> {
    return this.page.exposeFunction(name, run)
  }

  bringToFront(): Promise<void> {
    return this.page.bringToFront()
  }

  /** It stands still, as a tab does that a person has not looked at for long. @returns what thaws it */
  async freeze(): Promise<() => Promise<void>> {
    await until('the page to arrive', () => this.page.url() !== 'about:blank')
    const devtools = await this.devtools()
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    return async () => {
      await devtools.send('Page.setWebLifecycleState', { state: 'active' })
      await devtools.detach()
    }
  }

  private devtools(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page)
  }
}

async function workersOf(devtools: CDPSession): Promise<string[]> {
  const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
  return targetInfos.map(({ targetId }) => targetId)
}

/** @returns says something to a target; its answers are not heard */
async function talkTo(devtools: CDPSession, targetId: string) {
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false })
  return (method: string, params: object) =>
    devtools.send('Target.sendMessageToTarget', {
      sessionId,
      message: JSON.stringify({ id: 1, method, params }),
    })
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

/**
 * Debian's Firefox, by WebDriver BiDi. What that cannot do, of which process a tab is and how a site is cleared, is asked
 * of the browser's own window, whose scripts may do everything (`--remote-allow-system-access`).
 *
 * Puppeteer turns the isolation of sites off, so each tab has a process of its own, and the worker is in that of the tab
 * that has started it.
 */
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, type Browser, type Page } from 'puppeteer-core'
import { until, within } from '../e2e/wait.js'
import { browserPath } from '../runner/browsers.js'
import {
  isIdleByLocks,
  NAMING,
  nothing,
  type Engine,
  type EnginePage,
  type LaunchOptions,
  type PageEvents,
} from './engine.js'
import { guardFolder, guardGroup, killGroup, removeFolder } from './leftovers.js'
import { isRunning } from './processes.js'

/** Timers of hidden tabs go on: what is timed is the data plane. */
const PREFERENCES = {
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
}

export class Firefox implements Engine {
  private readonly profile = mkdtempSync(join(tmpdir(), 'hearth-firefox-'))
  private browser: Browser | undefined

  private constructor(private readonly scripts: readonly string[]) {
    guardFolder(this.profile)
  }

  static async launch({ scripts = [] }: LaunchOptions): Promise<Firefox> {
    const firefox = new Firefox([NAMING, ...scripts])
    await firefox.relaunch()
    return firefox
  }

  async relaunch(): Promise<void> {
    const starting = launch({
      browser: 'firefox',
      executablePath: browserPath('firefox'),
      userDataDir: this.profile,
      args: ['--remote-allow-system-access'],
      extraPrefsFirefox: PREFERENCES,
      protocolTimeout: 60_000,
    })
    this.browser = await within('Firefox to start', starting, 60_000)
    guardGroup(this.browser.process()!.pid!)
  }

  async newPage(events: PageEvents = nothing): Promise<EnginePage> {
    const page = await this.running.newPage()
    page.on('pageerror', (error) => events.failed(String((error as Error).stack ?? error)))
    page.on('console', (message) => events.said(message.text()))
    for (const script of this.scripts) await page.evaluateOnNewDocument(script)
    return new FirefoxPage(page, this)
  }

  async kill(): Promise<void> {
    const process = this.browser?.process()
    this.browser = undefined
    if (!process?.pid) return
    const running = process.exitCode === null && process.signalCode === null
    const exit = running ? once(process, 'exit') : Promise.resolve([])
    killGroup(process.pid)
    await within('Firefox to be gone', exit)
    // Puppeteer puts back the preferences that it has found, a little later.
    const copies = ['prefs.js.puppeteer', 'user.js.puppeteer'].map((name) => join(this.profile, name))
    await until('the preferences to be put back', () => !copies.some((path) => existsSync(path)))
  }

  async crashWorker([creator]: readonly EnginePage[]): Promise<void> {
    await creator?.crash()
  }

  async worker(): Promise<undefined> {}

  async clear(url: string): Promise<void> {
    const failed = await this.inChrome(`new Promise((resolve) => {
      const { origin } = new URL(${JSON.stringify(url)})
      const principal = Services.scriptSecurityManager.createContentPrincipalFromOrigin(origin)
      const what = Ci.nsIClearDataService.CLEAR_COOKIES_AND_SITE_DATA
      Services.clearData.deleteDataFromPrincipal(principal, true, what, { onDataDeleted: resolve })
    })`)
    if (failed !== 0) throw new Error(`Firefox could not clear ${url} (${failed}).`)
  }

  isIdle(blank: string): Promise<boolean> {
    return isIdleByLocks(this, blank)
  }

  async close(): Promise<void> {
    await this.kill()
    removeFolder(this.profile)
  }

  /** Of a script in the browser's own window. */
  async inChrome(expression: string): Promise<unknown> {
    // Puppeteer offers pages only; under it is the protocol.
    const { connection } = this.running as unknown as { connection: BidiConnection }
    const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' })
    const context = tree.result.contexts![0]!.context
    const { result } = await connection.send('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
    })
    if (result.type !== 'success') throw new Error(`In Firefox's window: ${result.exceptionDetails?.text}`)
    return result.result?.value
  }

  private get running(): Browser {
    if (!this.browser) throw new Error('Firefox is not running.')
    return this.browser
  }
}

interface BidiConnection {
  send(
    method: string,
    params: object,
  ): Promise<{
    result: {
      contexts?: { context: string }[]
      type?: string
      result?: { value?: unknown }
      exceptionDetails?: { text: string }
    }
  }>
}

class FirefoxPage implements EnginePage {
  isGone = false

  constructor(
    private readonly page: Page,
    private readonly firefox: Firefox,
  ) {}

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
    await until('the page to arrive', () => this.page.url() !== 'about:blank')
    const pid = Number(
      await this.firefox.inChrome(`(() => {
      const { NavigableManager } = ChromeUtils.importESModule('chrome://remote/content/shared/NavigableManager.sys.mjs')
      return NavigableManager.getBrowsingContextById(${JSON.stringify(this.id)}).currentWindowGlobal.osPid
    })()`),
    )
    process.kill(pid, 'SIGKILL')
    await until('the process of the tab to be gone', () => !isRunning(pid))
    this.isGone = true
  }

  private get id(): string {
    return (this.page.mainFrame() as unknown as { _id: string })._id
  }
}

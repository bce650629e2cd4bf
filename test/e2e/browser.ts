/**
 * Debian's Chromium with a profile that outlives it: started as a process group of its own, so that it can be
 * killed the hard way, all of it at once, and started again on the same profile.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import {
  chromium,
  type Browser as Remote,
  type BrowserContext,
  type CDPSession,
  type Page,
} from 'playwright-core'
import { guardFolder, guardGroup, killGroup, removeFolder } from '../engines/leftovers.js'
import { overWebSocket } from '../engines/pipe.js'
import { browserPath } from '../runner/browsers.js'
import { until, within } from './wait.js'

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--password-store=basic',
  '--use-mock-keychain',
]

export class Browser {
  readonly profile = mkdtempSync(join(tmpdir(), 'hearth-profile-'))
  /** What pages said with console.error, or threw and nobody caught. */
  readonly errors: string[] = []
  /**
   * From the next launch on nothing of pages is emulated, as it is otherwise: that they have the focus above all, which
   * keeps each of them from being hidden, or frozen.
   */
  plain = false
  private process: ChildProcess | undefined
  private remote: Remote | undefined

  private constructor(
    private readonly moreFlags: readonly string[],
    /** The network namespace that it runs in, if it is not this one. */
    private readonly netns?: string,
  ) {
    guardFolder(this.profile)
  }

  static async launch(...moreFlags: string[]): Promise<Browser> {
    const browser = new Browser(moreFlags)
    await browser.relaunch()
    return browser
  }

  static async launchIn(netns: string, ...moreFlags: string[]): Promise<Browser> {
    const browser = new Browser(moreFlags, netns)
    await browser.relaunch()
    return browser
  }

  /** On a copy of the profile of another one, which must not be running. */
  static async onCopyOf({ profile }: Browser): Promise<Browser> {
    const browser = new Browser([])
    // Those say that the profile is in use.
    const filter = (path: string) => !basename(path).startsWith('Singleton')
    cpSync(profile, browser.profile, { recursive: true, filter })
    await browser.relaunch()
    return browser
  }

  /** Starts it again on the same profile, after a kill. */
  async relaunch(): Promise<void> {
    const address = await (this.netns === undefined ? this.startHere() : this.startIn(this.netns))
    const connecting = chromium.connectOverCDP(address, { noDefaults: this.plain })
    this.remote = await within('a connection to Chromium', connecting, 30_000)
  }

  /** @returns the address of its debugging protocol */
  private startHere(): Promise<string> {
    const portFile = join(this.profile, 'DevToolsActivePort')
    rmSync(portFile, { force: true })
    const args = [...this.flags, '--remote-debugging-port=0', 'about:blank']
    const process = spawn(browserPath('chromium'), args, { detached: true, stdio: 'ignore' })
    this.started(process)
    return until(
      'Chromium to open its debugging port',
      () => {
        if (process.exitCode !== null) throw new Error(`Chromium ended with code ${process.exitCode}.`)
        return debuggingAddress(portFile)
      },
      30_000,
    )
  }

  private startIn(netns: string): Promise<string> {
    const args = [browserPath('chromium'), ...this.flags, '--remote-debugging-pipe', 'about:blank']
    const process = spawn('ip', ['netns', 'exec', netns, ...args], {
      ...{ detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    })
    this.started(process)
    return overWebSocket(process.stdio[3] as Writable, process.stdio[4] as Readable)
  }

  private get flags(): readonly string[] {
    return [...flags, ...this.moreFlags, `--user-data-dir=${this.profile}`]
  }

  private started(process: ChildProcess): void {
    this.process = process
    guardGroup(process.pid!)
  }

  get context(): BrowserContext {
    const context = this.remote?.contexts()[0]
    if (!context) throw new Error('The browser is not running.')
    return context
  }

  async newTab(url: string): Promise<Page> {
    const page = await this.context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.errors.push(`${page.url()}: ${error.stack ?? error}`))
    // The compiler names functions by a helper, which functions sent to a page would miss there.
    await page.addInitScript('globalThis.__name ??= (value) => value')
    await page.goto(url)
    return page
  }

  /** Removes all that the origin has stored, as a user does in the browser's settings. */
  async clear(url: string): Promise<void> {
    const page = await this.context.newPage()
    const devtools = await this.context.newCDPSession(page)
    await devtools.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'all' })
    await page.close()
  }

  /** The debugging protocol, of the browser as a whole. */
  devtools(): Promise<CDPSession> {
    if (!this.remote) throw new Error('The browser is not running.')
    return this.remote.newBrowserCDPSession()
  }

  /** SIGKILL, to every process of the browser, now. Resolves when it is gone. */
  async kill(): Promise<void> {
    const { process } = this
    if (!process) return
    this.process = undefined
    this.remote = undefined
    const running = process.exitCode === null && process.signalCode === null
    const exit = running ? once(process, 'exit') : Promise.resolve([])
    killGroup(process.pid!)
    await within('Chromium to be gone', exit)
  }

  /** SIGSTOP, to every process of the browser. @returns SIGCONT */
  sleep(): () => void {
    const { pid } = this.process!
    process.kill(-pid!, 'SIGSTOP')
    return () => void process.kill(-pid!, 'SIGCONT')
  }

  /** Ends it and removes its profile. */
  async close(): Promise<void> {
    await this.kill()
    removeFolder(this.profile)
  }
}

/** Undefined as long as Chromium has not written it whole. */
function debuggingAddress(file: string): string | undefined {
  try {
    const [port, path] = readFileSync(file, 'utf8').split('\n')
    return port && path ? `ws://127.0.0.1:${port}${path}` : undefined
  } catch {
    return undefined
  }
}

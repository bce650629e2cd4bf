/**
 * WebKitGTK, in a browser of our own (webkit-browser.mjs): one window for each tab, and a process for each window. The
 * worker is in the process of the window that has started it; or in one that has no window any more, which WebKit keeps
 * for the service worker.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until, within } from '../e2e/wait.js'
import { noWebKit, webkit } from '../runner/browsers.js'
import { display } from './display.js'
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
import { isRunning, processWith } from './processes.js'

const program = fileURLToPath(new URL('webkit-browser.mjs', import.meta.url))

/** Tells the browser what a page says on its console and what nobody catches there; runs before its scripts. */
const TELLING = `{
  const tell = (message) => webkit.messageHandlers.hearth.postMessage(JSON.stringify(message))
  const { debug } = console
  console.debug = (...words) => (tell({ said: words.join(' ') }), debug(...words))
  const text = (thrown) => thrown?.stack ? thrown.message + ' ' + thrown.stack : String(thrown)
  addEventListener('error', ({ error, message }) => tell({ failed: error ? text(error) : message }))
  addEventListener('unhandledrejection', ({ reason }) => tell({ failed: text(reason) }))
}`

/** The longest that the browser takes to tell that the process of a page has ended, in milliseconds. */
const GONE_MS = 500

/** Longest time for a command that waits for no page, in milliseconds. */
const PROMPT_MS = 15_000

interface Answer {
  readonly id?: number
  readonly value?: string
  readonly error?: string
  readonly page?: number
  readonly said?: string
  readonly failed?: string
  readonly gone?: true
}

export class WebKit implements Engine {
  private readonly profile = mkdtempSync(join(tmpdir(), 'hearth-webkit-'))
  private process: ChildProcess | undefined
  private readonly waiting = new Map<number, { resolve(value?: string): void; reject(cause: Error): void }>()
  private readonly pages = new Map<number, { readonly page: WebKitPage; readonly events: PageEvents }>()
  private last = 0

  private constructor(private readonly scripts: readonly string[]) {
    guardFolder(this.profile)
  }

  static async launch({ scripts = [] }: LaunchOptions): Promise<WebKit> {
    const missing = noWebKit()
    if (missing) throw new Error(missing)
    const engine = new WebKit([NAMING, TELLING, ...scripts])
    await engine.relaunch()
    return engine
  }

  async relaunch(): Promise<void> {
    const home = join(this.profile, 'home')
    mkdirSync(home, { recursive: true })
    const browser = spawn(webkit.gjs()!, ['-m', program, this.profile], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...{ DISPLAY: await display(), GDK_BACKEND: 'x11', NO_AT_BRIDGE: '1' },
        ...{ HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
      },
    })
    this.process = browser
    guardGroup(browser.pid!)
    createInterface(browser.stdout!).on('line', (line) => this.take(JSON.parse(line) as Answer))
    // Who waits for an answer hears of the end; writing to what is gone says no more than that.
    browser.stdin!.on('error', () => undefined)
    browser.once('exit', () => this.abandon())
  }

  async newPage(events: PageEvents = nothing): Promise<EnginePage> {
    const number = ++this.last
    const page = new WebKitPage((command, rest) => this.send(command, { page: number, ...rest }))
    this.pages.set(number, { page, events })
    await this.send('open', { page: number, scripts: this.scripts })
    return page
  }

  async kill(): Promise<void> {
    const { process } = this
    if (!process) return
    this.process = undefined
    const running = process.exitCode === null && process.signalCode === null
    const exit = running ? once(process, 'exit') : Promise.resolve([])
    killGroup(process.pid!)
    await within('WebKitGTK to be gone', exit)
    this.abandon()
  }

  async crashWorker([creator]: readonly EnginePage[]): Promise<void> {
    // Tabs that are only opening may not have started one yet.
    const pid = await until('a process that has a worker', () => this.worker())
    process.kill(pid, 'SIGKILL')
    await until('the process of the worker to be gone', () => !isRunning(pid))
    // Unless the worker was elsewhere.
    await until('its page to be gone', () => creator!.isGone, GONE_MS).catch(() => undefined)
  }

  async worker(): Promise<number | undefined> {
    return processWith(this.process!.pid!, 'SharedWorker')
  }

  async clear(): Promise<void> {
    await this.send('clear')
  }

  isIdle(blank: string): Promise<boolean> {
    return isIdleByLocks(this, blank)
  }

  async close(): Promise<void> {
    await this.kill()
    removeFolder(this.profile)
  }

  private send(command: string, rest: object = {}): Promise<string | undefined> {
    const id = ++this.last
    const answer = new Promise<string | undefined>((resolve, reject) =>
      this.waiting.set(id, { resolve, reject }),
    )
    this.process?.stdin!.write(`${JSON.stringify({ id, command, ...rest })}\n`)
    if (!this.process) this.abandon()
    // How long pages may take is for those to say who ask them.
    return command === 'run' || command === 'load'
      ? answer
      : within(`WebKitGTK to ${command}`, answer, PROMPT_MS)
  }

  private take({ id, value, error, page, said, failed, gone }: Answer): void {
    const told = page === undefined ? undefined : this.pages.get(page)
    if (said !== undefined) told?.events.said(said)
    if (failed !== undefined) told?.events.failed(failed)
    if (gone && told) told.page.isGone = true
    const asked = id === undefined ? undefined : this.waiting.get(id)
    if (!asked) return
    this.waiting.delete(id!)
    if (error === undefined) asked.resolve(value)
    else asked.reject(new Error(error))
  }

  private abandon(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('The browser is gone.'))
    this.waiting.clear()
    this.pages.clear()
  }
}

class WebKitPage implements EnginePage {
  isGone = false
  private arrived: Promise<unknown> | undefined

  constructor(private readonly send: (command: string, rest?: object) => Promise<string | undefined>) {}

  goto(url: string): Promise<unknown> {
    return (this.arrived = this.send('load', { url }))
  }

  async evaluate<R, A>(code: (arg: A) => R | Promise<R>, arg?: A): Promise<R> {
    const given = arg === undefined ? '' : JSON.stringify(arg)
    const text = await this.send('run', {
      body: `return JSON.stringify({ value: await (${code})(${given}) })`,
    })
    return (JSON.parse(text!) as { value: R }).value
  }

  async close(): Promise<void> {
    await this.send('close')
  }

  async crash(): Promise<void> {
    await this.arrived
    await this.send('crash')
  }
}

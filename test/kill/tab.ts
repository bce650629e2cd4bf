/** One tab of a cycle, from the moment at which it begins to load. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { until, within } from '../e2e/wait.js'
import {
  install,
  type AgentOptions,
  type Liveness,
  type LivenessAsked,
  type Settled,
  type Shown,
} from './agent.js'
import type { Load } from './plan.js'

/** What tabs tell the matrix. */
export interface TabEvents {
  acknowledged(tab: number, n: number): void
  /** Something was thrown in a page and nobody caught it. */
  error(text: string): void
}

/** Longest wait for anything that a page is asked, in milliseconds: ten times what is allowed. */
const ASK_MS = 30_000

export class Tab {
  /** Of its cycle. */
  readonly number: number
  /** Its page has loaded, whatever becomes of its home. */
  readonly loaded: Promise<unknown>
  /** Its home is open and its agent is there. */
  readonly opened: Promise<void>
  /** Whether it has opened by now. */
  isOpen = false
  /** The worker that it had when that was last asked; '' before. */
  worker = ''

  constructor(
    readonly page: Page,
    url: string,
    options: AgentOptions,
    private readonly events: TabEvents,
  ) {
    this.number = options.tab
    this.loaded = this.load(url)
    this.opened = this.loaded.then(() => this.install(options))
    // Who waits for it hears of it; a fault that ends it at once is no failure.
    this.opened.catch(() => undefined)
  }

  private async load(url: string): Promise<void> {
    const { page, number, events } = this
    page.setDefaultTimeout(ASK_MS)
    page.on('pageerror', (error) => events.error(`tab ${number}: ${error.stack ?? error}`))
    // In order, and on its way before the page goes on: a console is the one thing that every page has from the start.
    page.on('console', (message) => {
      const [, n] = /^acknowledged (\d+)$/.exec(message.text()) ?? []
      if (n) events.acknowledged(number, Number(n))
    })
    // The compiler names functions by a helper, which functions sent to a page would miss there.
    await page.addInitScript('globalThis.__name ??= (value) => value')
    await page.goto(url)
  }

  private async install(options: AgentOptions): Promise<void> {
    await this.page.evaluate(install, options)
    this.isOpen = true
  }

  begin(load: Load): Promise<void> {
    return this.ask(
      'to begin',
      this.page.evaluate((load) => window.agent.begin(load), load),
    )
  }

  async live(asked: LivenessAsked): Promise<Liveness> {
    await this.ask('to open', this.opened)
    return this.ask(
      'to be live',
      this.page.evaluate((asked) => window.agent.live(asked), asked),
    )
  }

  settle(): Promise<Settled> {
    return this.ask(
      'to settle',
      this.page.evaluate(() => window.agent.settle()),
    )
  }

  shown(): Promise<Shown> {
    return this.ask(
      'for what it shows',
      this.page.evaluate(() => window.agent.shown()),
    )
  }

  async instance(): Promise<string> {
    const asked = this.page.evaluate(() => window.agent.instance())
    return (this.worker = await this.ask('for its worker', asked))
  }

  rejected(): Promise<string[]> {
    return this.ask(
      'for what was refused',
      this.page.evaluate(() => window.agent.rejected()),
    )
  }

  /** Its page is no blank one any more. */
  async arrived(): Promise<void> {
    await until('the page to arrive', () => this.page.url() !== 'about:blank')
  }

  /** The debugging protocol, of this tab. */
  devtools(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page)
  }

  /** Ends its process, and with it the worker if this tab has started it. */
  async crash(): Promise<void> {
    // The process of a blank page is left behind by the first navigation, and takes nothing with it.
    await this.arrived()
    const crashed = this.page.waitForEvent('crash')
    const devtools = await this.devtools()
    // It is never answered: who would answer is gone.
    devtools.send('Page.crash').catch(() => undefined)
    await within('the tab to crash', crashed)
  }

  /** As a person, or the page itself, closes it. */
  async close(): Promise<void> {
    await within('the tab to close', this.page.close())
  }

  private ask<T>(what: string, answer: Promise<T>): Promise<T> {
    return within(`tab ${this.number} ${what}`, answer, ASK_MS)
  }
}

/** Milliseconds, from some point in a load. */
export const pause = (ms: number): Promise<void> => sleep(ms)

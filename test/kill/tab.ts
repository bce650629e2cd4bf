/** One tab of a cycle, from the moment at which it begins to load. */
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../e2e/wait.js'
import type { EnginePage, PageEvents } from '../engines/engine.js'
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

  private constructor(
    readonly page: EnginePage,
    url: string,
    options: AgentOptions,
  ) {
    this.number = options.tab
    this.loaded = page.goto(url)
    this.opened = this.loaded.then(() => this.install(options))
    // Who waits for it hears of it; a fault that ends it at once is no failure.
    this.opened.catch(() => undefined)
  }

  /** @param newPage an empty page, of which is told to whom it is given */
  static async open(
    newPage: (events: PageEvents) => Promise<EnginePage>,
    url: string,
    options: AgentOptions,
    events: TabEvents,
  ): Promise<Tab> {
    const { tab } = options
    const page = await newPage({
      said: (text) => {
        const [, n] = /^acknowledged (\d+)$/.exec(text) ?? []
        if (n) events.acknowledged(tab, Number(n))
      },
      failed: (text) => events.error(`tab ${tab}: ${text}`),
    })
    return new Tab(page, url, options)
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

  build(): Promise<string> {
    return this.ask(
      'for its build',
      this.page.evaluate(() => window.agent?.build() ?? 'none'),
    )
  }

  /** Ends its process, and with it the worker if this tab has started it. */
  crash(): Promise<void> {
    return this.ask('to crash', this.page.crash())
  }

  /** As a person, or the page itself, closes it. */
  close(): Promise<void> {
    return within(`tab ${this.number} to close`, this.page.close())
  }

  private ask<T>(what: string, answer: Promise<T>): Promise<T> {
    return within(`tab ${this.number} ${what}`, answer, ASK_MS)
  }
}

/** Milliseconds, from some point in a load. */
export const pause = (ms: number): Promise<void> => sleep(ms)

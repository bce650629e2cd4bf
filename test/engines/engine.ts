/**
 * A browser with a profile that outlives it, as the matrix drives it: what all three engines can do. What only one can
 * is on its own class.
 */

export const engineNames = ['chromium', 'firefox', 'webkit'] as const
export type EngineName = (typeof engineNames)[number]

/** What a page tells, in order, and on its way before the page goes on. */
export interface PageEvents {
  /** A line of `console.debug`: a console is the one thing that every page has from the start. */
  said(text: string): void
  /** Something was thrown and nobody caught it. */
  failed(text: string): void
}

export interface EnginePage {
  /** Resolves when the page has loaded. */
  goto(url: string): Promise<unknown>
  /** Runs `code` there, which can use nothing but what is there, and awaits it. Arguments and results are JSON. */
  evaluate<R>(code: () => R | Promise<R>): Promise<R>
  evaluate<R, A>(code: (arg: A) => R | Promise<R>, arg: A): Promise<R>
  /** As a person, or the page itself, closes it. */
  close(): Promise<void>
  /** SIGKILL to its process, and with it to the worker if that lives there. Resolves when it is gone. */
  crash(): Promise<void>
  /** Whether its process has ended under it. */
  readonly isGone: boolean
}

export interface Engine {
  /** An empty page in a tab, or where there are no tabs in a window, of its own. */
  newPage(events?: PageEvents): Promise<EnginePage>
  /** SIGKILL, to every process of the browser, now. Resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same profile, after a kill. */
  relaunch(): Promise<void>
  /**
   * SIGKILL to the process that has the worker, and with it to the pages that are there. Resolves when it is gone.
   * @param pages those that may have started the worker, the likeliest first
   */
  crashWorker(pages: readonly EnginePage[]): Promise<void>
  /** What tells the worker that runs from the next one; undefined if none runs, or the engine does not say. */
  worker(): Promise<string | number | undefined>
  /** Removes all that the origin has stored, as a person does in the browser's settings. */
  clear(url: string): Promise<void>
  /** Whether no worker of Hearth runs. @param blank a page of its origin without Hearth */
  isIdle(blank: string): Promise<boolean>
  /** Ends it and removes its profile. */
  close(): Promise<void>
}

export interface LaunchOptions {
  /** What runs in each document before its own scripts. */
  readonly scripts?: readonly string[]
  /** For Chromium. */
  readonly flags?: readonly string[]
  /** For Chromium: the network namespace that it runs in. */
  readonly netns?: string
}

export const nothing: PageEvents = { said: () => undefined, failed: () => undefined }

/** The compiler names functions by a helper, which functions sent to a page would miss there. */
export const NAMING = 'globalThis.__name ??= (value) => value'

/** By the lock that every worker of Hearth holds for as long as it lives. */
export async function isIdleByLocks(engine: Engine, blank: string): Promise<boolean> {
  const page = await engine.newPage()
  try {
    await page.goto(blank)
    return await page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query()
      return !held.some(({ name }) => name?.startsWith('hearth:worker:'))
    })
  } finally {
    await page.close()
  }
}

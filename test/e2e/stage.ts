/** What every end-to-end test stands on: a KUBE that serves the fixture pages, and one browser. */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Browser } from './browser.js'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '')

export class Stage {
  private constructor(
    readonly server: RunningServer,
    readonly browser: Browser,
  ) {}

  /** @param flags more flags for Chromium */
  static set(...flags: string[]): Promise<Stage> {
    return Stage.of(folder('../../dist'), ...flags)
  }

  /** @param dist a build of Hearth */
  static async of(dist: string, ...flags: string[]): Promise<Stage> {
    const server = await startServer({
      dist,
      apps: [folder('pages/alpha'), folder('pages/beta')],
    })
    try {
      return new Stage(server, await Browser.launch(...flags))
    } catch (cause) {
      await server.close()
      throw cause
    }
  }

  /** A tab on a page that opens Hearth, once its home is open. */
  async tab(path = '/apps/alpha/'): Promise<Page> {
    const page = await this.browser.newTab(this.server.url + path)
    await opened(page)
    return page
  }

  /** A tab of the same origin without Hearth. */
  blankTab(): Promise<Page> {
    return this.browser.newTab(`${this.server.url}/apps/alpha/blank.html`)
  }

  /** @throws AssertionError if a page reported an error that no test had asked for */
  async end(): Promise<void> {
    await this.browser.close()
    await this.server.close()
    assert.deepEqual(this.browser.errors, [], 'errors on the consoles of pages')
  }
}

/** Waits until the page's home is open; its failure is the test's. */
export async function opened(page: Page): Promise<void> {
  await page.evaluate(async () => {
    window.home = await window.opening
  })
}

export async function reload(page: Page): Promise<void> {
  await page.reload()
  await opened(page)
}

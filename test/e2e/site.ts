/**
 * An origin that comes and goes: a server that can be closed, opened again on its port, and opened with another release
 * or other apps, under one browser.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Browser } from './browser.js'
import { until } from './wait.js'

export const folder = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '')
export const dist = folder('../../dist')

export class Site {
  private constructor(
    private server: RunningServer,
    /** Names of folders in pages/, or absolute paths. */
    private readonly apps: readonly string[],
    readonly browser: Browser,
  ) {}

  static async open(...apps: string[]): Promise<Site> {
    const folders = apps.map((app) => (app.startsWith('/') ? app : folder(`pages/${app}`)))
    const server = await startServer({ dist, apps: folders })
    return new Site(server, folders, await Browser.launch())
  }

  get url(): string {
    return this.server.url
  }

  /** @param path of this origin */
  tab(path: string): Promise<Page> {
    return this.browser.newTab(this.url + path)
  }

  /** Closes the server, and kills and restarts the browser. */
  async leave(): Promise<void> {
    await this.close()
    await this.browser.kill()
    await this.browser.relaunch()
  }

  close(): Promise<void> {
    return this.server.close()
  }

  /** Serves again, where it did. @param release folder of a build */
  async serve(release = dist): Promise<void> {
    await this.server.close()
    this.server = await startServer({ dist: release, apps: this.apps, port: Number(new URL(this.url).port) })
  }

  /** @throws AssertionError if a page reported an error other than that the server was gone */
  async end(): Promise<void> {
    await this.browser.close()
    await this.close()
    const others = this.browser.errors.filter((error) => !/net::ERR_CONNECTION_REFUSED/.test(error))
    assert.deepEqual(others, [], 'errors on the consoles of pages')
  }
}

/** Resolves when our service worker serves this page: it has kept the release, and what the page has loaded. */
export async function underServiceWorker(page: Page): Promise<void> {
  await until(
    'the service worker',
    () => page.evaluate(() => navigator.serviceWorker.controller !== null),
    20_000,
  )
}

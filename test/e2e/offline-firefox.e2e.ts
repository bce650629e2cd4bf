/** The same in Firefox, whose service workers and shared workers are other people's code. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { launch, type Browser, type Page } from 'puppeteer-core'
import { startServer, type RunningServer } from '../../kube/server.js'
import { browserPath } from '../runner/browsers.js'
import { dist, folder } from './site.js'
import { until, within } from './wait.js'

describe('Firefox, with the server gone and the browser restarted', () => {
  const profile = mkdtempSync(join(tmpdir(), 'hearth-firefox-'))
  let server: RunningServer
  let browser: Browser
  const start = async () => {
    const executablePath = browserPath('firefox')
    browser = await within(
      'Firefox to start',
      launch({ browser: 'firefox', executablePath, userDataDir: profile }),
      60_000,
    )
    return browser.newPage()
  }
  before(async () => (server = await startServer({ dist, apps: [folder('pages/offline-folder')] })))
  after(async () => {
    await (browser as Browser | undefined)?.close()
    await server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })

  it('opens an app that was visited once, and the shell, and takes edits', async () => {
    const first = await start()
    const app = `${server.url}/apps/offline-folder/`
    await first.goto(app)
    await until('its files to be kept', () => first.evaluate(allKept), 30_000)
    await server.close()
    await (browser as Browser | undefined)?.close()

    const page = await start()
    await page.goto(app)
    assert.deepEqual(await writes(page), ['Written without a network', 'here'])
    await page.goto(server.url)
    await page.waitForFunction(() => document.body.textContent?.includes('Running'))
  })
})

/** Runs in a page. */
async function allKept(): Promise<boolean> {
  if (!navigator.serviceWorker.controller || !(await caches.has('hearth:app:offline-folder'))) return false
  return (await (await caches.open('hearth:app:offline-folder')).keys()).length === 4
}

const writes = (page: Page): Promise<unknown[]> =>
  page.evaluate(async () => {
    const { space } = await window.opening
    const note = space.add('note', { title: 'Draft' })
    note.title = 'Written without a network'
    await space.flush()
    return [note.title, document.body.dataset['late']]
  })

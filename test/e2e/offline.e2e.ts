/** What opens, and takes edits, when there is no server and no network. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Site, underServiceWorker } from './site.js'
import { opened } from './stage.js'
import { until } from './wait.js'

describe('with the server gone and the browser restarted', () => {
  let site: Site
  before(async () => (site = await Site.open('alpha')))
  after(() => site.end())

  const addTask = async (page: Page, title: string) => {
    await page.getByLabel('Add a task').fill(title)
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox', { name: `Done: ${title}` }).waitFor()
  }

  it('opens the shell and the tasks app after one visit to the shell, and they keep what is written', async () => {
    const first = await site.tab('/')
    await first.getByRole('link', { name: /^Tasks/ }).waitFor()
    await underServiceWorker(first)
    await until('the list of apps to be kept', async () => (await kept(first, 'lists')).length === 1)
    await site.leave()

    const shell = await site.tab('/?utm_source=somewhere#top')
    await shell.getByText('Running').waitFor()
    await shell.getByRole('link', { name: /^Tasks/ }).click()
    await shell.waitForSelector('.composer')
    await addTask(shell, 'Written without a network')
    await shell.evaluate(async () => (await hearth.open()).space.flush())

    await site.browser.kill()
    await site.browser.relaunch()
    const tasks = await site.tab('/apps/tasks')
    await tasks.getByRole('checkbox', { name: 'Done: Written without a network' }).waitFor()
    assert.equal(new URL(tasks.url()).pathname, '/apps/tasks/')
    await addTask(tasks, 'And one more')
  })
})

describe('an app that is somebody’s folder', () => {
  let site: Site
  before(async () => (site = await Site.open('offline-folder', 'alpha')))
  after(() => site.end())

  it('opens whole after one visit, and takes edits', async () => {
    const first = await site.tab('/apps/offline-folder/?first')
    await opened(first)
    await underServiceWorker(first)
    await until('its files to be kept', async () => (await kept(first, 'app:offline-folder')).length === 4)
    await first.reload()
    await opened(first)
    assert.deepEqual(
      await first.evaluate(routeOf, ['/hearth.js', '/apps/offline-folder/']),
      ['cache', 'race-network-and-fetch-handler'],
      'it waits for the service worker',
    )
    await site.leave()

    const page = await site.tab('/apps/offline-folder/?second#part')
    await opened(page)
    await page.waitForSelector('body[data-late=here]')
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.querySelector('h1')!).color),
      'rgb(1, 2, 3)',
    )
    const title = await page.evaluate(async () => {
      const note = window.home.space.add('note', { title: 'Draft' })
      note.title = 'Written without a network'
      await window.home.space.flush()
      return note.title as string
    })
    assert.equal(title, 'Written without a network')
  })

  it('shows what the server has as soon as there is one, and says so if it was never opened', async () => {
    const page = await site.tab('/apps/alpha/')
    await page.getByRole('heading', { name: 'This app is not on this device yet' }).waitFor()
    const width = await page.locator('main').evaluate((main) => getComputedStyle(main).maxWidth)
    assert.notEqual(width, 'none', 'it has no style')
    await site.serve()
    await page.getByRole('button', { name: 'Try again' }).click()
    await opened(page)
    await site.close()
    await page.reload()
    await opened(page)
  })

  it('keeps its page’s policy', async () => {
    const page = await site.tab('/apps/alpha/')
    await opened(page)
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script')
      script.textContent = 'document.body.dataset.injected = "yes"'
      document.body.append(script)
      await new Promise((resolve) => setTimeout(resolve, 50))
      return document.body.dataset['injected']
    })
    assert.equal(ran, undefined)
    assert.match(site.browser.errors.splice(0).join(), /Content Security Policy/)
  })
})

const kept = (page: Page, cache: string): Promise<string[]> =>
  page.evaluate(async (cache) => {
    const keys = await (await caches.open(`hearth:${cache}`)).keys()
    return keys.map(({ url }) => new URL(url).pathname)
  }, cache)

/** Where the browser went by itself for each path, as a service worker's static routes have it; runs in a page. */
function routeOf(paths: readonly string[]): (string | undefined)[] {
  const timings = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
  return paths.map((path) => {
    const timing = timings.find(({ name }) => new URL(name).pathname === path)
    return (timing as { workerMatchedSourceType?: string } | undefined)?.workerMatchedSourceType
  })
}

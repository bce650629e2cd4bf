/** What it takes to be installed, and to be kept when the disk is full. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Site, underServiceWorker } from './site.js'
import { until } from './wait.js'

describe('the browser', () => {
  let site: Site
  before(async () => (site = await Site.open()))
  after(() => site.end())

  for (const [name, path, id] of [
    ['Hearth', '/', '/'],
    ['Tasks', '/apps/tasks/', '/apps/tasks/'],
  ] as const)
    it(`finds nothing that keeps ${name} from being installed`, async () => {
      const page = await site.tab(path)
      await underServiceWorker(page)
      const devtools = await page.context().newCDPSession(page)
      const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
      assert.deepEqual(installabilityErrors, [])
      const { errors, data, url } = await devtools.send('Page.getAppManifest')
      assert.deepEqual(errors, [])
      assert.equal(url, `${site.url}${path}install/app.webmanifest`)
      assert.equal((JSON.parse(data!) as { name: string }).name, name)
      const { appId } = await devtools.send('Page.getAppId')
      assert.equal(appId, site.url + id)
    })
})

describe('the browser is asked to keep what is stored', () => {
  let site: Site
  before(async () => (site = await Site.open('alpha')))
  after(() => site.end())

  it('after a person’s first write is durable, once, and not before', async () => {
    const page = await site.browser.context.newPage()
    await page.addInitScript(() => {
      window.asked = 0
      navigator.storage.persist = () => Promise.resolve(Boolean(++window.asked))
      // What an app writes by itself is no reason to put a question to a person.
      addEventListener('DOMContentLoaded', async () => {
        const home = await hearth.open()
        home.space.add('note', { title: 'of the app' })
        await home.space.flush()
        console.log('durable')
      })
    })
    const durable = page.waitForEvent('console', (message) => message.text() === 'durable')
    await page.goto(`${site.url}/apps/tasks/`)
    await durable
    // By the protocol itself: what the library evaluates passes for a gesture of a person.
    const devtools = await page.context().newCDPSession(page)
    const expression = '[asked, navigator.userActivation.hasBeenActive].join()'
    const { result } = await devtools.send('Runtime.evaluate', { expression, userGesture: false })
    assert.equal(result.value, '0,false')
    for (const title of ['First', 'Second']) {
      await page.getByLabel('Add a task').fill(title)
      await page.keyboard.press('Enter')
      await page.getByRole('checkbox', { name: `Done: ${title}` }).waitFor()
      await page.evaluate(async () => (await hearth.open()).space.flush())
    }
    assert.equal(await asked(page), 1)
  })

  it('and the shell says whether it does', async () => {
    const shell = await site.tab('/')
    await shell.getByText('Not yet protected').waitFor()
    const devtools = await site.browser.devtools()
    await devtools.send('Browser.grantPermissions', { origin: site.url, permissions: ['durableStorage'] })
    const tasks = await site.tab('/apps/tasks/')
    await tasks.getByLabel('Add a task').fill('Keep this')
    await tasks.keyboard.press('Enter')
    await until('the browser to keep it', () => tasks.evaluate(() => navigator.storage.persisted()))
    await shell.getByText('Kept: the browser will not clear it by itself.').waitFor()
  })
})

const asked = (page: Page): Promise<number> => page.evaluate(() => window.asked)

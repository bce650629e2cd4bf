/** WebKitGTK: Debian's MiniBrowser, with real keys. Where it is not there, and cannot be, nothing of this runs. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startServer, type RunningServer } from '../../kube/server.js'
import { MiniBrowser } from '../engines/webdriver.js'
import { noWebKit } from '../runner/browsers.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

/** As WebDriver writes the key. */
const ENTER = '\uE007'

describe('in WebKitGTK', { skip: noWebKit() ?? false }, () => {
  let server: RunningServer
  let browser: MiniBrowser
  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')] })
    browser = await MiniBrowser.launch()
  })
  after(async () => {
    browser.close()
    await server.close()
  })

  const shows = (expected: string) =>
    until(`the tasks ${expected}`, async () => (await browser.evaluate(titles)) === expected)
  const add = (title: string) => browser.type('.composer input', title + ENTER)

  it('Alice adds tasks, Bob sees them in another tab and adds one, and all are there after a reload', async () => {
    const alice = await browser.handle()
    await browser.goto(`${server.url}/apps/tasks/`)
    await until('the composer', () => browser.evaluate(() => !!document.querySelector('.composer input')))
    await add('Rake')
    await add('Sow')
    await shows('Sow, Rake')
    await browser.newTab()
    await browser.goto(`${server.url}/apps/tasks/`)
    await shows('Sow, Rake')
    await add('Water')
    await browser.switchTo(alice)
    await shows('Water, Sow, Rake')
    await browser.reload()
    await shows('Water, Sow, Rake')
  })

  it('both tabs are served by one SharedWorker, which acknowledges what is written', async () => {
    const instances: string[] = []
    for (const _ of ['Alice', 'Bob']) {
      await browser.newTab()
      await browser.goto(`${server.url}/apps/alpha/`)
      const { mode, instance } = await browser.evaluate(workerAfterWrite)
      assert.equal(mode, 'shared')
      instances.push(instance)
    }
    assert.equal(new Set(instances).size, 1)
  })

  it('the shell does not say how much is kept where the browser does not', async () => {
    await browser.newTab()
    await browser.goto(server.url)
    await until('the panel', () =>
      browser.evaluate(() => /Storage\s+Not known/.test(document.body.innerText)),
    )
  })

  it('opens with no network what was opened with one', async () => {
    await until(
      'the service worker',
      () => browser.evaluate(() => !!navigator.serviceWorker.controller),
      20_000,
    )
    await server.close()
    await browser.goto(`${server.url}/apps/tasks/`)
    await shows('Water, Sow, Rake')
    await add('Harvest')
    await shows('Harvest, Water, Sow, Rake')
  })
})

/** Of the list that is shown; runs in a page. */
const titles = () =>
  [...document.querySelectorAll<HTMLTextAreaElement>('.task .title')].map(({ value }) => value).join(', ')

/** Runs in a page. */
async function workerAfterWrite() {
  const { space, status } = await window.opening
  space.add('note', { title: 'Written' })
  await space.flush()
  return status.value.worker
}

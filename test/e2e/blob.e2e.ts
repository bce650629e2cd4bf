/** Tabs of an origin that has no file of Hearth agree on one `blob:` URL, however they come and go. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Browser } from './browser.js'
import { PlainSite } from './plain-site.js'
import { dist, folder } from './site.js'
import { until } from './wait.js'

describe('tabs without any file of ours', () => {
  let kube: RunningServer
  let site: PlainSite
  let browser: Browser
  before(async () => {
    kube = await startServer({ dist })
    site = await PlainSite.open(folder('../../docs/examples/modes/shared-blob'), kube.url)
    browser = await Browser.launch()
  })
  after(async () => {
    await browser.close()
    await site.close()
    await kube.close()
    assert.deepEqual(browser.errors, [], 'errors on the consoles of pages')
  })
  const open = async (): Promise<Page> => {
    const page = await browser.newTab(site.url)
    await page.evaluate(async () => {
      window.home = await hearth.open()
    })
    return page
  }
  const close = (pages: readonly Page[]) => Promise.all(pages.map((page) => page.close()))
  const agreed = (page: Page) =>
    page.evaluate(() => Object.entries(localStorage).find(([key]) => key.startsWith('hearth:blob:'))?.[1])
  const oneWorker = (...pages: Page[]) =>
    until('all to have one worker', async () => {
      const all = await Promise.all(pages.map(instanceOf))
      return all.every((instance) => instance === all[0]) ? all[0] : undefined
    })

  it('that start at once have one worker', async () => {
    const pages = await Promise.all([open(), open(), open(), open()])
    await oneWorker(...pages)
    assert.equal((await sharedWorkers(browser)).length, 1)
    await close(pages)
  })

  it('come to the one that is there, when the tab that made its URL is gone', async () => {
    const [maker, alice] = [await open(), await open()]
    const url = await agreed(alice)
    await maker.close()
    const bob = await open()
    assert.equal(await oneWorker(alice, bob), await instanceOf(alice))
    assert.equal(await agreed(bob), url)
    await close([alice, bob])
  })

  it('replace a URL that nobody can start any more, once', async () => {
    const maker = await open()
    const [alice, bob] = [await open(), await open()]
    const before = await instanceOf(alice)
    const url = await agreed(alice)
    await maker.close()
    const [worker] = await sharedWorkers(browser)
    const devtools = await browser.devtools()
    await devtools.send('Target.closeTarget', { targetId: worker! })
    await devtools.detach()
    await until('the next worker', async () => (await oneWorker(alice, bob)) !== before)
    const late = await open()
    await oneWorker(alice, bob, late)
    assert.notEqual(await agreed(late), url)
    // Two may have begun another one; the one that gave way lingers for a second.
    await until('one worker', async () => (await sharedWorkers(browser)).length === 1)
    await close([alice, bob, late])
  })

  it('start all the same where two have made two URLs at once', async () => {
    const alice = await open()
    await alice.evaluate(() => localStorage.clear())
    const bob = await open()
    await oneWorker(alice, bob)
    await bob.evaluate(async () => {
      window.home.space.add('word', { said: 'once' })
      await window.home.space.flush()
    })
    const found = () =>
      alice.evaluate(async () => {
        const query = window.home.space.query('word')
        await query.ready
        return query.value.length
      })
    await until('Alice to see it', async () => (await found()) === 1)
  })
})

const instanceOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

/** Their targets. */
async function sharedWorkers(browser: Browser): Promise<string[]> {
  const devtools = await browser.devtools()
  const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
  await devtools.detach()
  return targetInfos.map(({ targetId }) => targetId)
}

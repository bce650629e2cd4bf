/** The ways in which the tabs of an origin come to one worker: the example of each, on an origin of its own. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Browser } from './browser.js'
import { modes, ModeSite } from './mode-site.js'
import { until, within } from './wait.js'

for (const mode of modes)
  describe(`tabs in mode ${mode}`, () => {
    let site: ModeSite
    let browser: Browser
    before(async () => {
      site = await ModeSite.open(mode)
      browser = await Browser.launch()
    })
    after(async () => {
      await browser.close()
      await site.close()
      assert.deepEqual(browser.errors, [], 'errors on the consoles of pages')
    })
    const open = async () => {
      const page = await browser.newTab(site.url)
      await atHome(page)
      return page
    }

    it('say so, have one worker, and see each other’s edits', async () => {
      const [alice, bob] = [await open(), await open()]
      for (const page of [alice, bob]) assert.equal(await page.locator('#mode').textContent(), mode)
      assert.equal(await instanceOf(alice), await instanceOf(bob))
      await alice.locator('input').fill('from Alice')
      await alice.keyboard.press('Enter')
      await bob.getByText('from Alice').waitFor()
      await bob.evaluate(async () => {
        const query = window.home.space.query('modes/word')
        await query.ready
        query.value[0]!['text'] += ' and Bob'
      })
      await alice.getByText('from Alice and Bob').waitFor()
      // Shown before it is durable: with the last tab of some modes goes the worker.
      await bob.evaluate(() => window.home.space.flush())
      await alice.close()
      await bob.close()
    })

    it('find everything again after a reload, a restart of the browser, and in another space', async () => {
      const alice = await open()
      await alice.evaluate(async () => {
        const space = await window.home.createSpace({ name: 'Kitchen' })
        space.add('modes/word', { text: 'kept' })
        await space.flush()
      })
      await alice.reload()
      await atHome(alice)
      assert.deepEqual(await words(alice), ['from Alice and Bob', 'kept'])
      await browser.kill()
      await browser.relaunch()
      const since = Date.now()
      const again = await open()
      console.log(`    open ${Date.now() - since} ms after the browser was started again`)
      assert.deepEqual(await words(again), ['from Alice and Bob', 'kept'])
      await again.close()
    })

    it('are live again when the worker, or the tab that has it, is gone, and nothing is lost', async () => {
      const first = await open()
      const [alice, bob] = [await open(), await open()]
      const before = await instanceOf(alice)
      const id = await alice.evaluate(async () => {
        const counter = window.home.space.add('counter', { count: 0 })
        await window.home.space.flush()
        return counter.id as string
      })
      const counting = Promise.all([alice, bob].map((page) => page.evaluate(countTo, { id, to: 200 })))
      counting.catch(() => undefined)
      await until('both to count', async () => (await countOf(bob, id)) > 20)
      // The first tab was there alone, so that it was elected.
      if (mode === 'elected-tab') await first.close()
      else await endWorker(browser)
      const since = Date.now()
      await until('a new worker for both', async () => {
        const now = await Promise.all([instanceOf(alice), instanceOf(bob)])
        return now[0] !== before && now[0] === now[1]
      })
      console.log(`    a new worker after ${Date.now() - since} ms`)
      await within('both to have counted to the end', counting, 30_000)
      for (const page of [alice, bob])
        await until('every increment to be there once', async () => (await countOf(page, id)) === 400)
      assert.deepEqual(await alice.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
    })
  })

async function atHome(page: Page): Promise<void> {
  // A second call gives the home that the page has opened.
  await page.evaluate(async () => {
    window.home = await hearth.open()
  })
}

const instanceOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const words = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const query = window.home.query('modes/word').orderBy('text')
    await query.ready
    return query.value.map((word) => word['text'] as string)
  })

const countOf = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))['count'] as number, id)

/** Some of it durable and some of it on its way at any moment; runs in a page. */
async function countTo({ id, to }: { id: string; to: number }): Promise<void> {
  const { space } = window.home
  const counter = await space.load(id)
  for (let n = 1; n <= to; n++) {
    hearth.increment(counter, 'count', 1)
    if (n % 10 === 0) await space.flush()
    else await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await space.flush()
}

/** As a crash would: no tab is told. */
async function endWorker(browser: Browser): Promise<void> {
  const devtools = await browser.devtools()
  const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
  assert.equal(targetInfos.length, 1)
  await devtools.send('Target.closeTarget', { targetId: targetInfos[0]!.targetId })
  await devtools.detach()
}

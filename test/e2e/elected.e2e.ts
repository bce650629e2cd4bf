/** The elected tab goes away in every way that a tab can: another one is elected, and nobody loses anything. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { rendererOf } from './renderer.js'
import { opened, Stage } from './stage.js'
import { until, within } from './wait.js'

describe('when the elected tab', () => {
  let stage: Stage
  let [first, alice, bob] = [] as unknown as [Page, Page, Page]
  let id: string
  let counting: Promise<unknown>
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  /** The first one is elected; the others count, and are well on their way. */
  beforeEach(async () => {
    first = await tab()
    alice = await tab()
    bob = await tab()
    assert.equal(await alice.evaluate(() => window.home.status.value.worker.mode), 'elected-tab')
    id = await alice.evaluate(async () => {
      const counter = window.home.space.add('counter', { count: 0 })
      await window.home.space.flush()
      return counter.id as string
    })
  })
  afterEach(async () => {
    for (const page of [first, alice, bob]) await page.close()
  })
  const count = async () => {
    counting = Promise.all([alice, bob].map((page) => page.evaluate(countTo, { id, to: 200 })))
    counting.catch(() => undefined)
    await until('both to count', async () => (await countOf(bob, id)) > 20)
  }

  it('crashes, the others have the next one at once', async () => {
    await count()
    const before = await instanceOf(alice)
    const devtools = await first.context().newCDPSession(first)
    void devtools.send('Page.crash').catch(() => undefined)
    await succession(before, 5_000)
    await allCounted(400)
  })

  it('hears that it will be frozen, it leaves its office first, and comes back as one of the others', async () => {
    await count()
    const before = await instanceOf(alice)
    // Chromium freezes no page that a driver keeps visible, so that the page is told by the test.
    await first.evaluate(() => void document.dispatchEvent(new Event('freeze')))
    const next = await succession(before, 5_000)
    await allCounted(400)
    await first.evaluate(() => void document.dispatchEvent(new Event('resume')))
    await until('the frozen one to be back', async () => (await instanceOf(first)) === next)
    assert.equal(await countOf(first, id), 400)
    for (const page of [alice, bob]) await page.close()
    await until('it to be elected again', async () => (await instanceOf(first)) !== next)
    await first.evaluate(countTo, { id, to: 10 })
    assert.equal(await countOf(first, id), 410)
  })

  it('and its worker are stopped without a word, another one takes over, and they cannot write when they wake', async () => {
    const before = await instanceOf(alice)
    const pid = await rendererOf(stage, first)
    for (const other of [alice, bob]) assert.notEqual(await rendererOf(stage, other), pid)
    for (const page of [first, alice, bob]) await countOf(page, id)
    process.kill(pid, 'SIGSTOP')
    let next: string
    try {
      for (const page of [alice, bob]) await page.evaluate(incrementAll, { id, by: 200 })
      // Two beats and a question that nobody answers; a machine that is busy with other things takes longer.
      next = await succession(before, 8_000)
      counting = Promise.all([alice, bob].map((page) => page.evaluate(() => window.home.space.flush())))
      await allCounted(400)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await until('the one that woke to follow', async () => (await instanceOf(first)) === next, 20_000)
    await sleep(2_000)
    for (const page of [first, alice, bob]) assert.equal(await instanceOf(page), next)
    await first.evaluate(countTo, { id, to: 10 })
    for (const page of [first, alice, bob])
      await until('what it counts then', async () => (await countOf(page, id)) === 410)
    // From the store, as the next worker finds it.
    for (const page of [first, bob]) await page.close()
    await alice.reload()
    await opened(alice)
    assert.equal(await countOf(alice, id), 410)
    assert.deepEqual(await alice.evaluate(() => window.home.status.value.damage), [])
  })

  async function tab(): Promise<Page> {
    const page = await stage.browser.newTab('about:blank')
    await page.addInitScript('delete globalThis.SharedWorker')
    await page.goto(`${stage.server.url}/apps/alpha/`)
    await opened(page)
    return page
  }

  /** @returns the instance that both have now */
  async function succession(before: string, ms: number): Promise<string> {
    const since = Date.now()
    const next = await until(
      'both to have the next worker',
      async () => {
        const [a, b] = await Promise.all([instanceOf(alice), instanceOf(bob)])
        return a !== before && a === b ? a : undefined
      },
      ms,
    )
    console.log(`    another one was elected, and all had its worker, after ${Date.now() - since} ms`)
    return next
  }

  async function allCounted(sum: number): Promise<void> {
    await within('both to have counted to the end', counting, 30_000)
    for (const page of [alice, bob])
      await until('every increment to be there once', async () => (await countOf(page, id)) === sum)
    for (const page of [alice, bob])
      assert.deepEqual(await page.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
  }
})

const instanceOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const countOf = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))['count'] as number, id)

/** Some of it durable and some of it on its way at any moment; runs in a page. */
async function countTo({ id, to }: { id: string; to: number }): Promise<void> {
  const { space } = window.home
  const counter = await space.load(id)
  for (let n = 1; n <= to; n++) {
    hearth.increment(counter, 'count', 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await space.flush()
}

/** Shown at once; who keeps it comes later. Runs in a page. */
function incrementAll({ id, by }: { id: string; by: number }): void {
  const counter = window.home.space.get(id)!
  for (let n = 0; n < by; n++) hearth.increment(counter, 'count', 1)
}

/** Tabs and workers of several builds on one origin. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Releases, type Release } from './releases.js'
import { Stage } from './stage.js'
import { until, within } from './wait.js'

describe('tabs of several builds', () => {
  const releases = new Releases()
  let stage: Stage
  before(async () => (stage = await Stage.of(releases.dist)))
  after(async () => {
    await stage.end()
    releases.remove()
  })

  it('go to the newer worker as soon as one of them brings it, and lose no edit', async () => {
    releases.deploy('aaaaaaa1')
    const alice = await stage.tab()
    assert.equal(await buildOf(alice), 'aaaaaaa1')
    const id = await alice.evaluate(async () => {
      const counter = window.home.space.add('counter', { count: 0 })
      await window.home.space.flush()
      return counter.id as string
    })
    const counting = alice.evaluate(countTo, { id, to: 300 })
    counting.catch(() => undefined)
    await until('Alice to count', async () => (await countOf(alice, id)) > 20)
    releases.deploy('aaaaaaa2')
    const bob = await stage.tab()
    const since = Date.now()
    for (const page of [alice, bob])
      await until('the newer worker', async () => (await buildOf(page)) === 'aaaaaaa2')
    console.log(`    both tabs had the newer worker after ${Date.now() - since} ms`)
    await within('Alice to have counted to the end', counting, 30_000)
    await until('Bob to see it', async () => (await countOf(bob, id)) === 300)
    assert.deepEqual(await alice.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
  })

  it('stay with the newer worker when an older build is opened', async () => {
    const alice = await stage.tab()
    const before = await instanceOf(alice)
    const mallory = await tabOf('aaaaaaa1')
    await writes(mallory)
    // Longer than it would take to change.
    await sleep(2_000)
    for (const page of [alice, mallory]) assert.equal(await instanceOf(page), before)
    assert.equal(await buildOf(mallory), 'aaaaaaa2')
  })

  it('do not fight where an app brings a newer client than the worker that is there', async () => {
    const alice = await stage.tab()
    const before = await instanceOf(alice)
    const bob = await tabOf('aaaaaaa3')
    await writes(bob)
    await sleep(2_000)
    const carol = await tabOf('aaaaaaa3')
    await writes(carol)
    await sleep(2_000)
    for (const page of [alice, bob, carol]) assert.equal(await instanceOf(page), before)
  })

  it('are told to reload when they are two versions of the protocol behind', async () => {
    const page = await stage.blankTab()
    const answer = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const { port } = new SharedWorker('/hearth/worker.js', { name: 'hearth' })
          port.onmessage = ({ data }) => resolve(data.m[0].error.message)
          port.postMessage({ rpc: -1, build: '0.0.1+00000000', client: 'A'.repeat(22), app: '', held: false })
        }),
    )
    assert.match(answer, /^$|Reload the page/)
  })

  /** A tab whose hearth.js is of another release than the server's. */
  async function tabOf(release: Release): Promise<Page> {
    const route = (url: URL) => url.pathname === '/hearth.js'
    const { context } = stage.browser
    await context.route(route, (request) =>
      request.fulfill({
        contentType: 'text/javascript; charset=utf-8',
        body: releases.file('hearth.js', release),
      }),
    )
    try {
      return await stage.tab()
    } finally {
      await context.unroute(route)
    }
  }
})

/** Makes sure that the tab can write, durably. */
const writes = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    window.home.space.add('word', { said: 'here' })
    await window.home.space.flush()
  })

async function countTo({ id, to }: { id: string; to: number }): Promise<void> {
  const counter = await window.home.space.load(id)
  for (let n = 1; n <= to; n++) {
    hearth.increment(counter, 'count', 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await window.home.space.flush()
}

const countOf = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))['count'] as number, id)

const buildOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.version.split('+')[1]!)

const instanceOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

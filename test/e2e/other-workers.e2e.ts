/** Service workers of others, beside which Hearth must work, and what `erase` takes away of its own. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Front } from './front.js'
import { Site, underServiceWorker } from './site.js'
import { opened } from './stage.js'
import { until } from './wait.js'

describe('beside a service worker of the page’s own', () => {
  let site: Site
  before(async () => (site = await Site.open('own-worker')))
  after(() => site.end())

  it('of its folder, each keeps what is its own, with a network and without', async () => {
    const page = await site.tab('/apps/own-worker/')
    await opened(page)
    await until('both to run', () => bothRun(page))
    assert.match(await controller(page), /own-worker\/worker\.js$/)
    assert.deepEqual(await scopes(page), [
      ['/', '/hearth/service-worker.js'],
      ['/apps/own-worker/', '/apps/own-worker/worker.js'],
    ])
    await page.reload()
    await opened(page)
    assert.match(await controller(page), /own-worker\/worker\.js$/)
    await page.evaluate(write, 'kept by its own, with a runtime from ours')

    await site.leave()
    const again = await site.tab('/apps/own-worker/')
    await opened(again)
    assert.match(await controller(again), /own-worker\/worker\.js$/)
    await again.evaluate(write, 'without a server')
    assert.equal(await again.evaluate(countAll), 2)
  })

  it('of the whole origin, ours leaves it there, and has the runtime only', async () => {
    await site.serve()
    await using front = await Front.open(site)
    const query = `?script=/root-worker.js%3Fkeep=/apps/own-worker/&scope=/`
    const page = await site.browser.newTab(`${front.url}/apps/own-worker/${query}`)
    await opened(page)
    await until('both to run', () => bothRun(page))
    const both = [
      ['/', '/root-worker.js'],
      ['/hearth/', '/hearth/service-worker.js'],
    ]
    assert.deepEqual(await scopes(page), both)
    await page.reload()
    await opened(page)
    assert.match(await controller(page), /root-worker\.js/)
    await page.evaluate(write, 'kept by its own, with a runtime from ours')

    await front.close()
    await site.browser.kill()
    await site.browser.relaunch()
    const again = await site.browser.newTab(`${front.url}/apps/own-worker/${query}`)
    await opened(again)
    await again.evaluate(write, 'without a server')
    assert.equal(await again.evaluate(countAll), 2)
    assert.deepEqual(await scopes(again), both)
  })
})

describe('home.erase()', () => {
  let site: Site
  before(async () => (site = await Site.open('alpha', 'own-worker')))
  after(() => site.end())

  it('takes out our service worker and our caches, and nobody else’s', async () => {
    const page = await site.tab('/apps/own-worker/')
    await opened(page)
    await until('both to run', () => bothRun(page))
    assert.ok((await cacheNames(page)).some((name) => name.startsWith('hearth:release:')))
    await page.evaluate(() => window.home.erase())
    assert.deepEqual(await scopes(page), [['/apps/own-worker/', '/apps/own-worker/worker.js']])
    assert.deepEqual(await cacheNames(page), ['own'])
    await page.close()

    const next = await site.tab('/apps/alpha/')
    await opened(next)
    assert.equal(await controller(next), '')
    await underServiceWorker(next)
  })

  it('and a page that comes while another is still open gets all of it again', async () => {
    const stays = await site.tab('/apps/alpha/')
    await opened(stays)
    await underServiceWorker(stays)
    const whole = await filesOf(stays)
    assert.ok(whole > 10)
    const erases = await site.tab('/apps/alpha/')
    await opened(erases)
    await erases.evaluate(() => window.home.erase())
    assert.deepEqual(await scopes(stays), [['/apps/own-worker/', '/apps/own-worker/worker.js']])
    assert.deepEqual(await cacheNames(stays), ['own'])
    await erases.reload()
    await opened(erases)
    await underServiceWorker(erases)
    await until('all files to be kept again', async () => (await filesOf(erases)) === whole, 20_000)
  })
})

/** Of the one release that is kept. */
const filesOf = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const name = (await caches.keys()).find((one) => one.startsWith('hearth:release:'))
    return name ? (await (await caches.open(name)).keys()).length : 0
  })

/** Path of scope and script of each registration. */
const scopes = (page: Page): Promise<[string, string][]> =>
  page.evaluate(async () => {
    const all = await navigator.serviceWorker.getRegistrations()
    const path = (url: string) => url && new URL(url).pathname
    return all
      .map((one): [string, string] => [
        path(one.scope),
        path((one.active ?? one.waiting ?? one.installing)?.scriptURL ?? ''),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  })

const bothRun = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const all = await navigator.serviceWorker.getRegistrations()
    return all.length === 2 && all.every(({ active }) => active?.state === 'activated')
  })

const controller = (page: Page): Promise<string> =>
  page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? '')

const cacheNames = (page: Page): Promise<string[]> => page.evaluate(async () => (await caches.keys()).sort())

/** Runs in a page. */
async function write(title: string): Promise<void> {
  const note = window.home.space.add('note', { title, seen: false })
  note.seen = true
  await window.home.space.flush()
}

/** Runs in a page. */
async function countAll(): Promise<number> {
  const query = window.home.space.query('note')
  await query.ready
  return query.value.length
}

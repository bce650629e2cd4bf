/** A new release: offered, taken by a person, with nothing lost in the tab that takes it or in those that do not. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { buildRelease } from './release.js'
import { dist, Site, underServiceWorker } from './site.js'
import { opened } from './stage.js'
import { until } from './wait.js'

const later = Math.floor(Date.now() / 1000) + 3600

describe('an update', () => {
  let site: Site
  let second: string
  let third: string
  before(async () => {
    site = await Site.open('alpha', 'beta')
    second = release(2)
  })
  after(() => site.end())

  const tab = async (path: string) => {
    const page = await site.tab(path)
    await opened(page)
    return page
  }

  it('is offered, waits, is taken amid unsaved edits, and loses none of them', async () => {
    const alice = await tab('/apps/alpha/')
    await underServiceWorker(alice)
    const bob = await tab('/apps/beta/')
    const before = await runtimeOf(alice)

    await site.serve(second)
    await checkForUpdate(alice)
    for (const page of [alice, bob]) await page.locator('hearth-button [data-update=ready]').waitFor()
    // It is only offered: a tab that opens now gets the release that runs.
    const carol = await tab('/apps/beta/')
    assert.equal(await releaseOf(carol), 1)
    await carol.close()

    await alice.locator('hearth-button').getByRole('button').click()
    await alice.getByText('A new version is ready.').waitFor()
    await bob.evaluate(() => void window.home.space.add('note', { title: 'of the other tab' }))
    const loaded = alice.waitForEvent('load')
    await alice.evaluate(writeAndTake, 2000)
    await loaded
    await opened(alice)
    assert.equal(await releaseOf(alice), 2)
    assert.equal(await count(alice, 'todo'), 2000)
    await until('both to have the new runtime', async () => {
      const [hers, his] = await Promise.all([runtimeOf(alice), runtimeOf(bob)])
      return hers !== before && hers === his
    })

    // The other tab goes on with the release that it runs, and with parts of it that it had not loaded.
    await bob.locator('hearth-button [data-update=taken]').waitFor()
    assert.equal(await releaseOf(bob), 1)
    assert.equal(await count(bob, 'note'), 1)
    assert.equal(await statusOf(bob, laterOf(dist)), 200)
    await bob.locator('hearth-button').getByRole('button').click()
    const again = bob.waitForEvent('load')
    await bob.getByRole('button', { name: 'Reload' }).click()
    await again
    await opened(bob)
    assert.equal(await releaseOf(bob), 2)
    assert.deepEqual([await count(bob, 'todo'), await count(bob, 'note')], [2000, 1])
    for (const page of [alice, bob]) await page.close()
  })

  it('is not taken before everything is durable, and not at all if that fails', async () => {
    const page = await tab('/apps/alpha/')
    assert.equal(await releaseOf(page), 2)
    third = release(3)
    await site.serve(third)
    await checkForUpdate(page)
    await page.locator('hearth-button [data-update=ready]').waitFor()
    await page.locator('hearth-button').getByRole('button').click()
    await page.evaluate(() => {
      window.home.space.flush = () => Promise.reject(new Error('The device has no room left.'))
    })
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.getByText('The device has no room left.').waitFor()
    assert.equal(await waits(page), true)

    await page.evaluate(() => {
      window.home.space.flush = () => new Promise((resolve) => (window.durable = resolve))
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Saving…').waitFor()
    // Longer than it takes to take over.
    await sleep(1_000)
    assert.equal(await waits(page), true)
    const loaded = page.waitForEvent('load')
    await page.evaluate(() => {
      delete (window.home.space as Partial<typeof window.home.space>).flush
      window.durable()
    })
    await loaded
    await opened(page)
    assert.equal(await releaseOf(page), 3)
    await page.close()
  })

  it('keeps the files of the release before, and of none before that', async () => {
    const page = await tab('/apps/alpha/')
    assert.equal(await releaseOf(page), 3)
    const before = await count(page, 'todo')
    await site.serve(release(4))
    await checkForUpdate(page)
    await page.locator('hearth-button [data-update=ready]').waitFor()
    const loaded = page.waitForEvent('load')
    // The only tab: what has not arrived at the disk goes with its worker.
    await page.evaluate(writeAndTake, 10_000)
    await loaded
    await opened(page)
    assert.equal(await releaseOf(page), 4)
    assert.equal(await count(page, 'todo'), before + 10_000)
    assert.equal(await statusOf(page, laterOf(third)), 200)
    assert.equal(await statusOf(page, laterOf(second)), 404)
    // That was what the server says, of what nobody has any more.
    site.browser.errors.splice(0)
  })
})

/** Built an hour after the one before, with a number that its button shows and its parts bear; no longer than it. */
const release = (n: number) =>
  buildRelease(
    {
      'shell/button.ts': ['Open Hearth', `To Hearth ${n}`],
      'shell/offline/words.ts': ['Another tab', `Another tab (${n})`],
    },
    later + 3600 * n,
  )

/** Of the script that the page runs. */
const releaseOf = async (page: Page): Promise<number> => {
  const link = await page.locator('hearth-button').locator('a').textContent()
  return Number(/\d+$/.exec(link!)?.[0] ?? 1)
}

/** The build of the worker that serves the page. */
const runtimeOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.version)

/** The part of hearth.js that a release loads later; its name holds its hash. */
const laterOf = (folder: string): string =>
  `/hearth/${readdirSync(join(folder, 'hearth')).find((name) => /^later-\w+\.js$/.test(name))}`

/** Whether it can be had other than from the browser's own cache of what it once loaded. */
const statusOf = (page: Page, path: string): Promise<number> =>
  page.evaluate(async (path) => (await fetch(path, { cache: 'reload' })).status, path)

/** Writes much, none of it durable yet, and takes the update in the same turn; runs in a page. */
function writeAndTake(count: number): void {
  for (let n = 0; n < count; n++) {
    const todo = window.home.space.add('todo', { title: `unsaved ${n}` })
    if (!hearth.meta(todo).pending) throw new Error('It is saved already.')
  }
  const root = document.querySelector('hearth-button')!.shadowRoot!
  root.querySelector<HTMLButtonElement>('section button')!.click()
}

/** Whether the new release still waits. */
const waits = (page: Page): Promise<boolean> =>
  page.evaluate(async () => !!(await navigator.serviceWorker.ready).waiting)

/** As the browser does by itself on a navigation, and once a day. */
const checkForUpdate = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.update()
  })

const count = (page: Page, type: string): Promise<number> =>
  page.evaluate(async (type) => {
    const query = window.home.space.query(type)
    await query.ready
    return query.value.length
  }, type)

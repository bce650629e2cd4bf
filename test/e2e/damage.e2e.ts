import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { opened, Stage } from './stage.js'
import { rows, spoil } from './store.js'
import { until } from './wait.js'

/** Each test has a browser, and with it a store, of its own. */
describe('a record of the store that cannot be read', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('in a page: is named, and every object is there', async () => {
    const page = await stage.tab()
    await add(page, 'page', 50)
    await pagesWritten(page)
    const reader = await restartBlank(stage)
    const [first] = await rows(reader, 'pages')
    const { v, objects } = first!.value as { v: number; objects: unknown[] }
    objects[7] = 'spoilt'
    await spoil(reader, 'pages', first!.key, { v, objects })

    await openHome(reader, stage)
    assert.deepEqual(await numbers(reader, 'page'), range(50))
    assert.deepEqual(await damage(reader), ['page'])
    await add(reader, 'page', 1, 50)
    assert.deepEqual(await numbers(reader, 'page'), range(51))
    await reader.close()
  })

  it('in the feed: is named, also when opened again, and all other objects are there', async () => {
    const page = await stage.tab()
    await add(page, 'before', 10)
    await pagesWritten(page)
    await add(page, 'lost', 1)
    await add(page, 'after', 1)
    let reader = await restartBlank(stage)
    const entries = await rows(reader, 'entries')
    const spoilt = entries.at(-2)!.key
    await spoil(reader, 'entries', spoilt)

    for (const opening of ['first', 'second']) {
      await openHome(reader, stage)
      assert.deepEqual(await numbers(reader, 'before'), range(10), opening)
      assert.deepEqual(await numbers(reader, 'after'), range(1), opening)
      assert.ok((await damage(reader, ` at the ${opening} opening`)).includes('entry'), opening)
      await add(reader, 'between', 1)
      await pagesWritten(reader)
      reader = await restartBlank(stage)
    }
    // Not deleted either: another device, or a repair, may still make sense of it.
    assert.ok((await rows(reader, 'entries')).some(({ key }) => String(key) === String(spoilt)))
  })
})

const range = (length: number) => Array.from({ length }, (_, n) => n)

const add = (page: Page, type: string, count: number, from = 0): Promise<void> =>
  page.evaluate(
    async ({ type, count, from }) => {
      for (let n = from; n < from + count; n++) window.home.space.add(type, { n })
      await window.home.space.flush()
    },
    { type, count, from },
  )

const numbers = (page: Page, type: string): Promise<number[]> =>
  page.evaluate(async (type) => {
    const query = window.home.space.query(type)
    await query.ready
    return query.value.map((object) => object['n'] as number)
  }, type)

/** What kinds of records are named as damaged, each once. */
const damage = async (page: Page, when = ''): Promise<string[]> => {
  const named = await until(`the damage to be named${when}`, () =>
    page.evaluate(() => {
      const kinds: string[] = window.home.status.value.damage.map(({ what }) => what)
      return kinds.length > 0 ? kinds : undefined
    }),
  )
  return [...new Set(named)]
}

/** Waits until pages stand for everything that is durable. */
const pagesWritten = (page: Page): Promise<unknown> =>
  until('pages to be written', async () => {
    const [entries, positions] = [await rows(page, 'entries'), await rows(page, 'positions')]
    const last = (entries.at(-1)?.key as unknown[] | undefined)?.at(-1)
    const feeds = positions.flatMap(({ value }) => (value as { feeds: [string, number][] }).feeds)
    return feeds.some(([, seq]) => seq === last)
  })

/** Kills the browser, and starts it with a page that does not load Hearth. */
async function restartBlank(stage: Stage): Promise<Page> {
  await stage.browser.kill()
  await stage.browser.relaunch()
  return stage.blankTab()
}

async function openHome(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.server.url}/apps/alpha/`)
  await opened(page)
}

/** The store goes away under a worker that is alive, and tabs that are open. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type * as Hearth from '../../client/index.js'
import { Stage } from './stage.js'
import { until, within } from './wait.js'

describe('a store that goes away', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  for (const [how, clear] of [
    ['a page deletes the database', deleted],
    ['the user clears what the site has stored', () => stage.browser.clear(stage.server.url)],
  ] as const)
    it(`when ${how}: tabs say so, and write again what they show`, async () => {
      const [alice, bob] = [await stage.tab(), await stage.tab()]
      await alice.evaluate(async () => {
        window.home.space.add('page', { title: 'Diary' })
        const garden = await window.home.createSpace({ name: 'Garden' })
        garden.add('page', { title: 'Roses' })
        await window.home.space.flush()
        await garden.flush()
      })
      for (const page of [alice, bob])
        await until('both pages', async () => (await titles(page)).length === 2)
      const before = await instanceOf(alice)
      await clear()
      for (const page of [alice, bob]) {
        await until('a new worker', async () => (await instanceOf(page)) !== before)
        await until('the tab to say so', async () => (await rejected(page)).includes('store/cleared'))
        assert.deepEqual(await titles(page), [])
      }
      await alice.evaluate(() => window.home.rejected.value[0]!.retry())
      for (const page of [alice, bob])
        await until('what was shown to be there again', async () => {
          const now = await titles(page)
          return now.length === 2 && now.includes('Diary') && now.includes('Roses')
        })
      // Bob comes second: nothing is written twice, and nothing is refused.
      await bob.evaluate(() => window.home.rejected.value[0]!.retry())
      await bob.evaluate(() => window.home.space.flush())
      assert.equal((await titles(alice)).length, 2)
      for (const page of [alice, bob]) assert.deepEqual(await rejected(page), [])
      const late = await stage.tab()
      await until('a new tab to show it once', async () => (await titles(late)).length === 2)
      assert.deepEqual(await late.evaluate(() => window.home.spaces.value.map(({ name }) => name)), [
        'Personal',
        'Garden',
      ])
      for (const page of [alice, bob, late]) await page.close()
      await stage.browser.clear(stage.server.url)
    })

  it('while Alice and Bob type into one text: both write it again at once, and every character is there once', async () => {
    const pages = [await stage.tab(), await stage.tab()]
    const id = await pages[0]!.evaluate(async () => {
      const { id } = window.home.space.add('page', { text: hearth.text('') })
      await window.home.space.flush()
      return id as string
    })
    const typing = Promise.all(pages.map((page, tab) => page.evaluate(typeUntilCleared, { id, tab })))
    await until('both to type', async () => (await textOf(pages[1]!, id)).length > 40)
    await deleted()
    const typed = (await within('both to be told', typing)).flat()
    assert.ok(typed.length > 40)
    const again = pages.map((page) => page.evaluate(() => window.home.rejected.value[0]!.retry()))
    await within('both to write it again', Promise.all(again))
    for (const page of pages) {
      await until('all of it', async () => (await textOf(page, id)).length >= typed.length)
      assert.deepEqual([...(await textOf(page, id))].sort(), typed.sort())
      assert.deepEqual(await rejected(page), [])
      await page.close()
    }
  })

  /** As a page of the origin does it, or a tool of developers. */
  async function deleted(): Promise<void> {
    const page = await stage.blankTab()
    await page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase('hearth')
          request.onsuccess = () => resolve()
          request.onerror = () => reject(request.error)
        }),
    )
    await page.close()
  }
})

const titles = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const kept = window as { pages?: Hearth.Query<{ title: string }> }
    kept.pages ??= window.home.query<{ title: string }>('page')
    return kept.pages.value.map(({ title }) => title)
  })

const rejected = (page: Page): Promise<string[]> =>
  page.evaluate(() => window.home.rejected.value.map(({ code }) => code))

const instanceOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const textOf = (page: Page, id: string): Promise<string> =>
  page.evaluate((id) => String(window.home.space.get(id)?.['text'] ?? ''), id)

/** Characters that no other tab types, as fast as a page can. @returns those that were shown */
async function typeUntilCleared({ id, tab }: { id: string; tab: number }): Promise<string[]> {
  const page = await window.home.space.load(id)
  const typed: string[] = []
  while (window.home.rejected.value.length === 0) {
    const character = String.fromCharCode(0x4e00 + tab * 5000 + typed.length)
    const at = Math.floor((page['text'] as string).length / 2)
    hearth.splice(page, 'text', at, 0, character)
    typed.push(character)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return typed
}

/** The pages in docs/examples, which were written from the API's description alone, run as they stand. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Browser } from './browser.js'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '')

describe('an example page', () => {
  let server: RunningServer
  let browser: Browser
  before(async () => {
    const apps = ['groceries', 'notebook', 'scoreboard'].map((name) => folder(`../../docs/examples/${name}`))
    server = await startServer({ dist: folder('../../dist'), apps })
    browser = await Browser.launch()
  })
  after(async () => {
    await browser.close()
    await server.close()
    assert.deepEqual(browser.errors, [], 'errors on the consoles of pages')
  })
  const twoTabs = async (name: string) => {
    const url = `${server.url}/apps/${name}/`
    const tabs = [await browser.newTab(url), await browser.newTab(url)] as const
    for (const tab of tabs) tab.on('dialog', (dialog) => void dialog.accept('Kitchen'))
    return tabs
  }

  it('keeps a shopping list in two tabs', async () => {
    const [alice, bob] = await twoTabs('groceries')
    await alice.getByText('+ New list').click()
    await alice.locator('#add input').fill('Oat milk')
    await alice.keyboard.press('Enter')
    for (const page of [alice, bob]) await page.getByText('Oat milk').first().waitFor()
  })
  it('keeps notes, whose text follows in the other tab', async () => {
    const [alice, bob] = await twoTabs('notebook')
    await alice.locator('#new').click()
    await alice.locator('#title').fill('Shared thoughts')
    await bob.getByText('Shared thoughts').first().click()
    await alice.locator('textarea').fill('first words')
    await bob.waitForFunction(() => document.querySelector('textarea')?.value === 'first words')
  })
  it('keeps scores, and says how it is', async () => {
    const [alice, bob] = await twoTabs('scoreboard')
    await alice.locator('#newGame').click()
    await alice.locator('#join input').fill('Noor')
    await alice.keyboard.press('Enter')
    for (const page of [alice, bob]) await page.getByText('Noor').first().waitFor()
  })
})

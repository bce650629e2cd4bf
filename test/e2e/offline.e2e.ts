/** What opens, and takes edits, when there is no server and no network. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Site, underServiceWorker } from './site.js'
import { opened } from './stage.js'
import { until } from './wait.js'

describe('with the server gone and the browser restarted', () => {
  let site: Site
  before(async () => (site = await Site.open('alpha')))
  after(() => site.end())

  const addTask = async (page: Page, title: string) => {
    await page.getByLabel('Add a task').fill(title)
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox', { name: `Done: ${title}` }).waitFor()
  }

  it('opens the shell and the tasks app after one visit to the shell, and they keep what is written', async () => {
    const first = await site.tab('/')
    await first.getByRole('link', { name: /^Tasks/ }).waitFor()
    await underServiceWorker(first)
    await site.leave()

    const shell = await site.tab('/?utm_source=somewhere#top')
    await shell.getByText('Running').waitFor()
    await shell.getByRole('link', { name: /^Tasks/ }).click()
    await shell.waitForSelector('.composer')
    await addTask(shell, 'Written without a network')
    await until('it to be durable', () => shell.evaluate(saved))

    await site.browser.kill()
    await site.browser.relaunch()
    const tasks = await site.tab('/apps/tasks')
    await tasks.getByRole('checkbox', { name: 'Done: Written without a network' }).waitFor()
    assert.equal(new URL(tasks.url()).pathname, '/apps/tasks/')
    await addTask(tasks, 'And one more')
  })
})

/** Whether all is durable; runs in a page. */
async function saved(): Promise<boolean> {
  const home = await hearth.open()
  return home.status.value.unsaved === 0
}

void opened

/** "Keep my data safe" on Hearth's page: what is there, what comes later, what is not kept and why, and a server that asks for a pass. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { makePass } from '../../kube/access/passes.js'
import { Database, replicasIn } from '../../kube/replicas/database.js'
import { startServer, type RunningServer, type ServerOptions } from '../../kube/server.js'
import { Browser } from './browser.js'
import { dist } from './site.js'

/** A server with a folder, and a browser. */
class Kube {
  private constructor(
    readonly data: string,
    readonly server: RunningServer,
    readonly browser: Browser,
  ) {}

  static async begin(options: Partial<ServerOptions> = {}): Promise<Kube> {
    const data = mkdtempSync(join(tmpdir(), 'hearth-safe-'))
    return new Kube(data, await startServer({ dist, data, ...options }), await Browser.launch())
  }

  /** @returns good for one device */
  async pass(): Promise<string> {
    const database = new Database(replicasIn(this.data), { isShared: true })
    const pass = await makePass(database, 1)
    await database.close()
    return pass
  }

  async end(): Promise<void> {
    await this.browser.close()
    await this.server.close()
    rmSync(this.data, { recursive: true, force: true })
    assert.deepEqual(this.browser.errors, [], 'errors on the consoles of pages')
  }
}

const all = (page: Page): Locator => page.getByRole('switch', { name: 'Keep my data safe' })
const row = (page: Page, name: string, state: string): Promise<void> =>
  page.locator('#safety li').filter({ hasText: name }).getByText(state).waitFor()
const says = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator('#safety').getByText(text).first().waitFor()
const dialog = (page: Page): Locator => page.getByRole('dialog').last()

async function newSpace(tasks: Page, name: string): Promise<void> {
  await tasks.getByRole('button', { name: 'New shared space' }).click()
  await dialog(tasks).getByLabel('Name of the space').fill(name)
  await tasks.keyboard.press('Enter')
  await tasks.getByRole('heading', { level: 1, name }).waitFor()
}

describe('Ann, who wants everything kept', () => {
  let kube: Kube
  let shell: Page
  let tasks: Page
  before(async () => {
    kube = await Kube.begin({ keeping: { perKey: 4 } })
    shell = await kube.browser.newTab(kube.server.url)
    tasks = await kube.browser.newTab(`${kube.server.url}/apps/tasks/`)
    await tasks.waitForSelector('.composer')
  })
  after(() => kube.end())

  it('has what is there kept, and what she makes later; Tasks says so of each', async () => {
    await newSpace(tasks, 'Kitchen')
    await tasks.getByRole('button', { name: 'Only here' }).waitFor()
    await all(shell).click()
    await row(shell, 'Personal', 'Kept safe')
    await row(shell, 'Kitchen', 'Kept safe')
    await newSpace(tasks, 'Garden')
    await row(shell, 'Garden', 'Kept safe')
    await tasks.getByRole('button', { name: 'Kept safe' }).waitFor()
    await says(shell, 'Everything of yours is kept, and what you make later will be.')
  })

  it('finds it switched on when the page and the worker are new, and has the next one kept, too', async () => {
    await kube.browser.kill()
    await kube.browser.relaunch()
    shell = await kube.browser.newTab(kube.server.url)
    tasks = await kube.browser.newTab(`${kube.server.url}/apps/tasks/`)
    await tasks.waitForSelector('.composer')
    await says(shell, 'Everything of yours is kept')
    assert.equal(await all(shell).isChecked(), true)
    await newSpace(tasks, 'Club')
    await row(shell, 'Club', 'Kept safe')
  })

  it('is told of the one for which the server has no place, in Tasks, too', async () => {
    await newSpace(tasks, 'Attic')
    await row(shell, 'Attic', 'The server keeps no more spaces for you')
    await says(shell, '4 of your 5 spaces are kept now')
    await tasks.getByRole('button', { name: 'Only here' }).waitFor()
  })

  it('switches one off, which stays so, and then all of it', async () => {
    await shell.getByRole('switch', { name: 'Keep Attic safe' }).click()
    await dialog(shell).getByRole('button', { name: 'Stop keeping' }).click()
    await row(shell, 'Attic', 'Only here')
    await all(shell).click()
    await row(shell, 'Attic', 'The server keeps no more spaces for you')
    await all(shell).click()
    await dialog(shell).getByRole('button', { name: 'Stop keeping' }).click()
    await says(shell, 'Nothing leaves this device for it until you switch it on.')
    await newSpace(tasks, 'Cellar')
    await row(shell, 'Cellar', 'Only here')
    assert.equal(await all(shell).isChecked(), false)
  })
})

describe('Ben, at a server that is not for everybody', () => {
  let kube: Kube
  let shell: Page
  before(async () => {
    kube = await Kube.begin({ allow: 'invited' })
    shell = await kube.browser.newTab(kube.server.url)
  })
  after(() => kube.end())

  const enter = async (pass: string) => {
    await dialog(shell).getByLabel('Your pass').fill(pass)
    await shell.keyboard.press('Enter')
  }

  it('is asked for a pass, told what is wrong with others, and has all of it kept with the right one', async () => {
    const pass = await kube.pass()
    await all(shell).click()
    await dialog(shell).getByText('This server asks for a pass').waitFor()
    await enter('please')
    await dialog(shell).getByText('That is no pass').waitFor()
    await enter('A'.repeat(43))
    await dialog(shell).getByText('does not take this pass').waitFor()
    await enter(`${kube.server.url}/#${pass}`)
    await row(shell, 'Personal', 'Kept safe')
    await says(shell, 'Everything of yours is kept')
    assert.equal(await shell.locator('#pass').count(), 0)
  })

  it('who has none goes on without, and is asked again', async () => {
    const other = await Browser.launch()
    try {
      const page = await other.newTab(kube.server.url)
      await all(page).click()
      await dialog(page).getByRole('button', { name: 'Cancel' }).click()
      await says(page, 'Ask them for an invitation')
      assert.equal(await all(page).isChecked(), false)
      await all(page).click()
      await dialog(page)
        .getByLabel('Your pass')
        .fill(await kube.pass())
      await page.keyboard.press('Enter')
      await row(page, 'Personal', 'Kept safe')
    } finally {
      await other.close()
    }
  })
})

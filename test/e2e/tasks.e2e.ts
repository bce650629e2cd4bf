import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Stage } from './stage.js'
import { until } from './wait.js'

describe('the tasks app', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  const open = async (path = '') => {
    const page = await stage.browser.newTab(`${stage.server.url}/apps/tasks/${path}`)
    await page.waitForSelector('.composer')
    return page
  }
  const add = async (page: Page, ...titles: string[]) => {
    for (const title of titles) {
      await page.getByLabel('Add a task').fill(title)
      await page.keyboard.press('Enter')
    }
  }
  const newList = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'New list' }).click()
    await page.getByLabel('Name of the new list').fill(name)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name }).waitFor()
  }
  const titles = (page: Page) =>
    page.locator('.task .title').evaluateAll((all) => all.map((one) => (one as HTMLTextAreaElement).value))
  const shows = (page: Page, ...expected: string[]) =>
    until(
      `the tasks ${expected.join(', ')}`,
      async () => (await titles(page)).join() === expected.join(),
      10_000,
    )
  const row = (page: Page, title: string) =>
    page.locator('.task', { has: page.getByRole('checkbox', { name: `Done: ${title}` }) })

  it('shows in another tab what is added, moved and done in one, and after a reload', async () => {
    const [alice, bob] = [await open(), await open()]
    await newList(alice, 'Garden')
    await add(alice, 'Rake', 'Sow', 'Water')
    await bob.getByRole('link', { name: /Garden/ }).click()
    await shows(bob, 'Water', 'Sow', 'Rake')
    await row(bob, 'Water').locator('.title').press('Alt+ArrowDown')
    await shows(alice, 'Sow', 'Water', 'Rake')
    await row(alice, 'Sow').getByRole('checkbox').check()
    await shows(bob, 'Water', 'Rake', 'Sow')
    await bob.reload()
    await shows(bob, 'Water', 'Rake', 'Sow')
  })

  it('loses no letter of two who write in the same notes', async () => {
    const [alice, bob] = [await open(), await open()]
    await newList(alice, 'Letters')
    await add(alice, 'Write')
    await bob.getByRole('link', { name: /Letters/ }).click()
    const notes = await Promise.all(
      [alice, bob].map(async (page) => {
        await row(page, 'Write').getByRole('button', { name: 'Details' }).click()
        return page.getByLabel('Notes')
      }),
    )
    const [hers, his] = notes as [(typeof notes)[0], (typeof notes)[0]]
    await hers.fill('middle')
    await until('Bob to see the middle', async () => (await his.inputValue()) === 'middle')
    await hers.press('Home')
    await his.press('End')
    await Promise.all([alice.keyboard.type('From Alice 😀, '), bob.keyboard.type(', from Bob')])
    for (const field of notes) {
      const text = 'From Alice 😀, middle, from Bob'
      await until('both ends to be there', async () => (await field.inputValue()) === text)
    }
  })

  it('gives back what was removed: a task, and a list with all that is on it', async () => {
    const alice = await open()
    await newList(alice, 'Attic')
    await add(alice, 'Lamps', 'Boxes')
    await row(alice, 'Lamps').getByRole('button', { name: 'Details' }).click()
    await alice.getByLabel('Notes').fill('the green ones')
    await alice.getByRole('button', { name: 'Remove', exact: true }).click()
    await shows(alice, 'Boxes')
    await alice.getByRole('button', { name: 'Undo' }).click()
    await shows(alice, 'Boxes', 'Lamps')
    await alice.getByRole('button', { name: 'Delete the list' }).click()
    await alice.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()
    await alice.keyboard.press('Control+z')
    await shows(alice, 'Boxes', 'Lamps')
    await row(alice, 'Lamps').getByRole('button', { name: 'Details' }).click()
    assert.equal(await alice.getByLabel('Notes').inputValue(), 'the green ones')
  })

  it('says what the data plane refuses, and shows what is stored', async () => {
    const alice = await open()
    await newList(alice, 'Library')
    await add(alice, 'Scan')
    await row(alice, 'Scan').getByRole('button', { name: 'Details' }).click()
    const notes = alice.getByLabel('Notes')
    await notes.fill('kept')
    await notes.evaluate((field: HTMLTextAreaElement) => {
      field.value = 'y'.repeat(5_000_000)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
    await alice.getByText('a text over 4 MiB').waitFor()
    assert.equal(await notes.inputValue(), 'kept')
    // The refusal is also thrown where nobody can catch it; it has been shown.
    stage.browser.errors.splice(0)
  })
})

describe('the shell', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('leads from an app to all apps, and counts what they keep', async () => {
    const page = await stage.tab()
    await page.evaluate(() => window.home.space.add('note', { title: 'One' }))
    const button = page.locator('hearth-button').getByRole('button')
    await button.click()
    await page.getByText('Everything is saved on this device.').waitFor()
    await page.getByRole('link', { name: 'Open Hearth' }).click()
    await page.getByText('1 object', { exact: true }).waitFor()
    await page.getByRole('link', { name: /^Tasks/ }).click()
    await page.waitForSelector('.composer')
  })
})

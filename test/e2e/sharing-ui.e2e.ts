/** Two people share a space by hand: in the tasks app and on Hearth's own page, each in a browser of their own. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { Browser } from './browser.js'
import { Stage } from './stage.js'
import { until } from './wait.js'

describe('sharing by hand', () => {
  let stage: Stage
  let eds: Browser
  let olga: Page
  let ed: Page
  before(async () => {
    stage = await Stage.set()
    eds = await Browser.launch()
    olga = await stage.browser.newTab(`${stage.server.url}/apps/tasks/`)
    await olga.waitForSelector('.composer')
  })
  after(async () => {
    await eds.close()
    await stage.end()
    assert.deepEqual(eds.errors, [], 'errors on the consoles of Ed’s pages')
  })

  const dialog = (page: Page) => page.getByRole('dialog').last()
  const button = (at: Page | Locator, name: string | RegExp) => at.getByRole('button', { name })
  const add = async (page: Page, title: string) => {
    await page.getByLabel('Add a task').fill(title)
    await page.keyboard.press('Enter')
  }
  const shows = (page: Page, ...titles: string[]) =>
    until(`the tasks ${titles.join(', ')}`, async () => {
      const fields = page.locator('.task .title')
      const shown = await fields.evaluateAll((all) => all.map((one) => (one as HTMLTextAreaElement).value))
      return shown.join() === titles.join()
    })
  /** As Olga reads both out of the dialog that is open. */
  const invitation = async (page: Page) => {
    const link = await dialog(page).getByLabel('Send this link').inputValue()
    const code = await dialog(page)
      .getByText(/^\d{3} \d{3}$/)
      .textContent()
    return { link, code: code!.trim() }
  }
  const makeInvitation = async (page: Page) => {
    await button(page, 'Invite…').click()
    await button(dialog(page), 'Make invitation').click()
    return invitation(page)
  }

  it('begins with a name for the space, and a list in it', async () => {
    await olga.getByText('Only here').waitFor()
    await button(olga, 'New shared space').click()
    await dialog(olga).getByLabel('Name of the space').fill('Kitchen')
    await olga.keyboard.press('Enter')
    await olga.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor()
    await add(olga, 'Clean the oven')
    await button(olga, 'New list in Kitchen').click()
    await olga.getByLabel('Name of the new list').fill('Shopping')
    await olga.keyboard.press('Enter')
    await add(olga, 'Milk')
    await shows(olga, 'Milk')
    // What is one's own is not in there.
    await olga.getByRole('link', { name: 'Inbox' }).click()
    await shows(olga)
    await olga.getByRole('link', { name: 'Kitchen' }).click()
    await shows(olga, 'Clean the oven')
  })

  let sent: { link: string; code: string }

  it('makes an invitation: a link to send, a picture of it, and a code to tell', async () => {
    await button(olga, 'Invite…').click()
    await dialog(olga).getByLabel('Your name').fill('Olga')
    await dialog(olga)
      .getByRole('radio', { name: /^Editor/ })
      .check()
    await button(dialog(olga), 'Make invitation').click()
    sent = await invitation(olga)
    assert.match(sent.link, /\/#join=[\w-]+$/)
    await dialog(olga)
      .getByRole('img', { name: /QR code/ })
      .waitFor()
    await dialog(olga).getByText('Nobody has come yet').waitFor()
    // Closed by mistake, it is still there.
    await olga.keyboard.press('Escape')
    await button(olga, 'Invite…').click()
    assert.deepEqual(await invitation(olga), sent)
  })

  it('shows the invitation again after the page was loaded anew, as long as it is open', async () => {
    await olga.reload()
    await olga.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor()
    await button(olga, 'Invite…').click()
    assert.deepEqual(await invitation(olga), sent)
    await dialog(olga)
      .getByRole('img', { name: /QR code/ })
      .waitFor()
    await dialog(olga).getByText('Nobody has come yet').waitFor()
  })

  it('opens the link on Hearth’s page, asks for the code, and leaves nothing secret in the address bar', async () => {
    ed = await eds.newTab(sent.link)
    await dialog(ed).getByLabel('Invitation link').waitFor()
    assert.equal(await dialog(ed).getByLabel('Invitation link').inputValue(), sent.link)
    assert.equal(new URL(ed.url()).hash, '')
    const code = dialog(ed).getByLabel('Code of 6 digits')
    assert.equal(await code.evaluate((field) => field === document.activeElement), true)
  })

  it('says that a code is wrong, to both, and lets Ed try again', async () => {
    const wrong = sent.code === '000 000' ? '111111' : '000000'
    await dialog(ed).getByLabel('Your name').fill('Ed <b>of</b> the garden')
    await dialog(ed).getByLabel('Code of 6 digits').fill(wrong)
    await button(dialog(ed), 'Join').click()
    await dialog(ed)
      .getByRole('alert')
      .getByText('That is not the code of this invitation; 2 more tries')
      .waitFor()
    await dialog(olga).getByText('1 wrong code so far').waitFor()
    // As it is pasted from a message.
    await dialog(ed).getByLabel('Code of 6 digits').fill(` ${sent.code} `)
    assert.equal(await dialog(ed).getByLabel('Code of 6 digits').inputValue(), sent.code)
    await button(dialog(ed), 'Try again').click()
    await dialog(ed).getByRole('heading', { name: 'You are in Kitchen' }).waitFor()
    await dialog(ed).getByText('You may read and change everything in it').waitFor()
    await dialog(olga).getByText('1 person has come in.').waitFor()
    await button(dialog(olga), 'Done').click()
  })

  it('asks what the next one is to be, once that is over', async () => {
    await olga.reload()
    await button(olga, 'Invite…').click()
    await button(dialog(olga), 'Make invitation').waitFor()
    await button(dialog(olga), 'Cancel').click()
  })

  it('makes one that is a link alone, for several people and a week', async () => {
    await button(olga, 'Invite…').click()
    await dialog(olga)
      .getByRole('radio', { name: /^The link alone/ })
      .check()
    await dialog(olga).getByRole('combobox').first().selectOption('up to 5 people')
    await dialog(olga).getByRole('combobox').last().selectOption('1 week')
    await button(dialog(olga), 'Make invitation').click()
    assert.match(await dialog(olga).getByLabel('Send this link').inputValue(), /\/#join=[\w-]+$/)
    assert.equal(await dialog(olga).locator('.code').count(), 0)
    await dialog(olga).getByText('or on one of another admin').waitFor()
    await button(dialog(olga), 'Call it back').click()
    await dialog(olga).getByText('Called back').waitFor()
    await button(dialog(olga), 'Done').click()
  })

  it('leads Ed to Tasks, where both write on the same list', async () => {
    await dialog(ed).getByRole('link', { name: 'Tasks' }).click()
    await ed.waitForSelector('.composer')
    await ed.getByRole('link', { name: /^Kitchen/ }).click()
    await shows(ed, 'Clean the oven')
    await ed.getByRole('link', { name: /^Shopping/ }).click()
    await shows(ed, 'Milk')
    await add(ed, 'Bread')
    await olga.getByRole('link', { name: /^Shopping/ }).click()
    await shows(olga, 'Bread', 'Milk')
    await olga.getByRole('checkbox', { name: 'Done: Bread' }).check()
    await shows(ed, 'Milk', 'Bread')
    // As it is at first, and once there is a direct link.
    await ed.getByRole('button', { name: /^(Relayed|Connected)$/ }).waitFor()
  })

  it('shows each who is in, by name and never as markup, and lets Olga change it', async () => {
    await button(olga, 'People…').click()
    const people = dialog(olga)
    await people.getByText('Ed <b>of</b> the garden').waitFor()
    await people.getByLabel('Role of Ed').selectOption('reader')
    await ed.getByText('You read along here').waitFor()
    assert.equal(await ed.getByRole('checkbox', { name: 'Done: Milk' }).isDisabled(), true)
    await people.getByLabel('Role of Ed').selectOption('editor')
    await ed.getByLabel('Add a task').waitFor()
    await button(people, 'Done').click()
  })

  it('tells a guest why, when Olga has called the invitation back', async () => {
    const { link, code } = await makeInvitation(olga)
    const guests = await Browser.launch()
    try {
      const guest = await guests.newTab(`${stage.server.url}/`)
      await button(guest, 'Join…').click()
      await dialog(guest).getByLabel('Invitation link').fill(`Come: ${link} !`)
      await dialog(guest).getByLabel('Code of 6 digits').fill(code)
      await button(dialog(olga), 'Call it back').click()
      await dialog(olga).getByText('Called back').waitFor()
      await button(dialog(olga), 'Done').click()
      await button(dialog(guest), 'Join').click()
      await dialog(guest).getByRole('alert').getByText('This invitation was called back').waitFor()
      await button(dialog(guest), 'Cancel').click()
      await until('the dialog to be gone', async () => (await guest.getByRole('dialog').count()) === 0)
      assert.deepEqual(guests.errors, [])
    } finally {
      await guests.close()
    }
  })

  it('makes another device one of Olga’s, after it was said what that means', async () => {
    const shell = await stage.browser.newTab(`${stage.server.url}/`)
    await button(shell, 'Invite another device').click()
    await button(dialog(shell), 'Make invitation').click()
    const { link, code } = await invitation(shell)
    const phones = await Browser.launch()
    try {
      const phone = await phones.newTab(link)
      await dialog(phone).getByText('What is on this device now stays on it').waitFor()
      await dialog(phone).getByLabel('Code of 6 digits').fill(code)
      await phone.keyboard.press('Enter')
      await dialog(phone).getByRole('heading', { name: 'This device is one of yours now' }).waitFor()
      await dialog(shell).getByText('1 device has come in.').waitFor()
      await dialog(phone).getByRole('link', { name: 'Tasks' }).click()
      await phone.getByRole('link', { name: /^Shopping/ }).click()
      await shows(phone, 'Milk', 'Bread')
      assert.deepEqual(phones.errors, [])
    } finally {
      await phones.close()
    }
  })

  it('lets Olga choose what is kept of the past, after it was said what that means, and shows Ed what she chose', async () => {
    const historyOf = async (browser: Browser) => {
      const shell = await browser.newTab(`${stage.server.url}/`)
      await button(shell, 'History of Kitchen…').click()
      const [every, came] = [/^Every change/, /^What came of them/].map((name) =>
        dialog(shell).getByRole('radio', { name }),
      ) as [Locator, Locator]
      return { shell, every, came }
    }
    const { shell, every, came } = await historyOf(stage.browser)
    await until('the choice to be known', () => every.isChecked())
    assert.equal(await button(dialog(shell), 'Keep every change').isDisabled(), true)
    await came.check()
    await dialog(shell).getByText('This cannot be taken back').waitFor()
    await button(dialog(shell), 'Let the past go').click()
    await until('it to be said', async () => (await shell.getByRole('dialog').count()) === 0)
    const again = await historyOf(stage.browser)
    await until('it to be so', () => again.came.isChecked())
    const his = await historyOf(eds)
    await dialog(his.shell).getByText('This is up to its admins.').waitFor()
    await until('Ed to see it', () => his.came.isChecked())
    assert.equal(await his.every.isDisabled(), true)
    await shows(ed, 'Milk', 'Bread')
    for (const page of [shell, again.shell, his.shell]) await page.close()
  })

  it('asks before somebody is removed, and does it', async () => {
    await button(olga, 'People…').click()
    await button(dialog(olga), 'Remove Ed').click()
    await button(dialog(olga), 'Keep').click()
    await dialog(olga).getByText('Ed <b>of</b> the garden').waitFor()
    await button(dialog(olga), 'Remove Ed').click()
    await dialog(olga).getByRole('button', { name: 'Remove', exact: true }).click()
    await until('Ed to be gone', async () => (await dialog(olga).getByText('of the garden').count()) === 0)
    await button(dialog(olga), 'Done').click()
    await ed.getByText('You are not in this space any more').waitFor()
    await shows(ed, 'Milk', 'Bread')
  })
})

/**
 * Olga has nothing but a passkey, and has everything back from a KUBE, on Hearth's own page. Chromium does not hand a passkey's secret from one
 * virtual authenticator to another, so her new device is the tab that has hers, once all is gone that the site had stored.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../kube/server.js'
import { Browser } from './browser.js'
import { dist, folder } from './site.js'
import { opened } from './stage.js'
import { virtualPasskeys } from './virtual-passkeys.js'

const PATIENCE_MS = 20_000

describe('Olga, who has a passkey and loses her device', () => {
  const data = mkdtempSync(join(tmpdir(), 'hearth-passkey-'))
  let server: RunningServer
  let browser: Browser
  let shell: Page
  let passkeys: Awaited<ReturnType<typeof virtualPasskeys>>
  let words: readonly string[]

  const open = async () => {
    await shell.goto(`${server.url}/`)
    await shell.waitForSelector('#you')
    await shell.evaluate(async () => void (window.home = await hearth.open()))
  }
  const byPasskey = async () => {
    await shell.getByRole('button', { name: 'Get everything back…' }).click()
    const dialog = shell.locator('#recover')
    await dialog.getByRole('radio', { name: 'A passkey' }).check()
    await dialog.getByRole('button', { name: 'Use the passkey' }).click()
    return dialog
  }
  const whoIs = () => shell.evaluate(() => window.home.identity.value.id as string)

  before(async () => {
    server = await startServer({ dist, apps: [folder('pages/alpha')], data })
    browser = await Browser.launch()
    shell = await browser.newTab(`${server.url}/`)
    passkeys = await virtualPasskeys(shell)
    await open()
  })
  after(async () => {
    await browser.close()
    await server.close()
    rmSync(data, { recursive: true, force: true })
    assert.deepEqual(browser.errors, [])
  })

  it('locks her words with it while a server keeps her spaces: it is told what the passkey leads to', async () => {
    await shell.fill('#you input[name=displayName]', 'Olga')
    await shell.keyboard.press('Tab')
    await shell.evaluate(async () => {
      const diary = await window.home.createSpace({ name: 'Diary' })
      diary.add('note', { of: 'rain' })
      await diary.flush()
    })
    await shell.getByRole('switch', { name: 'Keep my data safe' }).click()
    const all = shell.locator('#safety [role=status]')
    await all.getByText('Your recovery words lead there').waitFor()
    await shell.click('text=Recovery words…')
    await shell.click('text=Lock them with a passkey…')
    await shell.locator('#words').getByText('It also brings everything back on a new one').waitFor()
    await shell.click('text=I am alone: show them')
    await shell.waitForSelector('#words li')
    words = await shell.locator('#words li').allTextContents()
    await shell.click('#words >> text=Done')
    await all.getByText('Your passkey leads there, too.').waitFor()
    await shell.waitForFunction(
      () => window.home.spaces.value.every((space) => space.hosts.value[0]?.state === 'kept'),
      undefined,
      { timeout: PATIENCE_MS },
    )
    assert.equal((await passkeys.all()).length, 1)
  })

  it('has her spaces, what is in them, and her words, where all was cleared, by the passkey alone', async () => {
    const identity = await whoIs()
    await shell.goto('about:blank')
    await browser.clear(server.url)
    await open()
    assert.notEqual(await whoIs(), identity)
    const dialog = await byPasskey()
    await dialog.getByText('Welcome back').waitFor()
    assert.match((await dialog.textContent())!.replace(/\s+/g, ' '), /Welcome back, Olga.*Diary/)
    await dialog.getByRole('button', { name: 'Done' }).click()
    assert.equal(await whoIs(), identity)
    await shell.waitForFunction(
      async () => {
        const diary = window.home.spaces.value.find(({ name }) => name === 'Diary')
        const query = diary?.query('note')
        await query?.ready
        return query?.value.length === 1 && query.value[0]!['of'] === 'rain'
      },
      undefined,
      { timeout: PATIENCE_MS },
    )
    await shell.click('text=Recovery words…')
    await shell.click('text=Show them with the passkey')
    await shell.waitForSelector('#words li')
    assert.deepEqual(await shell.locator('#words li').allTextContents(), words)
    await shell.click('#words >> text=Done')
  })

  it('is told what to do where she has no passkey, or one that leads to nothing there', async () => {
    const before = await whoIs()
    await passkeys.remove()
    const dialog = await byPasskey()
    await dialog.getByText('No passkey was used. Nothing was changed.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await shell.evaluate(async () => {
      const bytes = (n: number) => crypto.getRandomValues(new Uint8Array(n))
      await navigator.credentials.create({
        publicKey: {
          ...{ rp: { name: 'Other' }, user: { id: bytes(16), name: 'Olga', displayName: 'Olga' } },
          ...{ challenge: bytes(32), pubKeyCredParams: [{ type: 'public-key', alg: -7 }] },
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          extensions: { prf: {} },
        },
      })
    })
    await byPasskey()
    await dialog.getByText('That server keeps nothing that this passkey leads to.').waitFor()
    assert.equal(await whoIs(), before)
  })

  it('has nothing given back to an app by what a passkey answers', async () => {
    const app = await browser.newTab(`${server.url}/apps/alpha/`)
    await opened(app)
    const code = await app.evaluate(() =>
      window.home.recover(new Uint8Array(32)).then(
        () => 'begun',
        (e: { code: string }) => e.code,
      ),
    )
    assert.equal(code, 'halo/shell-only')
  })
})

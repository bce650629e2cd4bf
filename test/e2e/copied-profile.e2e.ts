/**
 * A browser profile that was copied, as a restored back-up or a cloned disk is: two browsers write as one device. There is no network
 * yet, so what the one wrote is handed to the other one's store, where it would lie if a peer had told it.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { decode } from 'cborg'
import type { Page } from 'playwright-core'
import { Browser } from './browser.js'
import { opened, Stage } from './stage.js'
import { bytesIn, rows, spoil } from './store.js'
import { until } from './wait.js'

const add = (page: Page, title: string) =>
  page.evaluate(async (title) => {
    window.home.space.add('note', { title })
    await window.home.space.flush()
  }, title)

const titles = (page: Page) =>
  page.evaluate(async () => {
    const query = window.home.space.query('note')
    await query.ready
    return query.value.map((note) => note['title'] as string)
  })

/** Id of an entry: the hash of what is signed (docs/protocol/entries.md). */
function idOf(bytes: Uint8Array): string {
  const [header] = decode(bytes) as [Uint8Array]
  return createHash('sha256').update(header).digest('base64url')
}

describe('a browser profile that was copied', () => {
  let stage: Stage
  let copy: Browser
  before(async () => (stage = await Stage.set()))
  after(async () => {
    await copy?.close()
    await stage.end()
  })

  it('becomes another device of the same identity when it hears of the copy, and shows all that it wrote', async () => {
    const first = await stage.tab()
    await add(first, 'before')
    const before = await first.evaluate(() => window.home.identity.value)
    await stage.browser.kill()
    copy = await Browser.onCopyOf(stage.browser)
    const other = await copy.newTab(`${stage.server.url}/apps/alpha/`)
    await opened(other)
    assert.equal(await other.evaluate(() => window.home.identity.value.deviceId), before.deviceId)
    await add(other, 'by the copy')
    const theirs = await rows(other, 'entries')

    await stage.browser.relaunch()
    const page = await stage.tab()
    await add(page, 'by this one')
    const ours = new Set((await rows(page, 'entries')).map((row) => idOf(bytesIn(row))))
    await stage.browser.kill()
    await stage.browser.relaunch()
    const reader = await stage.blankTab()
    for (const row of theirs) {
      const bytes = bytesIn(row)
      const id = idOf(bytes)
      if (!ours.has(id)) await spoil(reader, 'strays', [row.key[0]!, id], bytes)
    }

    const again = await stage.tab()
    await until('the profile to be another device', () =>
      again.evaluate((id) => window.home.identity.value.deviceId !== id, before.deviceId),
    )
    const all = await until('all of it to be there', async () => {
      const now = await titles(again)
      return now.length === 2 && now
    })
    assert.deepEqual(all, ['before', 'by this one'])
    const now = await again.evaluate(() => window.home.identity.value)
    assert.deepEqual({ ...now, deviceId: before.deviceId }, before)
    await until('the fork to be shown', () =>
      again.evaluate(
        (id) => window.home.status.value.forks.some(({ device }) => device === id),
        before.deviceId,
      ),
    )
    const devices = await again.evaluate(async () => {
      await window.home.devices.ready
      return window.home.devices.value.map(({ id }) => id)
    })
    assert.deepEqual(new Set(devices), new Set([before.deviceId, now.deviceId]))
    // It goes on.
    await add(again, 'since then')
    assert.deepEqual(await titles(again), ['before', 'by this one', 'since then'])
    const shell = await stage.browser.newTab(`${stage.server.url}/`)
    await shell.waitForSelector('#aside >> text=Each copy is a device of its own now')
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Stage } from './stage.js'
import { until } from './wait.js'

/** Characters that no compression makes small. */
const CHUNK = randomBytes(150_000).toString('base64')

describe('a full store', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('refuses writes by name, takes them back from the view, and goes on when there is room', async () => {
    // Before the store is used at all: Chromium asks for the room that is left at most every 30 s.
    await limit(stage, 1_000_000)
    const [alice, bob] = [await stage.tab(), await stage.tab()]
    await alice.evaluate(async () => {
      window.home.space.add('kept', { text: 'from before' })
      await window.home.space.flush()
    })

    const kept = await alice.evaluate(fillUp, CHUNK)
    assert.equal(kept.code, 'store/quota')
    assert.ok(kept.written < 20, `${kept.written} chunks of 200 kB went into a store of 1 MB`)
    for (const page of [alice, bob]) {
      await until(
        'what was refused to be taken back',
        async () => (await count(page, 'chunk')) === kept.written,
      )
      assert.equal(await count(page, 'kept'), 1)
    }
    assert.deepEqual(await rejected(alice), ['store/quota'])
    assert.deepEqual(await rejected(bob), [])
    // A tab that comes now can read, too.
    assert.equal(await count(await stage.tab(), 'kept'), 1)

    await limit(stage, undefined)
    await alice.evaluate(async () => {
      await window.home.rejected.value[0]!.retry()
      await window.home.space.flush()
    })
    assert.deepEqual(await rejected(alice), [])
    await until(
      'what was tried again to be everywhere',
      async () => (await count(bob, 'chunk')) === kept.written + 1,
    )
    await stage.browser.kill()
    await stage.browser.relaunch()
    assert.equal(await count(await stage.tab(), 'chunk'), kept.written + 1)
  })
})

/** Adds chunks until one is refused; runs in a page. */
async function fillUp(chunk: string): Promise<{ written: number; code: string }> {
  const { space } = window.home
  for (let written = 0; written < 50; written++) {
    space.add('chunk', { chunk })
    try {
      await space.flush()
    } catch (error) {
      return { written, code: (error as { code: string }).code }
    }
  }
  return { written: 50, code: 'nothing was refused' }
}

/** @param bytes undefined lifts the limit */
async function limit(stage: Stage, bytes: number | undefined): Promise<void> {
  const devtools = await stage.browser.context.newCDPSession(stage.browser.context.pages()[0]!)
  const origin = stage.server.url
  await devtools.send(
    'Storage.overrideQuotaForOrigin',
    bytes === undefined ? { origin } : { origin, quotaSize: bytes },
  )
}

const count = (page: Page, type: string): Promise<number> =>
  page.evaluate(async (type) => {
    const query = window.home.space.query(type)
    await query.ready
    return query.value.length
  }, type)

const rejected = (page: Page): Promise<string[]> =>
  page.evaluate(() => window.home.rejected.value.map(({ code }) => code))

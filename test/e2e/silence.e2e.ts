/** A worker that stands still, and keeps all its locks: tabs say so, and go on when it does, or with another one. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { rendererOf } from './renderer.js'
import { opened, Stage } from './stage.js'
import { until } from './wait.js'

describe('when the worker is stopped without a word', () => {
  let stage: Stage
  let written = 0
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  for (const [mode, script] of [
    ['shared', ''],
    ['elected-tab', 'delete globalThis.SharedWorker'],
  ] as const)
    it(`(${mode}) Alice reads that it is silent within 3 s, or has another one; what she writes then is there once`, async () => {
      const [first, alice] = [await tab(script), await tab(script)]
      assert.equal(await alice.evaluate(() => window.home.status.value.worker.mode), mode)
      assert.equal(await alice.evaluate(() => window.home.status.value.worker.silent), false)
      await alice.evaluate(() => {
        const told = window as { toldAt?: number }
        const { instance } = window.home.status.value.worker
        window.home.status.subscribe(({ worker }) => {
          if (worker.silent || worker.instance !== instance) told.toldAt ??= Date.now()
        })
      })
      const pid = await rendererOf(stage, first)
      assert.notEqual(await rendererOf(stage, alice), pid)
      process.kill(pid, 'SIGSTOP')
      const stopped = Date.now()
      try {
        await alice.evaluate(() => void window.home.space.add('note', {}))
        const told = () => alice.evaluate(() => (window as { toldAt?: number }).toldAt)
        const ms = (await until('Alice to be told', told, 5_000)) - stopped
        console.log(`    told after ${ms} ms`)
        assert.ok(ms < 3_500, `Alice was told after ${ms} ms`)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await until('Alice to be told that it is back', () =>
        alice.evaluate(
          () => !window.home.status.value.worker.silent && window.home.status.value.unsaved === 0,
        ),
      )
      written++
      for (const page of [first, alice])
        await until('one more note', async () => (await notes(page)) === written)
      await first.close()
      await alice.close()
    })

  async function tab(script: string): Promise<Page> {
    const page = await stage.browser.newTab('about:blank')
    if (script) await page.addInitScript(script)
    await page.goto(`${stage.server.url}/apps/alpha/`)
    await opened(page)
    return page
  }
})

const notes = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const query = window.home.query('note')
    await query.ready
    return query.value.length
  })

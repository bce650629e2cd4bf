import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { Stage } from './stage.js'
import { until, within } from './wait.js'

describe('when the worker ends under its tabs', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('they go on with a new one, and nothing is lost or counted twice', async () => {
    const [alice, bob] = [await stage.tab(), await stage.tab()]
    const id = await alice.evaluate(async () => {
      const counter = window.home.space.add('counter', { count: 0, log: hearth.text('') })
      await window.home.space.flush()
      return counter.id as string
    })
    const first = await workerOf(alice)
    const counting = Promise.all([alice, bob].map((page) => page.evaluate(countTo, { id, to: 200 })))
    counting.catch(() => undefined)
    await until('both to count', async () => (await countOf(bob, id)) > 20)
    await endWorker(stage)
    const since = Date.now()
    await until(
      'both tabs to have a new worker',
      async () => {
        const now = await Promise.all([workerOf(alice), workerOf(bob)])
        return now[0] !== first && now[0] === now[1]
        // Chromium now and then leaves the first start after an end unanswered; each try has a limit of its own.
      },
      20_000,
    )
    console.log(`    both tabs had a new worker after ${Date.now() - since} ms`)
    await within('both to have counted to the end', counting, 30_000)
    for (const page of [alice, bob])
      await until('every increment to be there once', async () => (await countOf(page, id)) === 400)
    const length = await alice.evaluate(
      async (id) => (await window.home.space.load(id))['log'].length as number,
      id,
    )
    assert.equal(length, 400)
    const late = await stage.tab()
    assert.equal(await countOf(late, id), 400)
    assert.deepEqual(await alice.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
  })

  it('what a tab knew and did not look at is read again when it does', async () => {
    const [alice, bob] = [await stage.tab(), await stage.tab()]
    const id = await alice.evaluate(async () => {
      const note = window.home.space.add('unseen', { title: 'before' })
      await window.home.space.flush()
      return note.id as string
    })
    await bob.evaluate(async () => {
      const query = window.home.query('unseen')
      await query.ready
      query.close()
    })
    const first = await workerOf(bob)
    await endWorker(stage)
    for (const page of [alice, bob])
      await until('a new worker', async () => (await workerOf(page)) !== first, 20_000)
    await alice.evaluate(async (id) => {
      ;(await window.home.space.load(id))['title'] = 'after'
      await window.home.space.flush()
    }, id)
    await until('Bob to see what has become of it', () =>
      bob.evaluate((id) => window.home.space.get(id)!['title'] === 'after', id),
    )
  })

  it('a tab that speaks on to a new one, which does not know it, is told to shake hands', async () => {
    const mallory = await stage.blankTab()
    const code = await within(
      'an answer',
      mallory.evaluate(async () => {
        const { port } = new SharedWorker('/hearth/worker.js', { name: 'hearth' })
        port.postMessage({ seen: 7, m: [{ t: 'seen' }] })
        const { data } = await new Promise<MessageEvent>((resolve) => (port.onmessage = resolve))
        return data.m[0].error.code as string
      }),
    )
    assert.equal(code, 'rpc/worker-gone')
  })
})

/** Counts, some of it durable and some of it on its way at any moment; runs in a page. */
async function countTo({ id, to }: { id: string; to: number }): Promise<void> {
  const { space } = window.home
  const counter = await space.load(id)
  for (let n = 1; n <= to; n++) {
    space.batch(() => {
      hearth.increment(counter, 'count', 1)
      hearth.splice(counter, 'log', 0, 0, '.')
    })
    if (n % 10 === 0) await space.flush()
    else await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await space.flush()
}

const workerOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const countOf = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))['count'] as number, id)

/** Ends it as a crash would: no tab is told, and no debugger is attached that could hold the next one back. */
async function endWorker(stage: Stage): Promise<void> {
  const devtools = await stage.browser.devtools()
  const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
  await devtools.send('Target.closeTarget', { targetId: targetInfos[0]!.targetId })
  await devtools.detach()
}

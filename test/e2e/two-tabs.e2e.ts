import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { reload, Stage } from './stage.js'
import { until } from './wait.js'

describe('two tabs', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('have their worker started by the script tag, before a page opens Hearth', async () => {
    const page = await stage.blankTab()
    const devtools = await stage.browser.devtools()
    const workers = async () => {
      const { targetInfos } = await devtools.send('Target.getTargets')
      return targetInfos.filter(({ type }) => type === 'shared_worker').length
    }
    assert.equal(await workers(), 0)
    await page.addScriptTag({ url: '/hearth.js' })
    await until('the worker to be there', async () => (await workers()) === 1)
    // One that is slow to begin is passed over, for it may be a dead one.
    const begun = () =>
      page.evaluate(async () => {
        const { held = [] } = await navigator.locks.query()
        return held.some(({ name }) => name!.startsWith('hearth:worker:'))
      })
    await until('the worker to have begun', begun)
    await page.evaluate(async () => {
      await (await hearth.open({ app: 'Late' })).space.flush()
    })
    assert.equal(await workers(), 1)
    await devtools.detach()
    await page.close()
  })

  it('show at once what is typed in one of them, and keep it over a reload', async () => {
    const [alice, bob] = [await stage.tab(), await stage.tab()]
    const id = await alice.evaluate(async () => {
      const note = window.home.space.add('note', { title: 'Milk', body: hearth.text('2 litres') })
      await window.home.space.flush()
      return note['id'] as string
    })
    assert.deepEqual(await sight(bob, 'note'), [{ title: 'Milk', body: '2 litres' }])

    // Bob's page watches the object; how long it takes is measured there, from the message that Alice's write sends.
    await bob.evaluate(async (id) => {
      const note = (await window.home.space.load(id))!
      const seen: string[] = []
      Object.assign(window, { seen })
      hearth.on(note, () => seen.push(`${note['title']}|${note['body']}`))
    }, id)
    await alice.evaluate((id) => {
      const note = window.home.space.get(id)!
      note['title'] = 'Oat milk'
      hearth.splice(note, 'body', 0, 1, '3')
    }, id)
    await until('Bob to see both edits', async () => (await seenIn(bob)).at(-1) === 'Oat milk|3 litres', 2000)

    await alice.evaluate(() => window.home.space.flush())
    for (const page of [alice, bob]) {
      await reload(page)
      assert.deepEqual(await sight(page, 'note'), [{ title: 'Oat milk', body: '3 litres' }])
    }
  })

  it('and a third one, opened when they are closed, show the same', async () => {
    const alice = await stage.tab()
    await alice.evaluate(async () => {
      window.home.space.add('kept', { n: 1 })
      await window.home.space.flush()
    })
    for (const page of stage.browser.context.pages()) if (page !== alice) await page.close()
    await alice.goto('about:blank')
    assert.deepEqual(await sight(await stage.tab(), 'kept'), [{ n: 1 }])
  })

  it('of two apps share one data plane and one worker', async () => {
    const [alpha, beta] = [await stage.tab('/apps/alpha/'), await stage.tab('/apps/beta/')]
    await alpha.evaluate(() => {
      const list = window.home.space.add('shared/list', { items: ['from alpha'] })
      Object.assign(window, { list })
    })
    const items = await until('the list to be in the other app', () =>
      beta.evaluate(async () => {
        const lists = window.home.space.query('shared/list')
        await lists.ready
        const list = lists.value[0]
        if (list) (list['items'] as string[]).push('from beta')
        return list && hearth.plain(list)['items']
      }),
    )
    assert.deepEqual(items, ['from alpha', 'from beta'])
    await until('the answer to be in the first app', () =>
      alpha.evaluate(() => {
        const { list } = window as unknown as { list: { items: string[] } }
        return [...list.items].join() === 'from alpha,from beta'
      }),
    )
    const instances = await Promise.all(
      [alpha, beta].map((page) => page.evaluate(() => window.home.status.value.worker.instance)),
    )
    assert.ok(instances[0])
    assert.equal(instances[0], instances[1])
    const { targetInfos } = await (
      await stage.browser.devtools()
    ).send('Target.getTargets', {
      filter: [{ type: 'shared_worker' }],
    })
    assert.equal(targetInfos.length, 1)
  })
})

/** Plain values, without ids, of all objects of a type. */
const sight = (page: Page, type: string): Promise<unknown[]> =>
  page.evaluate(async (type) => {
    const query = window.home.space.query(type)
    await query.ready
    return query.value.map((object) => {
      const { id: _, ...rest } = hearth.plain(object) as Record<string, unknown>
      return rest
    })
  }, type)

const seenIn = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as { seen: string[] }).seen)

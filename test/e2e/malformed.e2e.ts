import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Page } from 'playwright-core'
import { say, sayings } from './garbage.js'
import { everything } from './scripts.js'
import { Stage } from './stage.js'
import { until, within } from './wait.js'

describe("Mallory's page, which speaks to the worker by hand,", () => {
  let stage: Stage
  let alice: Page
  let bob: Page
  let mallory: Page
  let instance: string
  let target: { space: string; object: string }
  before(async () => {
    stage = await Stage.set()
    alice = await stage.tab()
    bob = await stage.tab('/apps/beta/')
    mallory = await stage.blankTab()
    instance = await workerOf(alice)
    target = await alice.evaluate(async () => {
      const { space } = window.home
      const object = space.add('counter', { n: 0, list: ['a', 'b'], body: hearth.text('🙂 abc') })
      await space.flush()
      return { space: space.id as string, object: object.id as string }
    })
  })
  after(() => stage.end())

  it('is heard when it says what a tab says', async () => {
    await mallory.evaluate(say, { saying: 'well-formed' as const, ...target })
    const byHand = await until('what Mallory has written', () =>
      bob.evaluate(async () => {
        const query = window.home.space.query('by hand')
        await query.ready
        return query.value[0]?.['n'] as number | undefined
      }),
    )
    assert.equal(byHand, 1)
    await alice.evaluate(async () => {
      const query = window.home.space.query('by hand')
      await query.ready
      for (const object of query.value) window.home.space.remove(object)
      await window.home.space.flush()
    })
  })

  sayings.forEach((saying, index) =>
    it(`hurts nobody else by saying ${saying}`, async () => {
      const n = index + 1
      await within('the garbage to be said', mallory.evaluate(say, { saying, ...target }))
      await within(
        "Alice's edit to be durable",
        alice.evaluate(
          async ({ object, n }) => {
            const counter = (await window.home.space.load(object))!
            counter['n'] = n
            counter['list'].push(n)
            hearth.splice(counter, 'body', counter['body'].length, 0, '🙂')
            await window.home.space.flush()
          },
          { object: target.object, n },
        ),
      )
      await until("Bob to see Alice's edit", async () => (await count(bob, target.object)) === n)
      assert.equal(await workerOf(alice), instance, 'the worker was started anew')
      assert.equal(await workerOf(bob), instance, 'the worker was started anew')
      await until('both to show the same', async () =>
        isDeepStrictEqual(await sight(alice), await sight(bob)),
      )
      // Whatever was not well-formed has left no object behind.
      assert.deepEqual(
        (await sight(alice)).map(([, type]) => type),
        ['counter'],
      )
    }),
  )

  it('never was a tab of another worker', async () => {
    const { targetInfos } = await (
      await stage.browser.devtools()
    ).send('Target.getTargets', {
      filter: [{ type: 'shared_worker' }],
    })
    assert.equal(targetInfos.length, 1)
  })

  it('has left a store that shows the same when it is opened again', async () => {
    const before = await sight(alice)
    await stage.browser.kill()
    await stage.browser.relaunch()
    alice = await stage.tab()
    assert.deepEqual(await sight(alice), before)
    assert.deepEqual(
      await alice.evaluate(() => window.home.status.value.damage.map(({ what }) => what as string)),
      [],
    )
  })
})

const sight = (page: Page) =>
  page.evaluate(everything) as Promise<[id: string, type: string, value: unknown][]>

const workerOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const count = (page: Page, object: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))!['n'] as number, object)

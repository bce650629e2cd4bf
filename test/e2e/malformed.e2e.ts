import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
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
      const object = space.add('counter', { n: 0 })
      await space.flush()
      return { space: space.id as string, object: object.id as string }
    })
  })
  after(() => stage.end())

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
            await window.home.space.flush()
          },
          { object: target.object, n },
        ),
      )
      await until("Bob to see Alice's edit", async () => (await count(bob, target.object)) === n)
      assert.equal(await workerOf(alice), instance, 'the worker was started anew')
      assert.equal(await workerOf(bob), instance, 'the worker was started anew')
      // Whatever was not well-formed has left nothing behind.
      const all = (await alice.evaluate(everything)) as [string, string, Record<string, unknown>][]
      assert.deepEqual(
        all.map(([, type, { n }]) => ({ type, n })),
        [{ type: 'counter', n }],
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
})

const workerOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.home.status.value.worker.instance)

const count = (page: Page, object: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))!['n'] as number, object)

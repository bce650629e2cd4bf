/** HEARTH_SCRIPTS says how many scripts each tab performs; HEARTH_SEED repeats a run. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Page } from 'playwright-core'
import { freshSeed, Random, setting } from './random.js'
import { everything, makeObjects, makeScript, perform } from './scripts.js'
import { reload, Stage } from './stage.js'
import { until } from './wait.js'

const scripts = setting('HEARTH_SCRIPTS', 3)
const seed = freshSeed()
const OBJECTS = 3
const STEPS = 60
const authors = ['A', 'B', 'C'] as const

describe('three tabs that edit the same objects', () => {
  let stage: Stage
  let tabs: Page[]
  before(async () => {
    stage = await Stage.set()
    tabs = await Promise.all(authors.map(() => stage.tab()))
  })
  after(() => stage.end())

  for (let script = 0; script < scripts; script++)
    it(`show the same after script ${script + 1} of ${scripts} (HEARTH_SEED=${seed})`, async () => {
      const random = new Random(seed + script)
      const ids = await tabs[0]!.evaluate(makeObjects, OBJECTS)
      const sums = await Promise.all(
        tabs.map((page, n) => play(page, ids, authors[n]!, random.between(0, 2 ** 31))),
      )
      await Promise.all(tabs.map((page) => page.evaluate(() => window.home.space.flush())))

      const late = await stage.tab()
      const sights = await settle([...tabs, late])
      for (const sight of sights) assert.deepEqual(sight, sights[0])
      checkPlausible(
        sights[0]!,
        ids,
        sums.reduce((a, b) => a + b, 0),
      )
      for (const page of tabs)
        assert.deepEqual(await page.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
      await late.close()
    })

  it('show it still when the browser was killed', async () => {
    const before = await tabs[0]!.evaluate(everything)
    await stage.browser.kill()
    await stage.browser.relaunch()
    assert.deepEqual(await (await stage.tab()).evaluate(everything), before)
  })
})

/** In three parts; in between the page is loaded anew, now and then. */
async function play(page: Page, ids: readonly string[], author: string, ownSeed: number): Promise<number> {
  const random = new Random(ownSeed)
  let sum = 0
  for (let part = 0; part < 3; part++) {
    const steps = makeScript(random, `${author}${part}.`, STEPS / 3)
    sum += await page.evaluate(perform, { ids, steps })
    if (random.next() < 0.4) {
      // What a page had not made durable may go with it; here it must not, so that the sums can be checked.
      await page.evaluate(() => window.home.space.flush())
      await reload(page)
    }
  }
  return sum
}

/** What the pages show once it is the same, or what they show after a while. */
async function settle(pages: readonly Page[]): Promise<unknown[][]> {
  let sights: unknown[][] = []
  const look = async () => {
    sights = await Promise.all(pages.map((page) => page.evaluate(everything)))
    return sights.every((sight) => isDeepStrictEqual(sight, sights[0]))
  }
  await until('all tabs to show the same', look, 10_000).catch(() => undefined)
  return sights
}

/** The same nothing in all tabs would be the same, too. */
function checkPlausible(sight: readonly unknown[], ids: readonly string[], sum: number): void {
  const objects = new Map((sight as [string, string, Edited][]).map(([id, , value]) => [id, value]))
  const edited = ids.map((id) => objects.get(id)!)
  assert.equal(
    edited.reduce((total, { count }) => total + count, 0),
    sum,
    'every increment counts once',
  )
  for (const { list, body } of edited) {
    assert.equal(new Set(list).size, list.length, `an element was duplicated: ${list.join()}`)
    assert.doesNotThrow(() => encodeURIComponent(body), 'a surrogate pair was split')
  }
  for (const author of authors)
    assert.ok(JSON.stringify(edited).includes(`${author}2.`), `nothing of ${author}'s last edits is left`)
}

interface Edited {
  readonly count: number
  readonly list: readonly string[]
  readonly body: string
}

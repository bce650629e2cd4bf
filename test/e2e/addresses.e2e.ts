/** Workers of two scripts on one origin: an app that brings its own, beside one that has the well-known one. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Releases, type Release } from './releases.js'
import { Stage } from './stage.js'
import { until, within } from './wait.js'

const OWN = '/w.js?b=1'

describe('workers at two addresses of an origin', () => {
  let releases: Releases
  let stage: Stage
  beforeEach(async () => {
    releases = new Releases()
    stage = await Stage.of(releases.dist)
  })
  afterEach(async () => {
    await stage.end()
    releases.remove()
  })
  const script = () => join(releases.dist, 'shell/w.js')
  /** From now on the app's own script is of this release, the well-known one of that. */
  const deploy = (own: Release, wellKnown: Release) => {
    releases.deploy(wellKnown)
    writeFileSync(script(), releases.file('hearth/worker.js', own))
  }
  const tab = async (worker?: string): Promise<Page> => {
    const page = await stage.blankTab()
    await page.addScriptTag({ url: '/hearth.js' })
    await page.evaluate(async (worker) => {
      window.home = await hearth.open({ app: worker ?? 'well-known', ...(worker && { worker }) })
    }, worker)
    return page
  }
  /** Resolves when all are with one worker, and have been for long enough to see a fight. */
  const agree = async (...pages: Page[]) => {
    const same = async () => {
      const all = await Promise.all(pages.map((page) => workerOf(page)))
      return all.every(({ instance }) => instance === all[0]!.instance) ? all[0] : undefined
    }
    const now = await until('all to have one worker', same)
    await sleep(2_500)
    assert.deepEqual(await same(), now)
    return now
  }

  it('the newer one takes over, and no edit is lost', async () => {
    deploy('aaaaaaa2', 'aaaaaaa1')
    const alice = await tab()
    assert.equal((await workerOf(alice)).build, 'aaaaaaa1')
    const id = await counter(alice)
    const counting = alice.evaluate(countTo, { id, to: 300 })
    counting.catch(() => undefined)
    await until('Alice to count', async () => (await countOf(alice, id)) > 20)
    const bob = await tab(OWN)
    const { build, mode } = await agree(alice, bob)
    assert.deepEqual([build, mode], ['aaaaaaa2', 'shared-file'])
    await within('Alice to have counted to the end', counting, 30_000)
    await until('Bob to see it', async () => (await countOf(bob, id)) === 300)
    assert.deepEqual(await alice.evaluate(() => window.home.rejected.value.map(({ code }) => code)), [])
    // Whoever comes later finds it, from either address.
    await agree(alice, bob, await tab(), await tab(OWN))
  })

  it('the older one sends its tabs to the newer one', async () => {
    deploy('aaaaaaa1', 'aaaaaaa2')
    const alice = await tab()
    const id = await counter(alice)
    const bob = await tab(OWN)
    const { build, mode } = await agree(alice, bob)
    assert.deepEqual([build, mode], ['aaaaaaa2', 'shared'])
    await bob.evaluate(countTo, { id, to: 10 })
    await until('Alice to see it', async () => (await countOf(alice, id)) === 10)
  })

  it('of two that are equally new, started at once, one stays', async () => {
    deploy('aaaaaaa1', 'aaaaaaa1')
    const [alice, bob] = await Promise.all([tab(), tab(OWN)])
    await agree(alice, bob)
    const id = await counter(alice)
    await Promise.all([alice, bob].map((page) => page.evaluate(countTo, { id, to: 50 })))
    for (const page of [alice, bob])
      await until('both to have counted', async () => (await countOf(page, id)) === 100)
  })

  it('a tab goes back to its own when the one it was sent to is no more', async () => {
    deploy('aaaaaaa2', 'aaaaaaa1')
    const alice = await tab()
    const bob = await tab(OWN)
    const { instance } = await agree(alice, bob)
    const id = await counter(alice)
    await bob.close()
    rmSync(script())
    await endWorker(stage, '/w.js')
    await until('another worker', async () => (await workerOf(alice)).instance !== instance, 20_000)
    assert.deepEqual((await workerOf(alice)).mode, 'shared')
    await alice.evaluate(countTo, { id, to: 5 })
    stage.browser.errors.length = 0
  })

  for (const [what, worker, code, words] of [
    [
      'a worker of another origin',
      'https://elsewhere.example/hearth/worker.js',
      'env/worker-origin',
      'importScripts("https://elsewhere.example/hearth/worker.js")',
    ],
    ['what is no URL', 'http://[', 'env/worker-url', '"http://[" is not the address'],
  ] as const)
    it(`${what} is refused, and Alice reads what to do`, async () => {
      releases.deploy('aaaaaaa1')
      const page = await stage.blankTab()
      await page.addScriptTag({ url: '/hearth.js' })
      const error = await page.evaluate(
        (worker) =>
          hearth.open({ worker }).then(
            () => undefined,
            (e: unknown) => ({
              ours: e instanceof hearth.HearthError,
              code: (e as { code: string }).code,
              message: (e as Error).message,
            }),
          ),
        worker,
      )
      assert.equal(error?.ours, true)
      assert.equal(error.code, code)
      assert.ok(error.message.includes(words), error.message)
    })
})

const counter = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const counter = window.home.space.add('counter', { count: 0 })
    await window.home.space.flush()
    return counter.id as string
  })

async function countTo({ id, to }: { id: string; to: number }): Promise<void> {
  const counter = await window.home.space.load(id)
  for (let n = 1; n <= to; n++) {
    hearth.increment(counter, 'count', 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await window.home.space.flush()
}

const countOf = (page: Page, id: string): Promise<number> =>
  page.evaluate(async (id) => (await window.home.space.load(id))['count'] as number, id)

const workerOf = (page: Page) =>
  page.evaluate(() => {
    const { instance, version, mode } = window.home.status.value.worker
    return { instance, mode, build: version.split('+')[1]! }
  })

/** As a crash would: no tab is told. */
async function endWorker(stage: Stage, path: string): Promise<void> {
  const devtools = await stage.browser.devtools()
  const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
  const { targetId } = targetInfos.find(({ url }) => new URL(url).pathname === path)!
  await devtools.send('Target.closeTarget', { targetId })
  await devtools.detach()
}

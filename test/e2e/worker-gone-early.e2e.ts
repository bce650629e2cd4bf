import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Stage, opened } from './stage.js'
import { within } from './wait.js'

describe('a worker that ends before a tab has looked for its lock', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('is gone for the tab at once, and not when pings have stayed away for long', async () => {
    const page = await stage.blankTab()
    await page.addInitScript(holdLooks)
    await page.goto(`${stage.server.url}/apps/alpha/`)
    await opened(page)
    const first = await page.evaluate(() => window.home.status.value.worker.instance)
    const devtools = await stage.browser.devtools()
    const { targetInfos } = await devtools.send('Target.getTargets', { filter: [{ type: 'shared_worker' }] })
    await devtools.send('Target.closeTarget', { targetId: targetInfos[0]!.targetId })
    await devtools.detach()
    const wrote = page.evaluate(async () => {
      ;(window as unknown as { look(): void }).look()
      window.home.space.add('word', { said: 'here' })
      await window.home.space.flush()
      return window.home.status.value.worker.instance
    })
    // Three pings that stay away are 15 s.
    assert.notEqual(await within('a write to be durable', wrote, 5_000), first)
  })

  it('is not gone where locks cannot be seen: the tab asks it once', async () => {
    const page = await stage.blankTab()
    await page.addInitScript(hideLocks)
    await page.goto(`${stage.server.url}/apps/alpha/`)
    await opened(page)
    const instance = await page.evaluate(async () => {
      const { instance } = window.home.status.value.worker
      window.home.space.add('word', { said: 'here' })
      await window.home.space.flush()
      await new Promise((resolve) => setTimeout(resolve, 1000))
      return instance === window.home.status.value.worker.instance
    })
    assert.ok(instance)
    assert.equal(await page.evaluate(() => (window as unknown as { looks: number }).looks), 2)
  })

  it('or could not be started at first, is started again', async () => {
    const page = await stage.blankTab()
    await page.addInitScript(failFirstStart)
    await page.goto(`${stage.server.url}/apps/alpha/`)
    await opened(page)
    await page.evaluate(async () => {
      window.home.space.add('word', { said: 'here' })
      await window.home.space.flush()
    })
    // The browser complains of the script that is not there; that was the point.
    stage.browser.errors.splice(0)
  })
})

describe('a worker that the browser has given up while it lives', () => {
  let stage: Stage
  before(async () => (stage = await Stage.set()))
  after(() => stage.end())

  it('makes room for the one at its address', async () => {
    const elsewhere = await stage.blankTab()
    // To this browser a worker of another name is another one, though its script and its store are the same.
    await elsewhere.evaluate(async () => {
      const { port } = new SharedWorker('/hearth/worker.js', { name: 'lost' })
      Object.assign(window, { port })
      for (let held = false; !held; await new Promise((resolve) => setTimeout(resolve, 20)))
        held = (await navigator.locks.query()).held!.some(({ name }) => name === 'hearth:owner')
    })
    const page = await within('a tab to open', stage.tab(), 5_000)
    await page.evaluate(async () => {
      window.home.space.add('word', { said: 'here' })
      await window.home.space.flush()
    })
    await page.close()
    await elsewhere.close()
  })
})

// Below: run in a page, before its scripts.

/** Looks for a worker's lock wait until `look()`. */
function holdLooks(): void {
  const request = navigator.locks.request.bind(navigator.locks) as (...args: unknown[]) => Promise<unknown>
  const looked = new Promise<void>((resolve) => Object.assign(window, { look: resolve }))
  navigator.locks.request = (async (name: string, ...rest: unknown[]) => {
    if (name.startsWith('hearth:worker:')) await looked
    return request(name, ...rest)
  }) as never
}

/** Every worker's lock looks free, as it does to a tab whose site was cleared. */
function hideLocks(): void {
  const request = navigator.locks.request.bind(navigator.locks) as (...args: unknown[]) => Promise<unknown>
  Object.assign(window, { looks: 0 })
  navigator.locks.request = (async (name: string, ...rest: unknown[]) => {
    if (!name.startsWith('hearth:worker:')) return request(name, ...rest)
    ;(window as unknown as { looks: number }).looks++
    return request(`elsewhere:${name}`, ...rest)
  }) as never
}

/** The first script of a worker is not to be had, as where the network has just gone. */
function failFirstStart(): void {
  let starts = 0
  const { SharedWorker: Real } = window
  window.SharedWorker = function (url: string, options: WorkerOptions) {
    return new Real(starts++ === 0 ? '/hearth/not-there.js' : url, options)
  } as never
}

/** SharedWorkers and service workers, by the debugging protocol. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from '../e2e/browser.js'

async function workersOf(browser: Browser, ...types: string[]): Promise<string[]> {
  const devtools = await browser.devtools()
  const { targetInfos } = await devtools.send('Target.getTargets')
  await devtools.detach()
  return targetInfos.filter(({ type }) => types.includes(type)).map(({ targetId }) => targetId)
}

/** Ends them at once, as a crash does: nothing in them runs again. @throws Error if there is none */
export async function endWorkers(browser: Browser): Promise<void> {
  const targets = await workersOf(browser, 'shared_worker')
  if (targets.length === 0) throw new Error('There is no SharedWorker to end.')
  const devtools = await browser.devtools()
  for (const targetId of targets) await devtools.send('Target.closeTarget', { targetId })
  await devtools.detach()
}

/** Collects garbage; the answer of a worker comes in a way that is not worth reading, so it gets a moment. */
export async function collectInWorkers(browser: Browser): Promise<void> {
  const devtools = await browser.devtools()
  for (const targetId of await workersOf(browser, 'shared_worker', 'service_worker')) {
    const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false })
    const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' })
    await devtools.send('Target.sendMessageToTarget', { sessionId, message })
    await sleep(300)
    await devtools.send('Target.detachFromTarget', { sessionId })
  }
  await devtools.detach()
}

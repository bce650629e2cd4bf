/** Which process of the browser runs a page. */
import type { Page } from 'playwright-core'
import type { Stage } from './stage.js'

/** The process that works while the page does, with all the workers that it has started. */
export async function rendererOf(stage: Stage, page: Page): Promise<number> {
  const devtools = await stage.browser.devtools()
  const times = async () => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map((one) => [one.id, one.cpuTime]))
  }
  const idle = await times()
  await page.evaluate(() => {
    for (const end = Date.now() + 700; Date.now() < end;);
  })
  const grown = [...(await times())].map(([pid, time]) => [pid, time - (idle.get(pid) ?? 0)] as const)
  await devtools.detach()
  return grown.sort(([, a], [, b]) => b - a)[0]![0]
}

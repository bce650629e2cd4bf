/** What the example of each mode shows, in the second of two tabs: for docs/examples. */
import { Browser } from '../e2e/browser.js'
import { modes, ModeSite } from '../e2e/mode-site.js'
import { save } from './save.js'

const viewport = { width: 560, height: 380 }

export async function takeModes(): Promise<void> {
  for (const mode of modes) {
    const site = await ModeSite.open(mode)
    const browser = await Browser.launch()
    try {
      const first = await browser.newTab(site.url)
      await first.locator('#mode').getByText(mode, { exact: true }).waitFor()
      await first.getByRole('textbox').fill(`From another tab, in mode ${mode}`)
      await first.keyboard.press('Enter')
      const page = await browser.newTab(site.url)
      await page.setViewportSize(viewport)
      await page.locator('#tabs').getByText('2', { exact: true }).waitFor()
      await page.getByText('From another tab').waitFor()
      // The button's dot fades.
      await page.waitForTimeout(1500)
      save(`docs/examples/modes/${mode}/screenshot.png`, await page.screenshot())
    } finally {
      await browser.close()
      await site.close()
    }
  }
}

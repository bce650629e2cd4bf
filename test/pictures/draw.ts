/**
 * `npm run pictures`: draws what a browser shows of the shell and its apps when somebody installs them, into their
 * install/ folders, and what the examples of modes show. Icons come from their SVGs, screenshots from the built pages. Run
 * it when one of these changes; the pictures are kept with the source, so that a build takes no browser.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { Site } from '../e2e/site.js'
import { root } from '../runner/files.js'
import { takeModes } from './modes.js'
import { save } from './save.js'

/** Of a maskable icon only the circle in the middle is sure to be seen, 80 % of it wide: what counts is drawn smaller. */
const MASKABLE_SCALE = 0.72

const wide = { width: 1280, height: 800 }
const narrow = { width: 390, height: 844 }

const site = await Site.open()
try {
  const page = await site.browser.newTab('about:blank')
  await drawIcons(page, 'shell/favicon.svg', 'shell/install')
  await drawIcons(page, 'shell/apps/tasks/install/icon.svg', 'shell/apps/tasks/install')
  await takeScreenshots(page)
  await takeModes()
} finally {
  await site.end()
}

async function drawIcons(page: Page, source: string, folder: string): Promise<void> {
  const svg = readFileSync(join(root, source), 'utf8')
  await draw(page, svg, 192, join(folder, 'icon-192.png'))
  await draw(page, svg, 512, join(folder, 'icon-512.png'))
  await draw(page, maskable(svg), 512, join(folder, 'maskable-512.png'))
}

/** The background to the edges, which the system cuts to a shape of its own; everything else towards the middle. */
function maskable(svg: string): string {
  const [, open, background, drawing] = /^(<svg[^>]*>)\s*(<rect[^>]*\/>)(.*)<\/svg>\s*$/s.exec(svg)!
  const move = `translate(16 16) scale(${MASKABLE_SCALE}) translate(-16 -16)`
  return `${open}${background!.replace(/ rx="[^"]*"/, '')}<g transform="${move}">${drawing}</g></svg>`
}

async function draw(page: Page, svg: string, size: number, file: string): Promise<void> {
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  )
  save(file, await page.screenshot({ omitBackground: true }))
}

/** In one profile: the shell shows that the tasks are there. */
async function takeScreenshots(page: Page): Promise<void> {
  const devtools = await site.browser.devtools()
  await devtools.send('Browser.grantPermissions', { origin: site.url, permissions: ['durableStorage'] })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(wide)
  await page.goto(`${site.url}/apps/tasks/`)
  await fillTasks(page)
  await shoot(page, 'shell/apps/tasks/install/screenshots')
  await page.goto(site.url)
  await page.getByText('Kept: the browser will not clear it by itself.').waitFor()
  await page.getByText(/\d objects/).waitFor()
  await shoot(page, 'shell/install/screenshots')
}

async function fillTasks(page: Page): Promise<void> {
  await page.waitForSelector('.composer')
  await page.getByRole('button', { name: 'New list' }).click()
  await page.getByLabel('Name of the new list').fill('Kitchen')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor()
  const titles = [
    'Hang the shelf',
    'Order tiles',
    'Ask Noor about the lamp',
    'Paint the door',
    'Sharpen the knives',
  ]
  for (const title of titles) {
    await page.getByLabel('Add a task').fill(title)
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox', { name: `Done: ${title}` }).waitFor()
  }
  for (const title of titles.slice(0, 2)) await page.getByRole('checkbox', { name: `Done: ${title}` }).check()
  await page.getByRole('heading', { level: 1 }).click()
}

async function shoot(page: Page, folder: string): Promise<void> {
  for (const [name, viewport] of Object.entries({ wide, narrow })) {
    await page.setViewportSize(viewport)
    // The button's dot fades, and so do toasts.
    await page.waitForTimeout(1500)
    save(join(folder, `${name}.png`), await page.screenshot())
  }
}

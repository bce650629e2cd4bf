/** Further pages beside the one that a test runs in: frames of the same origin. */
import type * as hearth from '../../client/index.js'

export type Hearth = typeof hearth

/** All files share one store, so that what a test finds must bear a name that no other uses. */
export const freshType = (): string => `test/${crypto.randomUUID()}`

export interface Tab {
  readonly hearth: Hearth
  readonly home: hearth.Home
  /** Closes the tab: its page is gone, with all that it held. */
  close(): void
}

/** Another page with another home; its script is the built `/hearth.js`. */
export async function openTab(): Promise<Tab> {
  const frame = document.createElement('iframe')
  frame.src = '/test/e2e/pages/alpha/index.html'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await loaded
  const page = frame.contentWindow as unknown as { hearth: Hearth; opening: Promise<hearth.Home> }
  return { hearth: page.hearth, home: await page.opening, close: () => frame.remove() }
}

/** @param ms the limit, in milliseconds */
export async function until(what: string, holds: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain for ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/**
 * What `<script src="/hearth.js">` gives a page: the whole public API as `window.hearth`, and the Hearth button,
 * which appears with `open()` unless `shell: false` says that the page has its own. It is in the weight of every tab
 * of every app, so all it can do is show how things are and lead to the shell; what is needed now and then is loaded
 * then (`later.ts`).
 */
import { open as openHome, type Home } from '../client/index.js'
import { filesAt, startEarly } from '../client/connection.js'
import { mountButton } from './button.js'

export * from '../client/index.js'

/** Milliseconds after which the page's own first work should be over. */
const CALM_MS = 2000

startEarly()

const later = async (what: 'start' | 'fill' | 'erase', home: Home) => (await import('./later.js'))[what](home)

/** As the client's `open`, and shows the Hearth button. */
export const open: typeof openHome = async (options) => {
  const home = await openHome(options)
  const start = () => later('start', home)
  const look = async () => {
    const found = await navigator.serviceWorker.getRegistration(filesAt())
    if (found?.active?.scriptURL.includes('/hearth/') && !found.waiting && !found.installing)
      found.onupdatefound = start
    else await start()
  }
  home.erased = () => later('erase', home)
  setTimeout(() => {
    // After what the page itself shows first.
    if (options?.shell !== false) mountButton(home, () => later('fill', home).catch(() => undefined))
  }, 0)
  // Where the browser keeps no service worker, or the network has just gone, the next page tries again.
  setTimeout(() => look().catch(() => undefined), CALM_MS)
  return home
}

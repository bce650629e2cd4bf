/**
 * What `<script src="/hearth.js">` gives a page: the whole public API as `window.hearth`, and the Hearth button,
 * which appears with `open()` unless `shell: false` says that the page has its own. It is in the weight of every tab
 * of every app, so all it can do is say how things are and lead to the shell.
 */
import { open as openHome } from '../client/index.js'
import { mountButton } from './button.js'

export * from '../client/index.js'

/** As the client's `open`, and shows the Hearth button. */
export const open: typeof openHome = async (options) => {
  const home = await openHome(options)
  // After what the page itself shows first.
  if (options?.shell !== false) setTimeout(() => mountButton(home), 0)
  return home
}

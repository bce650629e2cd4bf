/**
 * What hearth.js loads later, and most tabs never: the words in the button's popover, and what there is to do about
 * the service worker when there is none yet, when there is a new release, and when Hearth is erased.
 */
import type { open } from '../client/index.js'
import { register, unregister } from './offline/registration.js'
import { watchForNotice } from './popover.js'

export { fillPopover as fill } from './popover.js'

type Home = Awaited<ReturnType<typeof open>>

let started = false

/** Registers the service worker, and tells of new releases; once for each page. */
export async function start(home: Home): Promise<void> {
  // A page of another origin than that of its script has no service worker of ours, and cannot have one.
  if (started || !navigator.serviceWorker || new URL(import.meta.url).origin !== location.origin) return
  started = true
  try {
    await register()
    await watchForNotice(home)
  } catch (cause) {
    console.info('Hearth will not open without a network here.', cause)
  }
}

/** Takes the service worker and all it keeps out of this browser. */
export async function erase(): Promise<void> {
  if (navigator.serviceWorker) await unregister()
}

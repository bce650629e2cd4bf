/**
 * A new release: when one is ready, and how a person takes it. The release that runs goes on until then, whole, in
 * every tab; taking it makes durable what this tab has written, lets the new service worker take over, and loads this
 * page anew. Other tabs are told, and stay as they are: somebody may be in the middle of a sentence there.
 */
import type { open } from '../../client/index.js'
import { activated, ourRegistrations, tell } from './registration.js'

type Home = Awaited<ReturnType<typeof open>>

/** `ready`: it waits. `taken`: another tab took it, and this one still runs the old release. */
export type UpdateState = 'ready' | 'taken'

/** Milliseconds until writes that are not durable are called late, and the update is not taken. */
const DURABLE_MS = 10_000
/** Milliseconds that a new service worker has to take over; after them the page is loaded anew all the same. */
const TAKEOVER_MS = 5_000

/** This tab takes the update; it need not be told that one was taken. */
let taking = false

/**
 * Calls `changed` when there is a new release, and when another tab has taken it, for as long as the page lives; it may
 * do so more than once.
 */
export async function watchUpdates(changed: (state: UpdateState) => void): Promise<void> {
  const watched = new Set<ServiceWorkerRegistration>()
  const look = ({ waiting, active }: ServiceWorkerRegistration) => {
    // Without one that runs, this is the first of all, and nothing new.
    if (!waiting || !active) return
    changed('ready')
    void activated(waiting).then(() => taking || changed('taken'))
  }
  const watch = async () => {
    for (const registration of await ourRegistrations()) {
      if (watched.has(registration)) continue
      watched.add(registration)
      look(registration)
      const follow = () => registration.installing?.addEventListener('statechange', () => look(registration))
      follow()
      registration.addEventListener('updatefound', follow)
    }
  }
  // On a first visit there is none yet; there is one when it begins to serve this page.
  navigator.serviceWorker?.addEventListener('controllerchange', () => void watch())
  if (navigator.serviceWorker) await watch()
}

/**
 * Takes the new release and loads this page anew; does not return then.
 * @throws HearthError if what this tab has written cannot be made durable; then nothing has changed
 */
export async function takeUpdate(home: Home): Promise<void> {
  await allDurable(home)
  taking = true
  const waiting = (await ourRegistrations()).flatMap((registration) => registration.waiting ?? [])
  for (const worker of waiting) tell(worker, { type: 'SKIP_WAITING' })
  const late = new Promise((resolve) => setTimeout(resolve, TAKEOVER_MS))
  await Promise.race([Promise.all(waiting.map(activated)), late])
  // What was written meanwhile.
  await allDurable(home)
  location.reload()
}

async function allDurable({ spaces }: Home): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error('Your last changes are not saved yet. Try again in a moment.')),
      DURABLE_MS,
    )
  })
  const flushed = Promise.all(spaces.value.map((space) => space.flush()))
  await Promise.race([flushed, late])
}

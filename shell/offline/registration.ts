/**
 * Our service worker, seen from a tab: which registration is ours, and how it comes to be there without taking
 * anything from a service worker of the page's own.
 */
import {
  CACHE_PREFIX,
  NARROW_SCOPE,
  SERVICE_WORKER,
  WIDE_SCOPE,
  type OfflineMessage,
} from '../../worker/protocol/offline.js'

export const tell = (worker: ServiceWorker | null, message: OfflineMessage): void =>
  worker?.postMessage(message)

/** This file lies in the folder `hearth` of the KUBE. */
const root = new URL('..', import.meta.url)
const absolute = (path: string) => new URL(path, root).href

const isOurs = ({ active, waiting, installing }: ServiceWorkerRegistration) =>
  (active ?? waiting ?? installing)?.scriptURL === absolute(SERVICE_WORKER)

/** All that are ours: one, or none, except while the scope changes. */
export async function ourRegistrations(): Promise<ServiceWorkerRegistration[]> {
  return (await navigator.serviceWorker.getRegistrations()).filter(isOurs)
}

/**
 * Sees to it that our service worker is there. One that somebody else has registered for the whole origin keeps it:
 * two cannot have the same scope, and the later would put the earlier out. Then ours has the runtime only.
 * @throws DOMException where the browser, or what serves this origin, does not let it
 */
export async function register(): Promise<ServiceWorkerRegistration> {
  const all = await navigator.serviceWorker.getRegistrations()
  const taken = all.some((one) => one.scope === absolute(WIDE_SCOPE) && !isOurs(one))
  const scope = taken ? NARROW_SCOPE : WIDE_SCOPE
  const registration = await navigator.serviceWorker.register(absolute(SERVICE_WORKER), {
    scope: absolute(scope),
  })
  for (const other of await ourRegistrations())
    if (other.scope !== registration.scope) await other.unregister()
  tell(registration.active, { type: 'KEEP' })
  if (!navigator.serviceWorker.controller) void keepThisPage(registration)
  return registration
}

/** What this page has loaded before a service worker was there is kept as well: it is here for the next time. */
async function keepThisPage({ installing, waiting, active }: ServiceWorkerRegistration): Promise<void> {
  const worker = installing ?? waiting ?? active
  if (!worker) return
  await activated(worker)
  const names = performance.getEntriesByType('resource').map(({ name }) => name)
  const urlsToCache = [...new Set([location.href, ...names].map((name) => name.replace(/#.*/s, '')))].filter(
    (name) => name.startsWith(absolute('apps/')) || name === absolute('hearth/apps.json'),
  )
  tell(worker, { type: 'CACHE_URLS', payload: { urlsToCache } })
}

/** Resolves when it is the one that runs. */
export function activated(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === 'activated') resolve()
    }
    worker.addEventListener('statechange', look)
    look()
  })
}

/** Takes our service worker and what it keeps out of this browser, and nobody else's. */
export async function unregister(): Promise<void> {
  for (const registration of await ourRegistrations()) {
    for (const worker of [registration.installing, registration.waiting, registration.active])
      tell(worker, { type: 'ERASED' })
    await registration.unregister()
  }
  for (const name of await caches.keys()) if (name.startsWith(CACHE_PREFIX)) await caches.delete(name)
}

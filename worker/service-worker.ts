/**
 * Entry of the service worker: what it takes for the shell and every app to open without a network. It keeps files
 * and holds no data; the runtime in the SharedWorker knows nothing of it. See docs/offline.md.
 *
 * It answers for the files of the release and of apps, and lets everything else of the origin pass.
 */
import { registerRoute } from 'workbox-routing'
import { AppFiles, appOf } from './offline/app-files.js'
import { LISTS } from './offline/caches.js'
import { pathIn, placed, rootPath } from './offline/place.js'
import { hashedName, Release, type ReleaseFile } from './offline/release.js'
import { addRoutes } from './offline/routes.js'
import type { OfflineMessage } from './protocol/offline.js'

declare const self: ServiceWorkerGlobalScope
/** Put there by the build, which knows what it made. */
declare const __HEARTH_BUILD__: string
declare const __HEARTH_FILES__: readonly ReleaseFile[]
declare const __HEARTH_BYTES__: number

/** Shown for an app that this device has never opened. */
const notHere = placed('/not-here.html')

const release = new Release(__HEARTH_BUILD__, __HEARTH_FILES__, __HEARTH_BYTES__)
const apps = new AppFiles()
/** The browser refuses one that is not the active one any more: a site may be cleared at any moment. */
const claim = () => self.clients.claim().catch(() => undefined)

self.addEventListener('install', (event) => {
  addRoutes(event, release.urls, release.cacheName)
  event.waitUntil(release.install(event))
})
self.addEventListener('activate', (event) => {
  event.waitUntil(
    release
      .activate(event)
      // A page that was there before is served from now on, too. Those of another service worker stay with it.
      .then(claim),
  )
})
self.addEventListener('message', (event) => {
  const { type } = event.data as OfflineMessage
  // Never by itself: a release takes over when a person says so, or when no tab runs the old one any more.
  if (type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting())
  if (type === 'KEEP' || type === 'ERASED') release.erased = apps.erased = type === 'ERASED'
  if (type === 'KEEP') event.waitUntil(Promise.all([release.fill(), claim()]))
})

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && release.has(url),
  ({ url, request }) => release.answer(url, request),
)
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && pathIn(url) === '/hearth/apps.json',
  ({ request, event }) => apps.list(LISTS, request, event),
)
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && (appOf(url) !== undefined || hashedName.test(url.pathname)),
  async ({ url, request, event }) => {
    const old = hashedName.test(url.pathname) ? await release.previous(url.pathname) : undefined
    const id = appOf(url)
    if (old || id === undefined) return old ?? fetch(request)
    return apps.answer(id, request, event).catch((cause: unknown) => {
      if (request.mode === 'navigate') return release.answer(notHere, request).then(elsewhere)
      throw cause
    })
  },
)
registerRoute(
  ({ url, sameOrigin, request }) =>
    sameOrigin && request.mode === 'navigate' && /^\/apps\/[^/]+$/.test(pathIn(url)),
  // The server leads to the address with a slash at its end; without it, this does.
  ({ url, request }) => fetch(request).catch(() => Response.redirect(`${url.pathname}/${url.search}`, 302)),
)

/** That page is shown at the address of what is not here, and says where its own files are. */
async function elsewhere(page: Response): Promise<Response> {
  const text = (await page.text()).replace('<base href="/"', `<base href="${rootPath}"`)
  return new Response(text, { headers: page.headers })
}

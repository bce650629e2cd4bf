/**
 * Files of apps that are not part of the build: somebody's folder, which may change at any time. With a network, they
 * are what the server says; without one, what it said last. Only answers that anybody on this origin may keep are kept,
 * and never more than bounds allow.
 */
import type { WorkboxPlugin } from 'workbox-core/types.js'
import { NetworkFirst } from 'workbox-strategies'
import { appCache, hasRoomFor } from './caches.js'
import { pathIn } from './place.js'
import { routes } from './routes.js'

/** Seconds that a server may take to answer before what was kept is shown. */
const PATIENCE_S = 3
/**
 * What the browser itself asks the network for is asked for by us so much later, in milliseconds, to be kept: when the
 * page is there, and two at once would have made it late.
 */
const AFTER_MS = 500
/** Files kept of one app; those that were fetched longest ago go first. */
const MOST_FILES = 1000
/** Larger files are not kept: 32 MiB. */
const LARGEST_BYTES = 32 * 1024 * 1024

/** The part of an address that names an app, as it is written there. */
export const appOf = (url: URL): string | undefined => /^\/apps\/([^/]+)\//.exec(pathIn(url))?.[1]

export class AppFiles {
  private readonly strategies = new Map<string, NetworkFirst>()
  /** Hearth was removed while this ran, and nothing is to be kept. */
  erased = false
  /** The network did not answer the last time: who asks now waits for what is kept. */
  private unreachable = false

  /** @throws WorkboxError if neither the network nor the cache has it */
  async answer(id: string, request: Request, event: ExtendableEvent): Promise<Response> {
    const response = await this.of(appCache(id)).handle({ request, event })
    if (request.mode === 'navigate') event.waitUntil(trim(appCache(id)))
    return response
  }

  /** As `answer`, for what is kept under a name of its own. */
  list(cacheName: string, request: Request, event: ExtendableEvent): Promise<Response> {
    return this.of(cacheName).handle({ request, event })
  }

  private of(cacheName: string): NetworkFirst {
    let strategy = this.strategies.get(cacheName)
    if (!strategy) {
      const plugins = [this.plugin]
      strategy = new NetworkFirst({ cacheName, networkTimeoutSeconds: PATIENCE_S, plugins })
      this.strategies.set(cacheName, strategy)
    }
    return strategy
  }

  private readonly plugin: WorkboxPlugin = {
    requestWillFetch: async ({ request }) => {
      if (routes && appOf(new URL(request.url)) !== undefined && navigator.onLine && !this.unreachable)
        await new Promise((resolve) => setTimeout(resolve, AFTER_MS))
      return request
    },
    fetchDidFail: async () => void (this.unreachable = true),
    fetchDidSucceed: async ({ response }) => {
      this.unreachable = false
      return response
    },
    // A folder's files do not depend on what follows a `?`.
    cacheKeyWillBeUsed: async ({ request }) => {
      const { origin, pathname } = new URL(request.url)
      return origin + pathname
    },
    cacheWillUpdate: async ({ response }) => (!this.erased && (await mayKeep(response)) ? response : null),
  }
}

/** Whole answers of this origin, and no others: an opaque one may be an error, or anything. */
async function mayKeep({ status, type, redirected, headers }: Response): Promise<boolean> {
  if (status !== 200 || type !== 'basic' || redirected) return false
  if (/\b(no-store|private)\b/i.test(headers.get('Cache-Control') ?? '')) return false
  const bytes = Number(headers.get('Content-Length') ?? 0)
  return bytes <= LARGEST_BYTES && hasRoomFor(bytes)
}

async function trim(cacheName: string): Promise<void> {
  if (!(await caches.has(cacheName))) return
  const cache = await caches.open(cacheName)
  const keys = await cache.keys()
  // In the order in which they were put; a file that is fetched again moves to the end.
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST_FILES))) await cache.delete(key)
}

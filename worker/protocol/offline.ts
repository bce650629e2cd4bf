/**
 * Tab <-> service worker. The service worker keeps files, never data: what it is told is which files a page has
 * loaded, and what to do with itself.
 */

/** Where KUBE serves it; this and the scopes are seen from where the KUBE is on its origin. */
export const SERVICE_WORKER = 'hearth/service-worker.js'
/** Everything of an origin, or of the KUBE's path on it. A longer scope of a page's own wins over it, as the browser has it. */
export const WIDE_SCOPE = './'
/** Only the runtime, where somebody else's service worker has the whole origin. */
export const NARROW_SCOPE = 'hearth/'
/** Every cache of Hearth's has a name that begins so; what else an origin keeps is not ours to touch. */
export const CACHE_PREFIX = 'hearth:'

/** SKIP_WAITING and CACHE_URLS are Workbox's. All are safe to repeat. */
export type OfflineMessage =
  /** To one that waits: take over now, from the release that runs. */
  | { readonly type: 'SKIP_WAITING' }
  /** What a page had loaded before a service worker was there: addresses of this origin, to be kept as if asked for. */
  | { readonly type: 'CACHE_URLS'; readonly payload: { readonly urlsToCache: readonly string[] } }
  /**
   * Hearth is in use: keep it, whole. A browser brings back a service worker that was unregistered, if a page that it
   * serves is still there when it is registered again; what it kept is gone by then.
   */
  | { readonly type: 'KEEP' }
  /** Hearth is being removed from this browser: keep nothing any more. */
  | { readonly type: 'ERASED' }

/**
 * What a browser that knows static routes need not start us for, or wait for us with. Those that do not know them come
 * to the same by our `fetch` handler, a little later.
 * https://w3c.github.io/ServiceWorker/#install-event-addroutes
 */
import { rootPath } from './place.js'

declare const self: ServiceWorkerGlobalScope & { readonly InstallEvent?: { readonly prototype: object } }

interface Route {
  readonly condition: {
    readonly requestMethod: 'GET'
    readonly urlPattern: { readonly pathname: string; readonly search?: ''; readonly baseURL: string }
  }
  /**
   * A cache's file, else the network's; or whichever of network and `fetch` handler comes first, and the latter where the
   * former fails.
   */
  readonly source: { readonly cacheName: string } | 'race-network-and-fetch-handler'
}
/** Whether this browser goes by routes: then it has asked the network itself when our handler is asked. */
export const routes = 'addRoutes' in (self.InstallEvent?.prototype ?? {})

interface RoutedInstallEvent extends ExtendableEvent {
  addRoutes?(routes: readonly Route[]): Promise<void>
}

/**
 * @param urls of the release's files
 * @param cacheName where each is kept, under its own address
 */
export function addRoutes(event: RoutedInstallEvent, urls: readonly string[], cacheName: string): void {
  const requestMethod = 'GET'
  const baseURL = self.location.origin
  const files = urls.map((url): Route => {
    const pathname = asPattern(new URL(url).pathname)
    // With a query, it is found by us alone.
    return {
      condition: { requestMethod, urlPattern: { pathname, search: '', baseURL } },
      source: { cacheName },
    }
  })
  const apps: Route = {
    condition: { requestMethod, urlPattern: { pathname: `${asPattern(rootPath)}apps/*`, baseURL } },
    source: 'race-network-and-fetch-handler',
  }
  const added = event.addRoutes?.([...files, apps])
  if (added) event.waitUntil(added.catch(() => undefined))
}

const asPattern = (path: string): string => path.replace(/[+*?:{}()\\]/g, '\\$&')

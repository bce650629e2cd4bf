/**
 * Which address leads where.
 *
 *   /hearth.js  /hearth.mjs  /hearth/…   the runtime, for pages of any origin
 *   /hearth/apps.json                    what is hosted here (`AppInfo[]`)
 *   /healthz  /readyz  /metrics          how it is, for whoever keeps it running
 *   /apps/<id>/…                         an app
 *   /…                                   the shell
 */
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { join } from 'node:path'
import { appUrl, describeApps, type App } from './apps.js'
import { CachedFiles, makeFile } from './cached-files.js'
import { kubeError } from './errors.js'
import { locate, safeSegments } from './paths.js'
import { answerError, answerFile, answerNow, baseHeaders, JSON_TYPE, type Realm } from './respond.js'
import { mayReadMetrics, type MetricsFor } from './watching/asked.js'
import { Watch } from './watching/watch.js'

export interface HowItIs {
  readonly watch: Watch
  readonly metrics: MetricsFor
  /** New devices are welcome. */
  isReady(): boolean
}

type Bindings = { Bindings: HttpBindings }

export function makeRoutes(dist: string, apps: readonly App[], how: HowItIs = alwaysWell): Hono<Bindings> {
  const files = new CachedFiles()
  const routes = new Hono<Bindings>()
  const { watch } = how

  routes.use(async (c, next) => {
    const since = performance.now()
    await next()
    const { method } = c.req
    const { status } = c.res
    watch.metrics.requests.inc({ status })
    // Neither the address nor what was asked for: whoever sees this is not to learn who reads what.
    watch.log.debug({ method, status, ms: Math.round(performance.now() - since) }, 'answered')
  })

  routes.get('/hearth/apps.json', async (c) => {
    const list = JSON.stringify(await describeApps(apps, files))
    // Not for other origins, unlike its neighbours: which apps somebody has is nobody's business.
    return answerFile(makeFile('apps.json', Buffer.from(list)), 'apps.json', 'built', conditions(c))
  })

  routes.get('/healthz', () => answerNow(JSON.stringify({ ok: true }) + '\n', JSON_TYPE))

  routes.get('/readyz', () => {
    if (!how.isReady()) throw kubeError('kube/draining')
    return answerNow(JSON.stringify({ ok: true }) + '\n', JSON_TYPE)
  })

  routes.get('/metrics', async (c) => {
    mayReadMetrics(how.metrics, c.env.incoming)
    return answerNow(await watch.metrics.text(), watch.metrics.contentType)
  })

  routes.get('*', async (c) => {
    const path = rawPath(c)
    if (/^\/hearth\.m?js(\.map)?$/.test(path)) return serve(c, dist, path.slice(1), 'runtime')
    // It lies beside the runtime and serves the whole origin, which takes the server's word.
    if (path === '/hearth/service-worker.js') {
      const answer = await serve(c, join(dist, 'hearth'), 'service-worker.js', 'built')
      answer.headers.set('Service-Worker-Allowed', '/')
      return answer
    }
    if (path.startsWith('/hearth/'))
      return serve(c, join(dist, 'hearth'), path.slice('/hearth/'.length), 'runtime')
    // Asked for by browsers of every page that names no icon of its own.
    if (path === '/favicon.ico') return serve(c, join(dist, 'shell'), 'favicon.svg', 'built')
    const [, encodedId, rest] = /^\/apps\/([^/]+)(.*)$/.exec(path) ?? []
    if (encodedId === undefined) return serve(c, join(dist, 'shell'), path.slice(1), 'built')
    const id = safeSegments(encodedId)?.[0]
    const app = apps.find((candidate) => candidate.id === id)
    if (!id) throw kubeError('kube/not-found', { what: path })
    if (!app) throw kubeError('kube/no-such-app', { id })
    if (!rest) return redirect(c, appUrl(app.id))
    return serve(c, app.folder, rest.slice(1), app.realm)
  })

  routes.all('*', (c) => {
    throw kubeError('kube/method', { method: c.req.method })
  })

  /** The file at `urlPath` below `root`; of a folder, its index.html. */
  async function serve(c: Context, root: string, urlPath: string, realm: Realm): Promise<Response> {
    const segments = safeSegments(urlPath)
    let found = segments && (await locate(root, segments))
    if (segments && found?.stats.isDirectory()) {
      // Without the slash, what the page names relative to itself would be sought one folder up.
      if (urlPath !== '' && !urlPath.endsWith('/')) return redirect(c, `${rawPath(c)}/`)
      found = await locate(root, [...segments, 'index.html'])
    } else if (urlPath.endsWith('/')) {
      found = undefined
    }
    if (!found?.stats.isFile()) throw kubeError('kube/not-found', { what: rawPath(c) })
    return answerFile(await files.read(found), segments?.at(-1) ?? '', realm, conditions(c))
  }

  routes.onError((cause, c) => {
    return answerError(watch.failed(cause), c.req.header('Accept'))
  })
  return routes
}

/** Of a server that has nothing to tell of itself. */
const alwaysWell: HowItIs = { watch: new Watch(), metrics: 'off', isReady: () => true }

const conditions = (c: Context) => ({
  ifNoneMatch: c.req.header('If-None-Match'),
  acceptEncoding: c.req.header('Accept-Encoding'),
})

/** Still percent-encoded: what is decoded twice is checked once. */
const rawPath = (c: Context) => new URL(c.req.url).pathname

/** To an address that ends in a slash, keeping the query. Leading slashes are one: `//host` would leave the origin. */
function redirect(c: Context, path: string): Response {
  const headers = baseHeaders('built')
  headers.set('Location', path.replace(/^\/+/, '/') + new URL(c.req.url).search)
  return new Response(null, { status: 308, headers })
}

/** KUBE on a port. Everything a stranger can make it wait for, or hold on to, has a limit here. */
import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { Access, type Allow } from './access/access.js'
import { Answering } from './answering.js'
import { findApps } from './apps.js'
import { kubeError } from './errors.js'
import { errorJson } from './respond.js'
import { Database, replicasIn } from './replicas/database.js'
import { Keeper } from './replicas/keeper.js'
import type { Limits as KeepingLimits } from './replicas/room.js'
import type { StockLimits } from './replicas/stock.js'
import { makeRoutes } from './routes.js'
import type { MetricsFor } from './watching/asked.js'
import { Watch } from './watching/watch.js'
import type { IceSettings } from './signal/ice.js'
import { defaultLimits, type SignalLimits } from './signal/limits.js'
import type { Origins } from './signal/origins.js'
import { openSignal } from './signal/signal.js'

const limits = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  /** How often Node looks for connections that are over their time; its own 30 s would make the limits vain. */
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
}
/** Beside those of devices, so that there is always room for pages. */
const CONNECTIONS_FOR_PAGES = 200

export interface ServerOptions {
  /** 0, the default, picks a free one. */
  readonly port?: number
  readonly host?: string
  /** Absolute paths of folders to serve as apps. */
  readonly apps?: readonly string[]
  /** Absolute path of the build. */
  readonly dist: string
  /** Whose pages may meet other devices here, besides its own. */
  readonly origins?: Origins
  /** Servers by which devices can be linked directly. */
  readonly ice?: IceSettings | undefined
  /** What differs from the limits of signalling. */
  readonly signal?: Partial<SignalLimits>
  /** Absolute path of the folder for what is kept; without it, nothing is. */
  readonly data?: string
  /** What differs from how much is kept. */
  readonly keeping?: Partial<KeepingLimits>
  /** What differs from how much is in memory for those who have it kept. */
  readonly stock?: Partial<StockLimits>
  /** How it is told what happens; nobody is, without it. */
  readonly watch?: Watch
  /** Who may use it: everybody, without it. */
  readonly allow?: Allow
  /** Who may read `/metrics`: `local` without it. */
  readonly metrics?: MetricsFor
}

export interface Draining {
  /** How long it says that it is not ready before anything ends, in milliseconds. */
  readonly noticeMs: number
  /** How long what is under way may take to end, from then on, in milliseconds. */
  readonly limitMs: number
}

export interface RunningServer {
  /** Where to open it, without a slash at the end, as `http://localhost:4400`. */
  readonly url: string
  /** Stops listening and drops the connections that are open. */
  close(): Promise<void>
  /** Takes no devices any more, tells those that are there, and ends when what is under way has. */
  drain(how: Draining): Promise<void>
}

/**
 * @throws KubeError `kube/not-built`, `kube/port-in-use`, `kube/cannot-listen`, `kube/store`, `kube/store-newer`, `kube/store-busy`, and those of `findApps`
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { port = 0, host = '127.0.0.1', apps = [], dist, data, watch = new Watch() } = options
  if (!existsSync(join(dist, 'hearth.js'))) throw kubeError('kube/not-built', { dist })
  let isReady = false
  const routes = makeRoutes(dist, await findApps(dist, apps), {
    ...{ watch, metrics: options.metrics ?? 'local', isReady: () => isReady },
  })
  const server = createAdaptorServer({ fetch: routes.fetch, serverOptions: limits }) as Server
  server.maxConnections = (options.signal?.connections ?? defaultLimits.connections) + CONNECTIONS_FOR_PAGES
  const answering = new Answering(server)
  server.on('clientError', refuse)
  const database = data === undefined ? undefined : openDatabase(data, watch)
  const keeper = database && new Keeper(database, { limits: options.keeping, stock: options.stock, watch })
  await listen(server, port, host).catch(async (cause: unknown) => {
    await keeper?.close()
    throw cause
  })
  const signal = openSignal(server, {
    ...{ origins: options.origins, ice: options.ice, limits: options.signal, watch },
    access: new Access(options.allow, database),
    keeping: keeper,
  })
  isReady = true

  /** Once: the store is closed by then, or is about to be. */
  let ending: Promise<void> | undefined
  const end = async (limitMs: number) => {
    isReady = false
    const closed = once(server, 'close')
    answering.end()
    signal.close()
    if (limitMs > 0) await Promise.race([closed, wait(limitMs)])
    server.closeAllConnections()
    await closed
    await keeper?.close()
  }
  return {
    url: `http://${printable(host)}:${(server.address() as AddressInfo).port}`,
    close: () => (ending ??= end(0)),
    async drain({ noticeMs, limitMs }) {
      isReady = false
      signal.shut()
      if (noticeMs > 0) await wait(noticeMs)
      await (ending ??= end(limitMs))
    },
  }
}

/** @throws KubeError `kube/store`, `kube/store-newer`, `kube/store-busy` */
function openDatabase(data: string, { log, metrics }: Watch): Database {
  const database = new Database(replicasIn(data), {
    wrote: (ms) => metrics.appendSeconds.observe(ms / 1_000),
  })
  const { aside } = database
  if (aside !== undefined)
    log.error({ aside }, 'what was kept cannot be read and was set aside; devices bring what they have')
  return database
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref())

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw reason === 'EADDRINUSE'
      ? kubeError('kube/port-in-use', { port })
      : kubeError('kube/cannot-listen', { host, port, reason })
  }
}

/** Only `localhost` and 127.0.0.1 are secure contexts over http, so that is what a person on this machine is told. */
function printable(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::1', '::', 'localhost'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** What never became a request: Node hands over the bare connection. */
function refuse(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const error =
    cause.code === 'HPE_HEADER_OVERFLOW'
      ? kubeError('kube/headers-too-large')
      : cause.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? kubeError('kube/too-slow')
        : kubeError('kube/bad-request')
  const body = errorJson(error)
  socket.end(
    `HTTP/1.1 ${error.status} ${error.code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** How a KUBE is asked how it is: `/healthz`, whether it runs; `/readyz`, whether to send it devices; `/metrics`, for Prometheus. */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { kubeError } from '../errors.js'

/** `local`, `off`, or a token. */
export type MetricsFor = string

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/
const LOCAL_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i
/** What proxies add. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]

/** @throws KubeError `kube/not-found`, `kube/metrics-private` */
export function mayReadMetrics(allowed: MetricsFor, request: IncomingMessage): void {
  if (allowed === 'off') throw kubeError('kube/not-found', { what: '/metrics' })
  const may = allowed === 'local' ? isLocal(request) : shows(allowed, request.headers.authorization)
  // defence: metrics-are-not-for-everybody
  if (!may) throw kubeError('kube/metrics-private')
}

/**
 * Of this machine, and not through a proxy on it. A proxy that adds none of its headers still passes the host on, or else no page could meet
 * devices here (`signal/origins.ts`); and a page that has its own name lead to this machine asks for that name.
 */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  return (
    LOOPBACK.test(socket.remoteAddress ?? '') &&
    LOCAL_HOST.test(headers.host ?? '') &&
    FORWARDED.every((name) => headers[name] === undefined)
  )
}

function shows(token: string, authorization: string | undefined): boolean {
  const [shown, expected] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)]
  return shown.length === expected.length && timingSafeEqual(shown, expected)
}

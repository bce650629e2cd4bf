/** A file, or an error, as an HTTP answer: conditional requests, encoding, and the headers that every answer has. */
import { pagePolicy, workerPolicy } from './csp.js'
import type { CachedFile } from './cached-files.js'
import type { KubeError } from './errors.js'

/**
 * Who a file is for. `runtime`: hearth.js and what lies in /hearth/, which pages of other origins load too.
 * `built`: shell and apps from our build. `hosted`: a folder given with `--app`.
 */
export type Realm = 'runtime' | 'built' | 'hosted'

export interface Conditions {
  readonly ifNoneMatch: string | undefined
  readonly acceptEncoding: string | undefined
}

/** Names that the build makes from the content, as `home-4FQ2X7AB.js`: the bytes behind one never change. */
const hashedName = /-[A-Z0-9]{8}\.[a-z0-9.]+$/i

export async function answerFile(
  file: CachedFile,
  name: string,
  realm: Realm,
  conditions: Conditions,
): Promise<Response> {
  const { encoding, body } = await file.encoded(conditions.acceptEncoding)
  const etag = `"${file.tag}${encoding === 'identity' ? '' : `-${encoding}`}"`
  const headers = baseHeaders(realm)
  headers.set('ETag', etag)
  headers.set('Vary', 'Accept-Encoding')
  // Only our build keeps the promise in the name; in a person's folder, photo-20240101.jpg may be replaced.
  const immutable = realm !== 'hosted' && hashedName.test(name)
  headers.set('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (file.page) headers.set('Content-Security-Policy', pagePolicy(file.page))
  else if (/javascript/.test(file.type)) headers.set('Content-Security-Policy', workerPolicy)
  if (matches(conditions.ifNoneMatch, etag)) return new Response(null, { status: 304, headers })
  headers.set('Content-Type', file.type)
  headers.set('Content-Length', String(body.length))
  if (encoding !== 'identity') headers.set('Content-Encoding', encoding)
  return new Response(new Uint8Array(body), { headers })
}

export const JSON_TYPE = 'application/json; charset=utf-8'

/** What is so now, and may be otherwise in a moment. */
export function answerNow(body: string, type: string): Response {
  const headers = baseHeaders('built')
  headers.set('Cache-Control', 'no-store')
  headers.set('Content-Type', type)
  return new Response(body, { headers })
}

/** JSON for programs; for a person who followed a link, a page that says the same and leads back. */
export function answerError(error: KubeError, accept: string | undefined): Response {
  const headers = baseHeaders('built')
  headers.set('Cache-Control', 'no-store')
  headers.set('Vary', 'Accept')
  if (error.status === 405) headers.set('Allow', 'GET, HEAD')
  if (!accept?.includes('text/html')) {
    headers.set('Content-Type', JSON_TYPE)
    return new Response(errorJson(error), { status: error.status, headers })
  }
  headers.set('Content-Type', 'text/html; charset=utf-8')
  headers.set('Content-Security-Policy', pagePolicy({ scripts: [], handlers: [] }))
  return new Response(errorPage(error), { status: error.status, headers })
}

export const errorJson = (error: KubeError) =>
  JSON.stringify({ code: error.code, message: error.message }) + '\n'

export function baseHeaders(realm: Realm): Headers {
  const headers = new Headers({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' })
  if (realm === 'runtime') {
    headers.set('Access-Control-Allow-Origin', '*')
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin')
  } else {
    headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  }
  return headers
}

/** RFC 9110 §13.1.2: a list of tags or `*`, compared weakly, as a proxy may have weakened ours. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}

const errorPage = (error: KubeError) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escape(error.message)}</title>
<body style="font: 1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto 0; padding: 0 1.5rem">
<p>${escape(error.message)}</p>
<p><a href="/">Open Hearth</a> <small style="opacity: 0.7">${error.code}</small></p>
</html>
`

const escape = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

/**
 * Content-Security-Policy of what KUBE hosts. A page runs the scripts of its own origin and the code written in
 * it, and nothing that got into it later: injected markup has no hash. People write these pages by hand, so handler
 * attributes are hashed as well (`'unsafe-hashes'`): a plain `onclick=` runs, one that was injected does not,
 * unless it repeats, to the letter, one that the author wrote.
 */
import { createHash } from 'node:crypto'
import type { Page } from './page.js'

/**
 * `https:` and `wss:`: a KUBE of the user's choice may be anywhere, and a page cannot know where in advance. `'self'` is also
 * the WebSocket of this origin, without TLS too, in Chromium, Firefox and WebKit (`test/e2e/own-kube.e2e.ts`).
 */
const connect = `connect-src 'self' https: wss:`

/** Of a hosted page. */
export function pagePolicy(page: Pick<Page, 'scripts' | 'handlers'>): string {
  const scripts = hashes(page.scripts)
  const handlers = hashes(page.handlers)
  if (handlers.length > 0) handlers.unshift(`'unsafe-hashes'`)
  return [
    `default-src 'self'`,
    [`script-src 'self'`, ...new Set([...scripts, ...handlers])].join(' '),
    `style-src 'self' 'unsafe-inline'`,
    connect,
    `img-src 'self' data: blob:`,
    `media-src 'self' data: blob:`,
    `object-src 'none'`,
    `base-uri 'self'`,
    `form-action 'self'`,
    `frame-ancestors 'self'`,
  ].join('; ')
}

/** Of a worker's script: a worker obeys its own policy, not the page's, and this one compiles Automerge. */
export const workerPolicy = [
  `default-src 'self'`,
  `script-src 'self' 'wasm-unsafe-eval'`,
  connect,
  `object-src 'none'`,
  `base-uri 'none'`,
].join('; ')

const hashes = (texts: readonly string[]) => [
  ...new Set(texts.map((text) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`)),
]

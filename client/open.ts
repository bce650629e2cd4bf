/** `hearth.open`: one home for each page. */
import { HearthError } from '../worker/protocol/errors.js'
import { newId, type ClientId } from '../worker/protocol/ids.js'
import { Home } from './home.js'

export interface App {
  readonly id?: string
  readonly name: string
  readonly icon?: string
  readonly url?: string
  readonly opens?: Readonly<Record<string, string>>
}
export interface OpenOptions {
  /** Who this is: shown in the shell's list of what is open. */
  readonly app?: string | App
  /** Whom to use once something is shared; nothing goes over the network before. */
  readonly kube?: string | null
  /**
   * A script of this page's origin that imports Hearth's worker from another one, in one line:
   * `importScripts('https://your-kube.example/hearth/worker.js')`. Default: the worker beside Hearth's own script.
   */
  readonly worker?: string
  /** Whether the drop-in script shows its button. Default true. */
  readonly shell?: boolean
  /** @internal The shell's own page, which may show the recovery words. */
  readonly isShell?: boolean
  /** Failures that no call of the app's can report: refused writes, a lost worker. */
  readonly onError?: (error: HearthError) => void
  /** Milliseconds until `rpc/worker-gone`. Default 15,000. */
  readonly timeoutMs?: number
}

let opened: Promise<Home> | undefined

/**
 * The data plane of this origin. The first visit makes everything it needs, silently; a second call in a page
 * returns the same home.
 * @throws HearthError `env/insecure-context`, `env/unsupported`, `env/worker-…`, `rpc/worker-gone`, `rpc/version`, `store/…`
 */
export function open(options: OpenOptions = {}): Promise<Home> {
  if (!opened) {
    const opening: Promise<Home> = start(options, () => forget(opening))
    opened = opening
    opening.catch(() => forget(opening))
  }
  return opened
}

const forget = (opening: Promise<Home>) => {
  if (opened === opening) opened = undefined
}

async function start(
  { app = '', kube, worker, isShell, onError, timeoutMs = 15_000 }: OpenOptions,
  ended: () => void,
): Promise<Home> {
  if (!isSecureContext) throw new HearthError('env/insecure-context')
  const missing = navigator.locks ? !globalThis.indexedDB && 'indexedDB' : 'Web Locks'
  if (missing) throw new HearthError('env/unsupported', { reason: missing })
  const name = (typeof app === 'string' ? app : app.name) || document.title || location.pathname
  const home = new Home(newId<ClientId>(), name.slice(0, 200), worker, isShell, onError, ended, kube)
  await home.open(timeoutMs)
  return home
}

/**
 * A tab's way to a worker where no SharedWorker can simply be started: the script is another origin's, or the browser
 * has none. Loaded only then. What cannot be done is said as a worker says it.
 */
import { dialMessages, HearthError, type ErrorDetails } from '../worker/protocol/errors.js'
import { end, importing, SharedBlob } from './blob.js'
import type { Line } from './connection.js'
import { Electorate } from './elected.js'

/** One of each for a page, whichever home calls. */
let blob: SharedBlob | undefined
let electorate: Electorate | undefined

/**
 * One try.
 * @param url of the worker's script, as the app gave it
 * @param files where Hearth's files are; the worker among them may be another origin's
 */
export async function dial(url: string, files: string): Promise<Line> {
  const script = parse(url)
  if (!script) return refuse('env/worker-url', { url })
  const { origin, href } = script
  const foreign = origin !== location.origin
  if (foreign && href !== `${files}worker.js`) return refuse('env/worker-origin', { origin, importing: href })
  if ('SharedWorker' in globalThis) return (blob ??= new SharedBlob(href)).dial()
  return (electorate ??= new Electorate(foreign ? importing(href) : href)).dial()
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url, location.href)
  } catch {
    return undefined
  }
}

function refuse(code: keyof typeof dialMessages, details: ErrorDetails): Line {
  const { port1: port, port2 } = new MessageChannel()
  port2.postMessage(end(new HearthError(code, details, dialMessages[code])))
  return { port, onerror: null }
}

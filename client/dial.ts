/**
 * A tab's way to a worker where no SharedWorker can simply be started: the script is another origin's, or the browser
 * has none. Loaded only then. What cannot be done is said as a worker says it.
 */
import { dialMessages, HearthError } from '../worker/protocol/errors.js'
import { end, importing, SharedBlob } from './blob.js'
import type { Line } from './connection.js'
import { Electorate } from './elected.js'

/** One of each for a page, whichever home calls. */
let blob: SharedBlob | undefined
let electorate: Electorate | undefined

/**
 * One try.
 * @param url of the worker's script
 * @param files where Hearth's files are; the worker among them may be another origin's
 */
export async function dial(url: string, files: string): Promise<Line> {
  const { origin } = new URL(url)
  const foreign = origin !== location.origin
  if (foreign && url !== `${files}worker.js`) return refuse(origin, url)
  if ('SharedWorker' in globalThis) return (blob ??= new SharedBlob(url)).dial()
  return (electorate ??= new Electorate(foreign ? importing(url) : url)).dial()
}

function refuse(origin: string, importing: string): Line {
  const { port1: port, port2 } = new MessageChannel()
  const code = 'env/worker-origin'
  port2.postMessage(end(new HearthError(code, { origin, importing }, dialMessages[code])))
  return { port, onerror: null }
}

/** The page by which Node speaks to the reader. */
import * as Comlink from 'comlink'
import type { Reader } from './shapes.js'

declare global {
  interface Window {
    reader: Comlink.Remote<Reader>
  }
}
window.reader = Comlink.wrap<Reader>(new SharedWorker('reader.js').port)

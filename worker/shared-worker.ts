/**
 * Entry of the SharedWorker: the browser platform, the runtime, and one session for each tab that connects.
 */
import { browserPlatform } from './platform/browser.js'
import { Runtime } from './runtime.js'

declare const self: SharedWorkerGlobalScope

const runtime = new Runtime(browserPlatform())
self.addEventListener('connect', (event) => {
  runtime.connect(event.ports[0]!)
})

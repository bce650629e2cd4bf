/**
 * Entry of the SharedWorker: the browser platform, the runtime, and one session for each tab that connects. Where there
 * are no SharedWorkers, a tab runs this same script in a worker of its own, and the others call it.
 */
import { browserPlatform } from './platform/browser.js'
import { answerCalls } from './platform/calls.js'
import { Runtime } from './runtime.js'

declare const self: SharedWorkerGlobalScope

const runtime = new Runtime(browserPlatform())
if ('onconnect' in self)
  self.addEventListener('connect', (event) => {
    runtime.connect(event.ports[0]!)
  })
else answerCalls(runtime.instance, (port) => runtime.connect(port))

/**
 * This tab as a place for direct links to other devices: it tells the worker whether it is looked at, and what holds a link is loaded when
 * it is to hold one. A tab that is put away, or is to stand still, ends what it holds: nothing would go through.
 */
import type { LinkOrder, TabState } from '../worker/protocol/hosting.js'

let port: MessagePort | undefined
let endAll: () => void = () => undefined

/** @param given the worker's; those of a worker before it are of no more use */
export function hostOn(given: MessagePort): void {
  endAll()
  port = given
  port.onmessage = ({ data, ports: [link] }: MessageEvent<LinkOrder>) => void hold(data, link!)
  tell()
}

async function hold(order: LinkOrder, link: MessagePort): Promise<void> {
  try {
    const host = await import('./peer-host.js')
    endAll = host.endAll
    host.hold(order, link)
  } catch {
    // It could not be loaded, or the browser has no more of them.
    link.postMessage(['close'])
  }
}

const tell = (state: TabState = document.hidden ? 'hidden' : 'shown') => port?.postMessage(state)

const away = () => {
  tell('away')
  endAll()
}
addEventListener('visibilitychange', () => tell())
document.addEventListener('freeze', away)
addEventListener('pagehide', away)
document.addEventListener('resume', () => tell())
addEventListener('pageshow', () => tell())

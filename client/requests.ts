/** Requests to the worker, over Comlink: loaded with the first one that a tab makes. */
import * as Comlink from 'comlink'
import type { Answer } from '../worker/protocol/session-api.js'
import { hostOn } from './hosting.js'

type Remote = { readonly [method: string]: (...args: unknown[]) => Promise<Answer<unknown>> }

/** To the worker of now. */
let current: Remote

/** @param port the tab's end of a port on which the worker serves `SessionApi` */
export function requestsOn(port: MessagePort): (method: string, args: unknown[]) => Promise<Answer<unknown>> {
  const remote = Comlink.wrap<Remote>(port) as unknown as Remote
  current = remote
  if ('RTCPeerConnection' in globalThis) offer(remote).catch(() => undefined)
  return (method, args) => remote[method]!(...args)
}

/** A worker of an older build does not know of it. */
async function offer(remote: Remote): Promise<void> {
  const answer = await remote['host']!()
  if ('ok' in answer && answer.ok) hostOn(answer.ok as MessagePort)
}

// A person who looks at the page again does not wait until a server that was away is tried the next time.
addEventListener('visibilitychange', () => {
  if (!document.hidden) current['look']!().catch(() => undefined)
})

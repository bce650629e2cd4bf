/** Requests to the worker, over Comlink: loaded with the first one that a tab makes. */
import * as Comlink from 'comlink'
import type { Answer } from '../worker/protocol/rpc.js'

type Remote = { readonly [method: string]: (...args: unknown[]) => Promise<Answer<unknown>> }

/** @param port the tab's end of a port on which the worker serves `SessionApi` */
export function requestsOn(port: MessagePort): (method: string, args: unknown[]) => Promise<Answer<unknown>> {
  const remote = Comlink.wrap<Remote>(port) as unknown as Remote
  return (method, args) => remote[method]!(...args)
}

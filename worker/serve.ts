/**
 * Serves a session's requests over Comlink, with two things that Comlink leaves out: errors keep their code
 * and details, and only the methods of the contract can be called (no path reaches a `constructor`).
 */
import * as Comlink from 'comlink'
import { toHearthError, toWire } from './protocol/errors.js'
import type { Answer, SessionApi } from './protocol/session-api.js'

export function serve(api: SessionApi, port: MessagePort): void {
  const served = Object.assign(
    Object.create(null),
    Object.fromEntries(
      Object.entries(api).map(([name, method]) => [
        name,
        (...args: unknown[]) => answer(() => (method as (...args: unknown[]) => Promise<unknown>)(...args)),
      ]),
    ),
  ) as object
  Comlink.expose(served, port)
}

async function answer(run: () => Promise<unknown>): Promise<Answer<unknown>> {
  try {
    const ok = await run()
    return ok instanceof MessagePort ? Comlink.transfer({ ok }, [ok]) : { ok }
  } catch (e) {
    return { error: toWire(toHearthError(e, 'rpc/malformed')) }
  }
}

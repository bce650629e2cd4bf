/**
 * Serves a session's requests over Comlink, with two things that Comlink leaves out: errors keep their code
 * and details, and only the methods of the contract can be called (no path reaches a `constructor`).
 */
import * as Comlink from 'comlink'
import { toHearthError, type WireError } from './protocol/errors.js'
import type { SessionApi } from './protocol/rpc.js'

/** What every method answers: Comlink itself would drop the code of a thrown error. */
export type Answer<T> = { readonly ok: T } | { readonly error: WireError }
export type Served = {
  [K in keyof SessionApi]: (
    ...args: Parameters<SessionApi[K]>
  ) => Promise<Answer<Awaited<ReturnType<SessionApi[K]>>>>
}

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
    return { ok: await run() }
  } catch (e) {
    const { code, details } = toHearthError(e, 'rpc/malformed')
    return { error: { code, details } }
  }
}

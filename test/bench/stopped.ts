/** A measurement that is given up: what it measures needs more than the time that it had. */
import { setTimeout as sleep } from 'node:timers/promises'

export class Stopped extends Error {
  /** How long what is measured had, in milliseconds; undefined if it had not begun. */
  readonly ms: number | undefined

  /** @param begun when it began, on the clock of `performance.now` */
  constructor(limitMs: number, begun: number | undefined) {
    super(`stopped after ${limitMs / 1000} s`)
    this.ms = begun === undefined ? undefined : performance.now() - begun
  }
}

/**
 * @param begun asked for when it is too late
 * @throws Stopped after `ms` milliseconds
 */
export async function stopAfter<T>(
  ms: number,
  begun: () => number | undefined,
  measuring: Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Stopped(ms, begun())
  })
  late.catch(() => undefined)
  return Promise.race([measuring, late]).finally(() => over.abort())
}

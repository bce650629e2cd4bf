/** Waiting, with a limit and a name for what is waited for. */
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is truthy, and gives it back.
 * @param ms the limit, in milliseconds
 * @throws Error that names what was awaited, and what was there instead
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 10_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`Waited ${ms} ms in vain for ${what}.`)
    await sleep(20)
  }
}

/** @throws Error that names what was awaited when it takes longer than `ms` milliseconds */
export async function within<T>(what: string, promise: Promise<T>, ms = 15_000): Promise<T> {
  const over = new AbortController()
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`Waited ${ms} ms in vain for ${what}.`)
  })
  late.catch(() => undefined)
  return Promise.race([promise, late]).finally(() => over.abort())
}

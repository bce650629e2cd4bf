/** Where links are made for `behaviours.ts`: what there is to do with a pair of ends, whatever carries what goes between them. */
import assert from 'node:assert/strict'
import type { Link } from '../../worker/mesh/link.js'
import type { MeshPlatform } from '../../worker/mesh/platform.js'
import { until } from '../e2e/wait.js'

export interface LinkWorld {
  readonly platform: Omit<MeshPlatform, 'socket'>
  /** A new link, which is open. */
  pair(): Promise<Pair>
  /** Time passes until this is so. @returns whether it is, after so many milliseconds at most */
  until(is: () => boolean, ms: number): Promise<boolean>
  end(): Promise<void>
}

/** What becomes of a frame: those that come instead. */
export type Hand = (frame: Uint8Array) => readonly Uint8Array[]

export interface Pair {
  readonly ends: readonly [Link, Link]
  /** From now on, what carries frames up to the second end does this with them. */
  meddle(hand: Hand): void
  /** What carries them stands still: nothing passes any more, and nobody is told. */
  freeze(): void
  end(): Promise<void>
}

export const realTime = {
  now: () => Date.now(),
  later(run: () => void, ms: number): () => void {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
  until: (is: () => boolean, ms: number): Promise<boolean> =>
    until('it', is, ms).then(
      () => true,
      () => false,
    ),
}

/** What is worked on while time passes. @throws as that does, or that it takes longer */
export async function done<T>(
  { until }: Pick<LinkWorld, 'until'>,
  work: Promise<T>,
  ms = 10_000,
): Promise<T> {
  let isDone = false
  const ended = () => void (isDone = true)
  work.then(ended, ended)
  assert.ok(await until(() => isDone, ms), `it takes more than ${ms} ms`)
  return work
}

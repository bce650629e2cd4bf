/**
 * A reporter for node:test that tells the parent process each test as it ends: what a defence keeps away may well keep a
 * later test from ever ending.
 */
import { inspect } from 'node:util'

/** Between the name of a suite and those of what is in it. */
export const NAMES_APART = ' › '

/** `why`: what went wrong, if something did. */
export interface Ended {
  readonly test: string
  readonly why?: string
}

interface Event {
  readonly type: string
  readonly data: {
    readonly name: string
    readonly nesting: number
    readonly skip?: boolean | string
    readonly details: {
      readonly type?: string
      readonly error?: Error & { readonly failureType?: string }
    }
  }
}

export default async function* tell(events: AsyncIterable<Event>): AsyncGenerator<string> {
  const names: string[] = []
  for await (const { type, data } of events) {
    if (type === 'test:start') names[data.nesting] = data.name
    if ((type !== 'test:pass' && type !== 'test:fail') || data.skip !== undefined) continue
    const test = [...names.slice(0, data.nesting), data.name].join(NAMES_APART)
    const { error, type: kind } = data.details
    // The tests of a suite have been told; a suite itself fails if it cannot even say which tests it has.
    if (error ? error.failureType === 'subtestsFailed' : kind === 'suite') continue
    process.send!({ test, ...(error && { why: inspect(error.cause ?? error) }) } satisfies Ended)
  }
  yield ''
}

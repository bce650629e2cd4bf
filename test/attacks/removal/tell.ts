/**
 * A reporter for node:test that tells the parent process each test as it ends: what a defence keeps away may well keep a
 * later test from ever ending.
 */
import { inspect } from 'node:util'

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
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const test = [...names.slice(0, data.nesting), data.name].join(' › ')
    const { error, type: kind } = data.details
    // The tests of a suite have been told; a suite itself fails if it cannot even say which tests it has.
    if (error ? error.failureType === 'subtestsFailed' : kind === 'suite') continue
    process.send!({ test, ...(error && { why: inspect(error.cause ?? error) }) } satisfies Ended)
  }
  yield ''
}

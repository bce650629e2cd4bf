/**
 * A reporter for node:test, in the process of a test file: a line for each test, failures with their causes, and the
 * tally to the parent process. Node's own runner reads what happened from between what a file prints, and breaks off
 * where it takes the one for the other (https://github.com/nodejs/node/issues/66164).
 */
import type { run } from 'node:test'
import { inspect } from 'node:util'
import { addTallies, emptyTally, type Tally } from './tally.js'

type Event = ReturnType<typeof run> extends AsyncIterable<infer Item> ? Item : never

/** What is read of a `test:pass` or `test:fail`. */
interface Outcome {
  readonly name: string
  readonly nesting: number
  readonly skip?: string | boolean
  readonly todo?: string | boolean
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Failure }
}
type Failure = Error & { readonly failureType?: string }

export default async function* report(events: AsyncIterable<Event>): AsyncGenerator<string> {
  let tally = emptyTally
  /** Names of the suites and tests around the one that runs, from the outside in. */
  const names: string[] = []
  for await (const { type, data } of events) {
    if (type === 'test:start') names[data.nesting] = data.name
    const outcome = data as unknown as Outcome
    const title = () => [...names.slice(0, outcome.nesting), outcome.name].join(' › ')
    const ended =
      type === 'test:pass'
        ? passed(outcome, title)
        : type === 'test:fail'
          ? failed(outcome, title)
          : type === 'test:diagnostic'
            ? late(data.message)
            : undefined
    if (!ended) continue
    tally = addTallies(tally, { ...emptyTally, ...ended.counts })
    yield `  ${ended.line}\n`
  }
  process.send?.(tally)
}

interface Ended {
  readonly counts: Partial<Tally>
  readonly line: string
}

function passed(outcome: Outcome, title: () => string): Ended | undefined {
  if (outcome.details.type === 'suite' || isFiltered(outcome)) return undefined
  return outcome.skip !== undefined || outcome.todo !== undefined
    ? { counts: { skipped: 1 }, line: `- ${title()} (skipped)` }
    : { counts: { passed: 1 }, line: `✔ ${title()}${duration(outcome)}` }
}

function failed(outcome: Outcome, title: () => string): Ended | undefined {
  const { error } = outcome.details
  // Its parts have been counted. (A suite whose hook failed has not.)
  if (error?.failureType === 'subtestsFailed' || isFiltered(outcome)) return undefined
  const cause = error ? `\n${describe(error).replace(/^/gm, '      ')}` : ''
  return { counts: { failures: [title()] }, line: `✖ ${title()}${duration(outcome)}${cause}` }
}

/** node:test only mentions what goes wrong after its test; an error nobody waited for is still an error. */
const late = (message: string): Ended | undefined =>
  message.includes('asynchronous activity after the test ended')
    ? { counts: { failures: [message] }, line: `✖ ${message}` }
    : undefined

/** Node 20 reports tests that the name filter leaves out as skipped ones. */
const isFiltered = ({ skip }: Outcome) =>
  typeof skip === 'string' && skip.startsWith('test name does not match')

const duration = ({ details: { duration_ms: ms } }: Outcome) =>
  ms < 100 ? '' : ` (${(ms / 1000).toFixed(1)} s)`

/** node:test wraps what was thrown; the wrapper's own stack leads nowhere. */
function describe(error: Failure): string {
  const cause = error.cause ?? error
  return cause instanceof Error
    ? inspect(cause)
    : typeof cause === 'string'
      ? cause
      : inspect(cause, { depth: 6 })
}

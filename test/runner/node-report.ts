/** From the events of node:test: a line for each test, failures with their causes, and the tally. */
import { relative, resolve } from 'node:path'
import type { run } from 'node:test'
import { inspect } from 'node:util'
import { root } from './files.js'
import { type Tally } from './tally.js'

type Event = ReturnType<typeof run> extends AsyncIterable<infer Item> ? Item : never

/** What is read of a `test:pass` or `test:fail`. */
interface Outcome {
  readonly name: string
  readonly nesting: number
  readonly file?: string
  readonly skip?: string | boolean
  readonly todo?: string | boolean
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Failure }
}
type Failure = Error & { readonly failureType?: string }

export class NodeReport {
  private passed = 0
  private failed = 0
  private skipped = 0
  private file = ''
  /** Names of the suites and tests around the one that runs, from the outside in. */
  private readonly names: string[] = []
  private readonly emptyFiles: string[] = []

  constructor(private readonly print: (line: string) => void = console.log) {}

  take(event: Event): void {
    const data = event.data as unknown as Outcome & { message: string }
    switch (event.type) {
      case 'test:start':
        this.names[data.nesting] = data.name
        this.enter(data.file)
        break
      case 'test:pass':
        this.onPass(data)
        break
      case 'test:fail':
        this.onFail(data)
        break
      case 'test:stdout':
      case 'test:stderr':
        process.stdout.write(data.message)
        break
      case 'test:diagnostic':
        // node:test only mentions these; an error nobody waited for is still an error.
        if (data.message.includes('asynchronous activity after the test ended'))
          this.fail(data.message, undefined)
    }
  }

  /** @param filtered by name: then a file without a matching test is no mistake */
  finish(filtered: boolean): Tally {
    if (!filtered) for (const file of this.emptyFiles) this.fail(`${file} has no tests`, undefined)
    return { passed: this.passed, failed: this.failed, skipped: this.skipped }
  }

  private onPass(data: Outcome): void {
    if (data.details.type === 'suite' || isFiltered(data)) return
    if (isFile(data)) return void this.emptyFiles.push(data.name)
    if (data.skip !== undefined || data.todo !== undefined) {
      this.skipped++
      this.print(`  - ${this.title(data)} (skipped)`)
    } else {
      this.passed++
      this.print(`  ✔ ${this.title(data)}${duration(data.details.duration_ms)}`)
    }
  }

  private onFail(data: Outcome): void {
    const { error } = data.details
    // Its parts have been counted. (A suite whose hook failed has not.)
    if (error?.failureType === 'subtestsFailed' || isFiltered(data)) return
    const title = isFile(data) ? `${data.name} broke off` : this.title(data)
    this.fail(title + duration(data.details.duration_ms), error)
  }

  private fail(title: string, error: Failure | undefined): void {
    this.failed++
    this.print(`  ✖ ${title}`)
    if (error) this.print(indent(describe(error)))
  }

  private enter(file: string | undefined): void {
    if (!file || file === this.file) return
    this.file = file
    this.print(relative(root, file))
  }

  private title({ nesting, name }: Outcome): string {
    return [...this.names.slice(0, nesting), name].join(' › ')
  }
}

/** node:test reports a file as a test when it has none, or when it breaks off. */
const isFile = ({ name, file }: Outcome) => file !== undefined && resolve(root, name) === file

/** Node 20 reports tests that the name filter leaves out as skipped ones. */
const isFiltered = (data: Outcome) =>
  typeof data.skip === 'string' && data.skip.startsWith('test name does not match')

const duration = (ms: number) => (ms < 100 ? '' : ` (${(ms / 1000).toFixed(1)} s)`)

/** node:test wraps what was thrown; the wrapper's own stack leads nowhere. */
function describe(error: Failure): string {
  const cause = error.cause ?? error
  return cause instanceof Error
    ? inspect(cause)
    : typeof cause === 'string'
      ? cause
      : inspect(cause, { depth: 6 })
}

const indent = (text: string) => text.replace(/^/gm, '      ')

/** From the results of web-test-runner: a line for each test and browser, failures, and the tally. */
import type { Reporter, TestResultError, TestSession, TestSuiteResult } from '@web/test-runner-core'
import { relative } from 'node:path'
import { root } from './files.js'
import { addTallies, emptyTally, type Tally } from './tally.js'

/**
 * @param filtered by name: then a file without a matching test is no mistake
 * @param finished called once, with the tally of all files in all browsers
 */
export function browserReport(filtered: boolean, finished: (tally: Tally) => void): Reporter {
  return {
    reportTestFileResults({ sessionsForTestFile }) {
      for (const session of sessionsForTestFile) {
        print(nameOf(session))
        for (const line of linesOf(session, filtered)) print(line)
      }
    },
    onTestRunFinished({ sessions }) {
      finished(sessions.map((session) => tallyOf(session, filtered)).reduce(addTallies, emptyTally))
    },
  }
}

// Past the console, which web-test-runner holds back and redraws.
const print = (line: string) => process.stdout.write(`${line}\n`)

/** What keeps a file from running counts as one failed test, or it would be passed over in silence. */
export function tallyOf(
  session: Pick<TestSession, 'errors' | 'passed' | 'testResults' | 'testFile'> & {
    readonly browser: Pick<TestSession['browser'], 'name'>
  },
  filtered: boolean,
): Tally {
  const tests = testsOf(session.testResults, filtered)
  const file = nameOf(session)
  const skipped = tests.filter(({ test }) => test.skipped).length
  const passed = tests.filter(({ test }) => test.passed && !test.skipped).length
  const failures = tests
    .filter(({ test }) => !test.passed && !test.skipped)
    .map(({ title }) => `${file} › ${title}`)
  const broken = session.errors.length > 0 || !session.passed || (tests.length === 0 && !filtered)
  if (broken && failures.length === 0) failures.push(file)
  return { passed, failures, skipped }
}

const nameOf = ({ testFile, browser }: Parameters<typeof tallyOf>[0]) =>
  `${relative(root, testFile)} in ${browser.name}`

function linesOf(session: TestSession, filtered: boolean): string[] {
  const lines: string[] = []
  const tests = testsOf(session.testResults, filtered)
  for (const { title, test } of tests) {
    const mark = test.skipped ? '-' : test.passed ? '✔' : '✖'
    lines.push(`  ${mark} ${title}`)
    if (test.error) lines.push(...errorLines(test.error))
  }
  for (const error of session.errors) lines.push(`  ✖ ${error.message}`, ...errorLines(error))
  if (tests.length === 0 && session.errors.length === 0 && !filtered) lines.push('  ✖ has no tests')
  for (const url of session.request404s) lines.push(`      not found: ${url}`)
  for (const log of session.logs) lines.push(`      console: ${log.map(String).join(' ')}`)
  return lines
}

/** With a name filter, what it leaves out is reported as neither passed nor skipped, and without an error. */
function testsOf(suite: TestSuiteResult | undefined, filtered: boolean): NamedResult[] {
  const tests = suite ? flatten(suite, []) : []
  return filtered ? tests.filter(({ test }) => test.passed || test.skipped || test.error) : tests
}

interface NamedResult {
  readonly title: string
  readonly test: TestSuiteResult['tests'][number]
}

function flatten(suite: TestSuiteResult, names: readonly string[]): NamedResult[] {
  const found: NamedResult[] = []
  for (const test of suite.tests) found.push({ title: [...names, test.name].join(' › '), test })
  for (const inner of suite.suites) found.push(...flatten(inner, [...names, inner.name]))
  return found
}

function errorLines({ message, stack, expected, actual }: TestResultError): string[] {
  const lines = [
    message,
    ...(stack ?? '').split('\n').filter((line) => line.trim() && !message.includes(line.trim())),
  ]
  if (expected !== undefined || actual !== undefined)
    lines.push(`expected: ${expected}`, `actual:   ${actual}`)
  return lines.map((line) => `      ${line}`)
}

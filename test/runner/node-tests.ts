/** Runs test files by node:test. */
import { runForTally, type Print } from './child.js'
import { addTallies, attempt, countOf, emptyTally, type Tally } from './tally.js'

/**
 * One file after the other, each in a process of its own: end-to-end tests time each other out when several browsers
 * share two cores. One that breaks off or hangs counts as a failed test, and the others are run.
 *
 * @param pattern part of the names of tests to run; '' for all
 * @param files paths from the root
 * @param print where what they print goes
 */
export async function runNodeTests(pattern: string, files: readonly string[], print?: Print): Promise<Tally> {
  let tally = emptyTally
  for (const file of files) {
    if (!print) console.log(file)
    tally = addTallies(tally, await attempt(file, () => runFile(file, pattern, print)))
  }
  return tally
}

async function runFile(file: string, pattern: string, print?: Print): Promise<Tally> {
  const tally = await runForTally(
    file,
    [
      ...['--test-reporter', './test/runner/node-report.ts', '--test-reporter-destination', 'stdout'],
      ...(pattern ? ['--test-name-pattern', pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')] : []),
      file,
    ],
    print,
  )
  // Filtered by name, a file without a matching test is no mistake.
  if (countOf(tally) === 0 && !pattern) throw new Error(`${file} has no tests.`)
  return { ...tally, failures: tally.failures.map((title) => `${file} › ${title}`) }
}

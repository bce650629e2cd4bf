/** What `node test/run.mjs [unit|browser|e2e] [filter]` does: prepare, run each runner in turn, add up. */
import { findBrowsers, installBrowsers } from './browsers.js'
import { runCommand, runForTally } from './child.js'
import { findTests, isRunner, runners, type RunnerName } from './files.js'
import { runNodeTests } from './node-tests.js'
import { addTallies, attempt, countOf, emptyTally, formatTally, type Tally } from './tally.js'

/**
 * @param given `unit`, `browser` or `e2e` to run one of them, and a filter: part of a file's path or of a test's name;
 * `--bench`: afterwards, the bench in short, each of its budgets a test
 * @returns the exit code
 */
export async function main(given: readonly string[]): Promise<number> {
  const args = given.filter((arg) => arg !== '--bench')
  const [first, ...rest] = args
  const chosen = isRunner(first) ? [first] : runners
  const filter = isRunner(first) ? rest.join(' ') : args.join(' ')
  const steps: [name: string, step: () => Promise<Tally>][] = chosen.map((runner) => [
    runner,
    () => runOne(runner, filter),
  ])
  if (!isRunner(first)) steps.unshift(['check', check])
  if (args.length < given.length) steps.push(['bench', bench])
  let tally = await attempt('preparing', prepare)
  // Without browsers or a build, everything else would fail for that reason only.
  if (tally.failures.length === 0)
    for (const [name, step] of steps) tally = addTallies(tally, await attempt(name, step))
  if (filter && countOf(tally) === 0) tally = await attempt('filter', () => noMatch(filter))
  // On a line of its own, whatever escape sequence a runner left behind.
  console.log(`\n${formatTally(tally)}`)
  return tally.failures.length === 0 ? 0 : 1
}

async function prepare(): Promise<Tally> {
  installBrowsers(findBrowsers())
  await runCommand('npm', ['run', '--silent', 'build'])
  return emptyTally
}

async function check(): Promise<Tally> {
  await runCommand('npm', ['run', '--silent', 'check'])
  return emptyTally
}

function bench(): Promise<Tally> {
  console.log('\n== bench --quick ==')
  return runForTally('bench', ['test/bench/main.ts', '--quick'])
}

const runBrowserTests = (pattern: string, files: readonly string[]) =>
  runForTally('browser', ['test/runner/browser-tests.ts', pattern, ...files])

async function noMatch(filter: string): Promise<never> {
  throw new Error(`No file or test matches "${filter}".`)
}

/** A runner that finds nothing to do has failed: that is what a broken glob or a crashed browser looks like. */
async function runOne(runner: RunnerName, filter: string): Promise<Tally> {
  console.log(`\n== ${runner} ==`)
  const { files, pattern } = findTests(runner, filter)
  if (files.length === 0) {
    if (filter) return emptyTally
    throw new Error(`The ${runner} runner found no test files.`)
  }
  const tally = await (runner === 'browser' ? runBrowserTests : runNodeTests)(pattern, files)
  if (!filter && tally.passed === 0 && tally.failures.length === 0)
    throw new Error(`The ${runner} runner ran 0 tests.`)
  return tally
}

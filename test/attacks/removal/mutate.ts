/** Takes each defence out in turn, and expects the attack that it keeps away to succeed: a test goes red. */
import { availableParallelism } from 'node:os'
import { attackFiles, attempt } from './attempt.js'
import type { PlacedMark } from './house-marks.js'
import { rowsOfThePage, testsOf } from './page.js'
import { linesOf, summaryOf, type Taken } from './summary.js'
import { judge, onlyThis, type Try } from './verdict.js'

/** A file takes some seconds; a slow machine is given more, by what it needs with all defences in place. */
const LIMIT_MS = 60_000
const TIMES_AS_LONG = 10

/** Each is a process that computes all the time. */
const AT_ONCE = Math.min(2, availableParallelism())

/**
 * Those tests come first which docs/protocol/attacks.md names for a defence. Only if they stay green, others are run, so that
 * the page is told to be wrong.
 * @param filter part of the names of defences; why a test failed is printed too, then
 * @returns how many defences no attack misses, or others than those of the page
 * @throws Error an attack succeeds with all defences in place
 */
export async function mutate(marks: readonly PlacedMark[], filter: string): Promise<number> {
  const names = [...new Set(marks.map(({ defence }) => defence))].filter((name) => name.includes(filter))
  if (names.length === 0) throw new Error(`No defence matches "${filter}".`)
  const start = performance.now()
  const rows = rowsOfThePage()
  const files = [...new Set(names.flatMap((name) => testsOf(name, rows)))]
  let tests = 0
  await atOnce(files, async (file) => (tests += (await inPlace(file)).green))
  console.log(`${tests} tests pass with all defences in place.\n`)
  const taken: Taken[] = []
  await atOnce(names, async (defence) => {
    const begun = performance.now()
    const own = testsOf(defence, rows)
    const others = attackFiles().filter((file) => !own.includes(file))
    const without = marks.filter((mark) => mark.defence === defence)
    const verdict = await judge(
      [...own, ...others],
      async (file, how) => attempt(without, file, { ...how, limitMs: (await inPlace(file)).limitMs }),
      async (file, test) => (await attempt([], file, { ...onlyThis(test), limitMs: LIMIT_MS })).green > 0,
    )
    taken.push({ defence, verdict, own })
    const lines = linesOf(verdict, filter !== '')
    console.log([`${defence}, ${secondsSince(begun).toFixed(1)} s`, ...lines].join('\n'))
  })
  const { lines, faults } = summaryOf(taken, secondsSince(start))
  console.log(['', ...lines].join('\n'))
  return faults
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000

interface InPlace {
  readonly green: number
  /** What the file is given without a defence. */
  readonly limitMs: number
}

const known = new Map<string, Promise<InPlace>>()

/**
 * With all defences. Each file is tried once, when it is first needed.
 * @throws Error an attack succeeds
 */
function inPlace(file: string): Promise<InPlace> {
  const found = known.get(file) ?? tryInPlace(file)
  known.set(file, found)
  return found
}

async function tryInPlace(file: string): Promise<InPlace> {
  let result: InPlace = { green: 0, limitMs: LIMIT_MS }
  const tried: Try = async (_, how) => {
    const start = performance.now()
    const outcome = await attempt([], file, { ...how, limitMs: 5 * LIMIT_MS })
    const limitMs = Math.max(result.limitMs, TIMES_AS_LONG * (performance.now() - start))
    result = { green: Math.max(result.green, outcome.green), limitMs }
    return outcome
  }
  const verdict = await judge([file], tried, () => Promise.resolve(true))
  if (result.green === 0 || verdict.noticed || verdict.flaw)
    throw new Error(`${file}, with all defences in place:\n${linesOf(verdict, true).join('\n')}`)
  for (const test of verdict.unsteady) console.log(`? ${test} failed once, with all defences in place.`)
  return result
}

/** @throws what `work` throws; no more is begun then */
async function atOnce<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const waiting = [...all]
  const one = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next)
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, one))
  } finally {
    waiting.length = 0
  }
}

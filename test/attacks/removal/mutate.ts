/** Takes each defence out in turn, and expects the attack that it keeps away to succeed: a test goes red. */
import { availableParallelism } from 'node:os'
import { attempt, type Outcome } from './attempt.js'
import type { PlacedMark } from './house-marks.js'

/** All attacks together take a few seconds; a slow machine is given more, by what it needs with all defences in place. */
const LIMIT_MS = 60_000
const TIMES_AS_LONG = 10

/** Each is a process that computes all the time. */
const AT_ONCE = Math.min(2, availableParallelism())

/**
 * @param filter part of the names of defences; what each test says is printed too, then
 * @returns how many of them could be taken out with no attack succeeding
 * @throws Error an attack succeeds with all defences in place
 */
export async function mutate(marks: readonly PlacedMark[], filter: string): Promise<number> {
  const names = [...new Set(marks.map(({ defence }) => defence))].filter((name) => name.includes(filter))
  if (names.length === 0) throw new Error(`No defence matches "${filter}".`)
  const start = performance.now()
  const all = await attempt([], 5 * LIMIT_MS)
  const limit = Math.max(LIMIT_MS, TIMES_AS_LONG * (performance.now() - start))
  if (all.green === 0 || all.red.length > 0 || all.hung || all.broken)
    throw new Error(`With all defences in place:\n${tell(all, true)}`)
  console.log(`${all.green} tests, all green with all defences in place.\n`)
  const waiting = names.values()
  const idle: string[] = []
  let hung = 0
  const work = async () => {
    for (const name of waiting) {
      const without = marks.filter(({ defence }) => defence === name)
      const outcome = await attempt(without, limit)
      if (!isNoticed(outcome)) idle.push(name)
      if (outcome.hung) hung++
      console.log(`${name}\n${tell(outcome, filter !== '')}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  console.log(`\n${names.length} defences taken out; ${hung} times, a test did not end.`)
  console.log(`${idle.length} make no difference${['', ...idle].join('\n  ')}`)
  return idle.length
}

/** If nothing is green any more, what was taken out was more than a defence. */
const isNoticed = ({ red, green, hung, broken }: Outcome): boolean =>
  hung || (!broken && red.length > 0 && green > 0)

function tell({ red, green, hung, broken }: Outcome, why: boolean): string {
  const lines = red.map((one) => `  ✖ ${one.test}${why ? `\n${one.why.replace(/^/gm, '      ')}` : ''}`)
  if (hung) lines.push('  ✖ a test that did not end')
  else if (broken) lines.push(`  ! the tests broke off: ${broken}`)
  else if (red.length === 0) lines.push('  ! NO TEST WENT RED')
  else if (green === 0) lines.push('  ! no test stayed green: this is more than a defence')
  return lines.join('\n')
}

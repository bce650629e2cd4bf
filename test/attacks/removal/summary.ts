/** What is said of defences that were taken out: of each, and of all. */
import type { Verdict } from './verdict.js'

export interface Taken {
  readonly defence: string
  readonly verdict: Verdict
  /** The files that docs/protocol/attacks.md names for it. */
  readonly own: readonly string[]
}

/** @param why whether what the test says is told, too */
export function linesOf({ noticed, unsteady, flaw }: Verdict, why: boolean): string[] {
  return [
    ...unsteady.map((test) => `  ? ${test}, but not by the defence`),
    ...(noticed ? [`  ✖ ${noticed.by.test}`] : []),
    ...(noticed && why ? [noticed.by.why.replace(/^/gm, '      ')] : []),
    ...(flaw ? [`  ! ${flaw}`] : noticed ? [] : ['  ! NO TEST WENT RED']),
  ]
}

/** `faults`: how many defences no attack misses, or others than those of the page. */
export function summaryOf(all: readonly Taken[], seconds: number): { lines: string[]; faults: number } {
  const isIdle = ({ verdict }: Taken) => !verdict.noticed || !!verdict.flaw
  const idle = all.filter(isIdle).map(({ defence }) => defence)
  const elsewhere = all
    .filter((one) => !isIdle(one) && !one.own.includes(one.verdict.noticed!.file))
    .map(({ defence, verdict }) => `${defence}: by ${verdict.noticed!.file}`)
  const unsteady = all.reduce((sum, { verdict }) => sum + verdict.unsteady.length, 0)
  const lines = [
    `${all.length} defences taken out in ${seconds.toFixed()} s, ${(seconds / all.length).toFixed(1)} s each.`,
    `${unsteady} times, a test failed that did not again, or failed with the defence too.`,
    `${elsewhere.length} are missed by other tests than attacks.md says`,
    ...elsewhere.map((line) => `  ${line}`),
    `${idle.length} make no difference`,
    ...idle.map((line) => `  ${line}`),
  ]
  return { lines, faults: idle.length + elsewhere.length }
}

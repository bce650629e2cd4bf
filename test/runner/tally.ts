/** Tests that passed, failed and were left out. A test that runs in two browsers is two. */
export interface Tally {
  readonly passed: number
  /** What the failed ones are called, each with its file. */
  readonly failures: readonly string[]
  readonly skipped: number
}

export const emptyTally: Tally = { passed: 0, failures: [], skipped: 0 }

export const addTallies = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failures: [...a.failures, ...b.failures],
  skipped: a.skipped + b.skipped,
})

/** The last lines of a run: what failed once more, far below where it did, and the counts. */
export const formatTally = ({ passed, failures, skipped }: Tally): string =>
  [
    ...failures.map((failure) => `✖ ${failure}`),
    `${passed} passed, ${failures.length} failed, ${skipped} skipped`,
  ].join('\n')

export const countOf = ({ passed, failures, skipped }: Tally): number => passed + failures.length + skipped

/** What breaks off counts as one failed test, and does not keep the others from being run. */
export async function attempt(name: string, run: () => Promise<Tally>): Promise<Tally> {
  try {
    return await run()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    console.error(`\n${reason}`)
    return { ...emptyTally, failures: [`${name}: ${reason}`] }
  }
}

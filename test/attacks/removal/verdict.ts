/** Whether an attack succeeds without a defence, found out with as few tests as will do. */
import type { How, Outcome, Red } from './attempt.js'

/** One file, on the source without the defence. */
export type Try = (file: string, how: Omit<How, 'limitMs'>) => Promise<Outcome>

export interface Verdict {
  /** The attack that succeeded, if one did, and its file. */
  readonly noticed?: { readonly by: Red; readonly file: string }
  /** Tests that failed, and passed without the defence or failed with it: the machine is slow, or they are unsteady. */
  readonly unsteady: readonly string[]
  /** Why this says nothing of a defence: what is left does not load, or nothing works any more. */
  readonly flaw?: string
}

/** Whether a test passes, by itself, with all defences in place. */
export type Control = (file: string, test: string) => Promise<boolean>

/**
 * One test that goes red is enough, if by itself it does so again, and is still green with the defence: on a busy machine any
 * may fail that waits for something. Another one must stay green. If nothing is green any more, what was taken out was
 * more than a defence.
 * @param files those that should notice first
 */
export async function judge(files: readonly string[], attempt: Try, control: Control): Promise<Verdict> {
  const unsteady: string[] = []
  let noticed: Verdict['noticed']
  let someGreen = false
  for (const file of files) {
    const found = await inFile(file, { attempt, control }, { needsRed: !noticed, needsGreen: !someGreen })
    unsteady.push(...found.unsteady)
    if (found.broken) return { unsteady, flaw: `the tests broke off: ${found.broken}` }
    if (found.by) noticed ??= { by: found.by, file }
    someGreen ||= found.someGreen
    if (noticed && someGreen) return { noticed, unsteady }
  }
  return { unsteady, ...(noticed && { flaw: 'no test stayed green: this is more than a defence' }) }
}

interface InFile {
  readonly by?: Red
  /** Some test was green; or one did not end, before which others may have been. */
  readonly someGreen: boolean
  readonly unsteady: readonly string[]
  readonly broken?: string
}

async function inFile(
  file: string,
  { attempt, control }: { attempt: Try; control: Control },
  { needsRed, needsGreen }: { needsRed: boolean; needsGreen: boolean },
): Promise<InFile> {
  const unsteady: string[] = []
  const isNew = ({ test }: Red) => !unsteady.includes(test)
  for (;;) {
    const { green, red, hung, broken } = await attempt(file, {
      enough: (soFar) => (!needsRed || soFar.red.some(isNew)) && (!needsGreen || soFar.green > 0),
    })
    const found = { someGreen: green > 0 || hung, unsteady, ...(broken && { broken }) }
    const by = red.find(isNew) ?? (hung && isNew(ENDLESS) ? ENDLESS : undefined)
    if (broken || !needsRed || !by) return found
    if ((await isSoAgain(by, file, attempt)) && (await isByTheDefence(by, file, control)))
      return { ...found, by }
    unsteady.push(by.test)
  }
}

const ENDLESS: Red = { test: 'a test that did not end', why: 'nothing came in time' }

/** A whole file that does not end has been given ten times what it needs with all defences, and twice. */
const isByTheDefence = async (by: Red, file: string, control: Control): Promise<boolean> =>
  by === ENDLESS || control(file, by.test)

async function isSoAgain(by: Red, file: string, attempt: Try): Promise<boolean> {
  if (by === ENDLESS) return (await attempt(file, {})).hung
  const { green, red, hung } = await attempt(file, onlyThis(by.test))
  return red.length > 0 || (hung && green === 0)
}

/** Until it has ended, however it did. */
export const onlyThis = (test: string): Pick<How, 'only' | 'enough'> => ({
  only: test,
  enough: ({ green, red }) => green + red.length > 0,
})

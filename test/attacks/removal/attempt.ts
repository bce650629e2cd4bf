/** One file of attacks, once, on the source as it is or without some of it. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesOf, root } from '../../runner/files.js'
import type { PlacedMark } from './house-marks.js'
import { without } from './marks.js'
import { NAMES_APART, type Ended } from './tell.js'

export interface Outcome {
  readonly green: number
  readonly red: readonly Red[]
  /** Some test did not end. */
  readonly hung: boolean
  /** Why the tests could not be run to their end: what is left of the source does not load. */
  readonly broken?: string
}
export type Red = Required<Ended>

export interface How {
  /** When it is ended, in milliseconds. */
  readonly limitMs: number
  /** The full name of the only test that matters; others may run too, and are not told. */
  readonly only?: string
  /** Asked after each test: whether the others need not be waited for. */
  readonly enough?: (soFar: Pick<Outcome, 'green' | 'red'>) => boolean
}

const attacks = 'test/attacks/'

/** Paths from the root, with forward slashes. What this folder has inside is about removal, and no attack. */
export const attackFiles = (): string[] =>
  filesOf('unit').filter((path) => path.startsWith(attacks) && !path.slice(attacks.length).includes('/'))

/**
 * @param cut marks of what is taken out
 * @param file path from the root
 */
export async function attempt(
  cut: readonly PlacedMark[],
  file: string,
  { limitMs, only, enough }: How,
): Promise<Outcome> {
  // Within a test of this, node:test would report to that one's process, and ask no reporter.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const folder = await mkdtemp(join(tmpdir(), 'hearth-attack-'))
  const child = spawn(
    process.execPath,
    [
      ...['--import', './test/attacks/removal/instead.mjs', '--import', 'tsx'],
      ...['--test-reporter', './test/attacks/removal/tell.ts', '--test-reporter-destination', 'stdout'],
      ...(only === undefined ? [] : ['--test-name-pattern', patternOf(only)]),
      ...['test/attacks/removal/run-file.ts', urlOf(file), folder],
    ],
    { cwd: root, env, stdio: ['pipe', 'ignore', 'pipe', 'ipc'] },
  )
  const red: Red[] = []
  let [green, errors, hung, stopped] = [0, '', false, false]
  child.on('message', (message) => {
    const { test, why } = message as Ended
    if (stopped || (only !== undefined && test !== only)) return
    if (why === undefined) green++
    else red.push({ test, why })
    if (!enough?.({ green, red })) return
    stopped = true
    child.kill('SIGKILL')
  })
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk))
  child.stdin!.end(JSON.stringify(textsWithout(cut)))
  const limit = setTimeout(() => {
    hung = !stopped
    child.kill('SIGKILL')
  }, limitMs)
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  clearTimeout(limit)
  await rm(folder, { recursive: true, force: true })
  const failed = code !== 0 && (code !== 1 || red.length === 0)
  const broken = failed && !hung && !stopped ? errors || `ended with ${String(code)}` : undefined
  return { green, red, hung, ...(broken && { broken }) }
}

const urlOf = (path: string): string => pathToFileURL(join(root, path)).href

/** Versions of Node differ in what they seek it in: the name of the test, or those of its suites too. */
const patternOf = (test: string): string =>
  `${test
    .split(NAMES_APART)
    .at(-1)!
    .replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`

function textsWithout(marks: readonly PlacedMark[]): Record<string, string> {
  const files = [...new Set(marks.map(({ file }) => file))]
  return Object.fromEntries(
    files.map((file) => {
      const cuts = marks.filter((mark) => mark.file === file).map(({ cut }) => cut)
      return [urlOf(file), without(readFileSync(join(root, file), 'utf8'), cuts)]
    }),
  )
}

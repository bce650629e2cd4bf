/** All attacks, once, on the source as it is or without some of it. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesOf, root } from '../../runner/files.js'
import type { PlacedMark } from './house-marks.js'
import { without } from './marks.js'
import type { Ended } from './tell.js'

export interface Outcome {
  readonly green: number
  readonly red: readonly Required<Ended>[]
  /** Some test did not end. */
  readonly hung: boolean
  /** Why the tests could not be run to their end: what is left of the source does not load. */
  readonly broken?: string
}

const folder = 'test/attacks/'

/** Paths from the root, with forward slashes. What this folder has inside is about removal, and no attack. */
export const attackFiles = (): string[] =>
  filesOf('unit').filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes('/'))

/**
 * @param cut marks of what is taken out
 * @param limitMs when it is ended, in milliseconds
 */
export async function attempt(cut: readonly PlacedMark[], limitMs: number): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [
      ...['--import', './test/attacks/removal/instead.mjs', '--import', 'tsx'],
      ...['--test-reporter', './test/attacks/removal/tell.ts', '--test-reporter-destination', 'stdout'],
      ...['test/attacks/removal/run-all.ts', ...attackFiles().map(urlOf)],
    ],
    { cwd: root, stdio: ['pipe', 'ignore', 'pipe', 'ipc'] },
  )
  const ended: Ended[] = []
  let errors = ''
  let hung = false
  child.on('message', (message) => ended.push(message as Ended))
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk))
  child.stdin!.end(JSON.stringify(textsWithout(cut)))
  const limit = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, limitMs)
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  clearTimeout(limit)
  const red = ended.filter((one): one is Required<Ended> => one.why !== undefined)
  const green = ended.length - red.length
  const failed = code !== 0 && (code !== 1 || red.length === 0)
  const broken = failed && !hung ? errors || `ended with ${String(code)}` : undefined
  return { green, red, hung, ...(broken && { broken }) }
}

const urlOf = (path: string): string => pathToFileURL(join(root, path)).href

function textsWithout(marks: readonly PlacedMark[]): Record<string, string> {
  const files = [...new Set(marks.map(({ file }) => file))]
  return Object.fromEntries(
    files.map((file) => {
      const cuts = marks.filter((mark) => mark.file === file).map(({ cut }) => cut)
      return [urlOf(file), without(readFileSync(join(root, file), 'utf8'), cuts)]
    }),
  )
}

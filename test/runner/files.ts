/** Which file belongs to which runner, by its name alone. */
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

export const runners = ['unit', 'browser', 'e2e'] as const
export type RunnerName = (typeof runners)[number]

export const isRunner = (name: string | undefined): name is RunnerName =>
  (runners as readonly (string | undefined)[]).includes(name)

const rooms = ['worker', 'client', 'shell', 'kube', 'test']

/** Paths from the root, with forward slashes, in order. */
export function filesOf(runner: RunnerName): string[] {
  return rooms
    .flatMap((room) => walk(join(root, room)))
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => runnerOf(path) === runner)
    .sort()
}

export function runnerOf(path: string): RunnerName | undefined {
  if (path.startsWith('test/e2e/')) return path.endsWith('.e2e.ts') ? 'e2e' : undefined
  if (path.endsWith('.node.test.ts')) return 'unit'
  return path.endsWith('.test.ts') ? 'browser' : undefined
}

/**
 * @param filter part of a path, which selects whole files; otherwise part of a test's name, sought in every file
 * @returns `pattern`: the part of a name to run, or '' for all
 */
export function findTests(runner: RunnerName, filter: string): { files: string[]; pattern: string } {
  const files = filesOf(runner)
  const named = files.filter((path) => path.includes(filter))
  return named.length > 0 ? { files: named, pattern: '' } : { files, pattern: filter }
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return entry.name === 'node_modules' || entry.name === 'dist' ? [] : walk(path)
  })
}

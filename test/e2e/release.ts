/** Further releases: the project built again, later, from a copy of its source in which something is different. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../runner/files.js'

const sources = [
  ...['client', 'kube', 'shell', 'worker', 'package.json', 'tsconfig.base.json'],
  ...['esbuild.config.mjs', 'esbuild.precache.mjs'],
]

const made = new Set<string>()
process.once('exit', () => made.forEach((path) => rmSync(path, { recursive: true, force: true })))

/**
 * @param edits by file, from the root: what to put in the place of what
 * @param at seconds since 1970: builds are ordered by it
 * @returns folder of the build, which is removed at the end
 */
export function buildRelease(edits: Record<string, readonly [string, string]>, at: number): string {
  const copy = mkdtempSync(join(tmpdir(), 'hearth-release-'))
  made.add(copy)
  for (const source of sources) cpSync(join(root, source), join(copy, source), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [file, [from, to]] of Object.entries(edits)) {
    const text = readFileSync(join(copy, file), 'utf8')
    if (!text.includes(from)) throw new Error(`${file} does not hold "${from}".`)
    writeFileSync(join(copy, file), text.replace(from, to))
  }
  execFileSync(process.execPath, ['esbuild.config.mjs'], {
    cwd: copy,
    env: { ...process.env, SOURCE_DATE_EPOCH: String(at) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return join(copy, 'dist')
}

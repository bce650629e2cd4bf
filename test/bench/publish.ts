/**
 * `node --import tsx test/bench/publish.ts results.json…`: puts what `--json` wrote into docs/performance.md,
 * between its two marks, and draws docs/images/performance.svg.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { browserPath } from '../runner/browsers.js'
import { root } from './build.js'
import { picture } from './picture.js'
import type { Row } from './rows.js'
import { growthTable, table } from './table.js'

const BETWEEN = /(<!-- measured -->\n).*?(<!-- until here -->)/s
const GROWTH =
  'With so many notes stored: Hearth, and the floor in brackets. Of all figures, only those that show all notes may ' +
  'grow with them.'

const rows = process.argv.slice(2).flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as Row[])
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim()

const text = [
  `Measured at commit ${run('git', 'rev-parse', '--short', 'HEAD')}, ${new Date().toISOString().slice(0, 10)}: ` +
    `${run(browserPath('chromium'), '--version')}, headless, on ${cpus().length} shared cores.`,
  table(rows),
  ...(rows.some(({ series }) => series) ? ['## Growth', GROWTH, growthTable(rows)] : []),
].join('\n\n')

const file = join(root, 'docs/performance.md')
const document = readFileSync(file, 'utf8')
if (!BETWEEN.test(document)) throw new Error(`${file} has no marks to put the table between.`)
writeFileSync(
  file,
  document.replace(BETWEEN, (_, before: string, after: string) => `${before}\n${text}\n\n${after}`),
)
writeFileSync(join(root, 'docs/images/performance.svg'), picture(rows))

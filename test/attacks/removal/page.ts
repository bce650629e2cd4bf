/** What docs/protocol/attacks.md says: each line of its tables. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../runner/files.js'

export interface Row {
  readonly defences: readonly string[]
  /** Paths as the page has them. */
  readonly where: readonly string[]
  /** Paths of attacks, from the root. */
  readonly tests: readonly string[]
}

export const rowsOfThePage = (): Row[] =>
  readFileSync(join(root, 'docs/protocol/attacks.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!attack |-)/.test(line))
    .map((line) => {
      const [, defences, where, tests] = line.split('|').slice(1, -1).map(quoted)
      return { defences: defences!, where: where!, tests: tests!.map(pathOf) }
    })

/** Which attacks are said to show what a defence is for, in the order of the page. */
export const testsOf = (defence: string, rows: readonly Row[]): string[] => [
  ...new Set(rows.filter(({ defences }) => defences.includes(defence)).flatMap(({ tests }) => tests)),
]

const pathOf = (name: string): string => `test/attacks/${name}.node.test.ts`

/** What stands between backquotes. */
function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

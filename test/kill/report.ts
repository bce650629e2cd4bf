/** What the cycles of a cell came to, and the table of all cells. */
import { quantile } from '../bench/stats.js'
import type { CycleResult } from './cycle.js'
import type { Cell } from './plan.js'

export interface CellReport {
  readonly cell: Cell
  readonly cycles: number
  readonly acknowledged: number
  readonly recoverMs: readonly number[]
  readonly lost: readonly string[]
  readonly stalls: readonly string[]
  readonly broken: readonly string[]
  readonly codes: readonly string[]
  /** Why nothing of it has run. */
  readonly notDriven?: string
}

export function reportOf(cell: Cell, results: readonly CycleResult[]): CellReport {
  const told = (pick: (result: CycleResult) => readonly string[]) =>
    results.flatMap((result) => pick(result).map((text) => `seed ${result.seed}: ${text}`))
  return {
    cell,
    cycles: results.length,
    acknowledged: results.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    recoverMs: results.flatMap(({ recoverMs }) => (recoverMs === undefined ? [] : [recoverMs])),
    lost: told(({ lost }) => lost),
    stalls: told(({ stalls }) => stalls),
    broken: told(({ broken }) => broken),
    codes: [...new Set(results.flatMap(({ codes }) => codes))],
  }
}

export const emptyReport = (cell: Cell, notDriven: string): CellReport => ({
  ...reportOf(cell, []),
  notDriven,
})

/** A cell that has not run holds nothing. */
export const holds = ({ cycles, lost, stalls, broken }: CellReport): boolean =>
  cycles > 0 && lost.length + stalls.length + broken.length === 0

/** What is wrong with a cell, and how to see it again. */
export function findingsOf(report: CellReport): string[] {
  const { fault, load } = report.cell
  return (['lost', 'stalls', 'broken'] as const).flatMap((kind) =>
    report[kind].map((text) => `${fault}/${load} ${kind}: ${text}`),
  )
}

const columns = [
  ...['fault', 'load', 'cycles', 'recover p50', 'p95', 'max ms'],
  ...['acknowledged', 'lost', 'stalls', 'broken', 'codes'],
]

/** Columns lined up; also a table in Markdown. */
export function table(reports: readonly CellReport[]): string {
  const lines = [columns, columns.map(() => '---'), ...reports.map(line)]
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  return lines
    .map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
    .join('\n')
}

/** All cells in one line. */
export function totals(reports: readonly CellReport[]): string {
  const sum = (pick: (report: CellReport) => number) => reports.reduce((sum, one) => sum + pick(one), 0)
  const parts = [
    `${sum(({ cycles }) => cycles)} cycles`,
    `${sum(({ acknowledged }) => acknowledged)} acknowledged`,
    `${sum(({ lost }) => lost.length)} lost`,
    `${sum(({ stalls }) => stalls.length)} stalls`,
    `${sum(({ broken }) => broken.length)} broken`,
  ]
  const driven = reports.filter(({ notDriven }) => !notDriven)
  return `${parts.join(', ')}; ${driven.filter(holds).length} of ${driven.length} cells hold, ${reports.length - driven.length} not driven.`
}

function line(report: CellReport): string[] {
  const { cell, cycles, acknowledged, recoverMs, lost, stalls, broken, codes, notDriven } = report
  if (notDriven)
    return [cell.fault, cell.load, ...Array<string>(columns.length - 3).fill('–'), `not driven: ${notDriven}`]
  const at = (q: number) => (recoverMs.length > 0 ? String(Math.round(quantile(recoverMs, q))) : '–')
  const counts = [acknowledged, lost.length, stalls.length, broken.length]
  return [
    ...[cell.fault, cell.load, String(cycles), at(0.5), at(0.95), at(1)],
    ...counts.map(String),
    codes.join(' '),
  ]
}

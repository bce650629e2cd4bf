/** Rows as text, for people. */
import type { Row } from './rows.js'
import { peerNames } from './systems.js'

/** Columns lined up; also a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const peers = peerNames.filter((name) => rows.some((row) => row.peers?.[name]))
  const lines = [
    ['metric', 'floor', 'Hearth', 'ratio', 'budget', 'holds', ...peers, 'reps', 'spread'],
    ...rows.map((row) => [
      row.metric,
      figure(row.floor, row.unit),
      figure(row.value, row.unit),
      times(row.ratio),
      row.budget ?? '–',
      row.holds === undefined ? '–' : row.holds ? 'yes' : `no, ${row.used!.toFixed(1)} of it`,
      ...peers.map((name) => {
        const peer = row.peers?.[name]
        return peer ? (peer.ratio === undefined ? figure(peer.value, row.unit) : times(peer.ratio)) : '–'
      }),
      String(row.reps),
      `${Math.round(row.spread * 100)} %`,
    ]),
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const text = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [text(lines[0]!), rule, ...lines.slice(1).map(text)].join('\n')
}

export function figure(value: number | undefined, unit: string): string {
  if (value === undefined) return '–'
  if (unit === 'slope') return value.toFixed(2)
  const digits = value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

const times = (ratio: number | undefined) =>
  ratio === undefined ? '–' : `${ratio.toFixed(ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2)} ×`

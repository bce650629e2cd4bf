/** Rows as text, for people; also tables in Markdown. */
import type { Peer, Row } from './rows.js'
import { peerNames } from './systems.js'

/** Figures of several sizes are not in it: see `growthTable`. */
export function table(rows: readonly Row[]): string {
  const shown = rows.filter(({ series }) => !series)
  const peers = peerNames.filter((name) => shown.some((row) => row.peers?.[name]))
  return lined([
    ['metric', 'floor', 'Hearth', 'ratio', 'budget', 'holds', ...peers, 'reps', 'spread'],
    ...shown.map((row) => [
      row.metric,
      figure(row.floor, row.unit),
      figure(row.value, row.unit),
      times(row.ratio),
      row.budget ?? '–',
      verdict(row),
      ...peers.map((name) => peerCell(row.peers?.[name], row.unit)),
      String(row.reps),
      `${Math.round(row.spread * 100)} %`,
    ]),
  ])
}

/** A line for each figure, a column for each size: Hearth, and the floor in brackets. */
export function growthTable(rows: readonly Row[]): string {
  const figures = [...new Set(rows.flatMap(({ series }) => (series ? [series.figure] : [])))]
  const of = (figure: string, at: number | 'slope') =>
    rows.find(({ series }) => series?.figure === figure && series.at === at)
  const sizes = [
    ...new Set(rows.flatMap(({ series }) => (typeof series?.at === 'number' ? [series.at] : []))),
  ]
  const cell = (row: Row | undefined) => {
    if (!row) return '–'
    const [own, unit = ''] = figure(row.value, row.unit).split(' ')
    return `${own} (${figure(row.floor, row.unit).split(' ')[0]}) ${unit}`.trim()
  }
  return lined([
    ['figure', ...sizes.map((size) => size.toLocaleString('en')), 'slope', 'budget', 'holds'],
    ...figures.map((figure) => {
      const row = of(figure, 'slope')
      const judged = row?.budget ? row : sizes.map((size) => of(figure, size)).find((one) => one?.budget)
      const at = judged?.series?.at
      return [
        figure,
        ...sizes.map((size) => cell(of(figure, size))),
        cell(row),
        judged?.budget
          ? `${judged.budget} ${at === 'slope' ? '(slope)' : `at ${at?.toLocaleString('en')}`}`
          : '–',
        judged ? verdict(judged) : '–',
      ]
    }),
  ])
}

const verdict = ({ holds, used }: Row) =>
  holds === undefined ? '–' : holds ? 'yes' : used === Infinity ? 'no' : `no, ${used!.toFixed(2)} of it`

function peerCell(peer: Peer | undefined, unit: string): string {
  if (!peer) return '–'
  if (peer.absent) return peer.absent
  const amount = peer.ratio === undefined ? figure(peer.value, unit) : times(peer.ratio)
  if (peer.stopped === undefined) return amount
  return peer.ratio === undefined
    ? `not in ${peer.stopped} s`
    : `> ${times(peer.ratio)}, stopped after ${peer.stopped} s`
}

/** Columns of one width. */
function lined(lines: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = lines
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const text = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [text(head), rule, ...rest.map(text)].join('\n')
}

function figure(value: number | undefined, unit: string): string {
  if (value === undefined) return '–'
  if (unit === 'slope') return value.toFixed(2)
  const digits = value === 0 || value >= 100 || unit === 'writes' ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

const times = (ratio: number | undefined) =>
  ratio === undefined ? '–' : `${ratio.toFixed(ratio >= 100 ? 0 : ratio >= 10 ? 1 : 2)} ×`

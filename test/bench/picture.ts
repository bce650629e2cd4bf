/** The rows of a run as one picture: each a line, the floor at the left, distances from it on a log axis. */
import type { Row } from './rows.js'
import { peerNames, type PeerName } from './systems.js'

const WIDTH = 760
const LEFT = 250
const RIGHT = 730
const TOP = 84
const STEP = 30
/** The ratios at both ends of the axis. */
const FROM = 0.25
const TO = 300

const marks: Record<'hearth' | PeerName, { readonly label: string; readonly fill: string }> = {
  hearth: { label: 'Hearth', fill: '#c9803a' },
  'automerge-repo': { label: 'automerge-repo', fill: '#7a8b99' },
  yjs: { label: 'Yjs', fill: '#5d7f5a' },
  tinybase: { label: 'TinyBase', fill: '#8a6fa8' },
}

/** @param rows those that have a ratio and a budget of one are shown */
export function picture(rows: readonly Row[]): string {
  const shown = rows.filter(({ ratio, budget }) => ratio !== undefined && budget?.endsWith('×'))
  const height = TOP + shown.length * STEP + 40
  const bottom = height - 36
  const lines = [1, 2, 5, 10, 100].map(
    (ratio) =>
      `<path class="grid" d="M${at(ratio)} ${TOP - 14} V${bottom}" /><text class="soft" x="${at(ratio)}" y="${bottom + 18}" text-anchor="middle">${ratio} ×</text>`,
  )
  const named = ['hearth', ...peerNames.filter((name) => rows.some(({ peers }) => peers?.[name]))] as const
  const legend = named.map((name, n) => {
    const x = 30 + n * 130
    return `${dot(x, 52, name)}<text class="soft" x="${x + 12}" y="57">${marks[name].label}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Hearth and others, as multiples of the physical floor" font-family="system-ui, sans-serif" font-size="14">
  <style>
    .dark { fill: #3b2413 } .soft { fill: #7d5c40; font-size: 12px }
    .grid { stroke: #ecdccb; stroke-width: 1 } .budget { stroke: #3b2413; stroke-width: 2 }
  </style>
  <rect x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="16" fill="#fffdfa" stroke="#ecdccb" />
  <text class="dark" x="30" y="32" font-weight="600">Times the floor: a Map in a worker, raw messages, IndexedDB. Less is better.</text>
  ${legend.join('\n  ')}
  <path class="budget" d="M${30 + named.length * 130} 45 v14" /><text class="soft" x="${42 + named.length * 130}" y="57">budget</text>
  ${lines.join('\n  ')}
  ${shown.map((row, n) => line(row, TOP + n * STEP)).join('\n  ')}
</svg>
`
}

function line({ metric, ratio, budget, peers }: Row, y: number): string {
  const limit = Number(/[\d.]+/.exec(budget!)![0])
  const others = peerNames.flatMap((name) => {
    const other = peers?.[name]?.ratio
    return other === undefined ? [] : [dot(at(other), y, name)]
  })
  return `<text class="dark" x="30" y="${y + 5}">${metric}</text><path class="budget" d="M${at(limit)} ${y - 8} v16" />${others.join('')}${dot(at(ratio!), y, 'hearth')}`
}

/** Where a ratio is; what lies beyond the axis is at its end. */
function at(ratio: number): number {
  const part = Math.log(Math.min(TO, Math.max(FROM, ratio)) / FROM) / Math.log(TO / FROM)
  return Math.round(LEFT + part * (RIGHT - LEFT))
}

const dot = (x: number, y: number, name: keyof typeof marks) =>
  `<circle cx="${x}" cy="${y}" r="${name === 'hearth' ? 7 : 5}" fill="${marks[name].fill}" />`
